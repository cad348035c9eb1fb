"""What is said of a key of rekey's own: a date, soon or later; what is known without one; or that nothing is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from blocks.errors import StepError
from blocks.key_end import UNKNOWN, KeyEnd
from blocks.kinds import KINDS
from blocks.model.credential import Credential
from blocks.model.places import VaultPlace
from tasks.health.ask_shared import tokens_of
from tasks.health.tokens import until
from tests.health.support import PAPER, shipped

NOW = datetime.now(UTC)


def test_a_key_that_ends_soon_is_told_with_what_to_do_there() -> None:
    with pytest.raises(StepError, match="rekey's Kubernetes token ends at") as told:
        until("Kubernetes", KeyEnd(NOW + timedelta(days=13), remedy="Make another."))
    assert told.value.remedy == "Make another."
    with pytest.raises(StepError) as told:
        until("GitHub", KeyEnd(NOW - timedelta(days=1)))
    assert told.value.remedy == (
        "Make a new one with the same permissions and put it into the GitHub block (Prefect UI, Blocks)."
    )


def test_a_key_that_ends_later_is_told_with_its_date() -> None:
    assert until("GitHub", KeyEnd(NOW + timedelta(days=15))).startswith("rekey's GitHub token is valid until 20")


def test_what_is_not_known_is_never_said_to_be_well() -> None:
    assert until("AWS", KeyEnd(told="Not looked at: its age.")) == "Not looked at: its age."
    assert "whether it ends, and when, only whoever made it knows" in until("Heroku", UNKNOWN)


def test_every_kind_of_consumer_with_a_block_of_its_own_is_asked_whose_token_it_is() -> None:
    """Slack's is proved by the check of the people on call, and tells no end."""
    silent = {one.__name__ for one in KINDS.consumers if one.block and not one.whose_token}
    assert silent == {"SlackConsumer"}


def of(kind: str) -> Credential:
    """The shipped one, in such a vault."""
    place = VaultPlace(kind=kind, environment="prod", path="/app", names={"key_id": "KEY_ID", "secret": "SECRET"})
    return shipped(PAPER).model_copy(update={"vault": place})


def test_a_vault_is_asked_when_its_key_ends_where_it_tells_that() -> None:
    """Apart from the vault's own check, without which nothing is examined."""
    examined = {"vault a": of("hashicorp-vault"), "vault b": of("infisical"), "vault c": of("aws-secrets-manager")}

    asked = tokens_of(list(examined.values()), examined)

    assert set(asked) == {"Heroku token", "GitHub token", "vault a token", "vault c token"}
