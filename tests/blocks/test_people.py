"""People on call who are told by another medium than Slack."""

from __future__ import annotations

from typing import ClassVar

import pytest

from blocks.answer import Answer
from blocks.consumers.person.address import SlackAddress
from blocks.errors import Unproved
from blocks.model.hosts import Hosts
from blocks.people.interface import Message, People


class Bell(People):
    """Somebody who hears it."""

    medium: ClassVar[str] = "Bell"

    @property
    def name(self) -> str:
        """Who that is."""
        return "the hall"

    def can_post(self) -> Answer:
        """Nobody knows."""
        return Answer.UNKNOWN

    def tell(self, message: Message) -> None:
        """It rings."""
        raise AssertionError(message.headline)


@pytest.mark.parametrize("kind", [Bell, SlackAddress])
def test_without_a_webhook_prefect_sends_nothing(kind: type[People]) -> None:
    assert kind.prefects_messages(None, Hosts()) == f"Prefect itself sends no messages by {kind.medium}."


def test_a_webhook_that_rekey_does_not_make_is_not_known_to_be_well() -> None:
    with pytest.raises(Unproved, match="rekey makes none for Bell") as told:
        Bell.prefects_messages("https://slack.com/api/chat.postMessage", Hosts())

    assert "Find out who made it" in told.value.remedy
