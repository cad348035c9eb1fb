"""What tests of the lookout share: a rotation whose form waits, without the rotation around it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

import pytest
from pydantic import SecretStr

from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.secret import fingerprint
from deployments.sandbox.estate import LIVE
from tasks.lookout.lookout import Lookout
from tests.operator import Operator
from tests.steps.live import live_rotation
from tests.steps.support import alone
from tests.waiting import wait_until

FORM = Step.AWAIT_HUMAN_INPUT
REFUSED = {"code": 40110000, "message": "request is not authorized"}
ACCOUNT = "/v2/account"


def rotation_of(operator: Operator) -> Rotation:
    """Of alpaca-live, with the pair that the vault holds as the old one."""
    return replace(live_rotation(), old=fingerprint(SecretStr(operator.estate.vault_values()[LIVE[1]])))


def beside(operator: Operator, meanwhile: Callable[[], object], step: Step = FORM, *, forced: bool = False) -> None:
    """Let this happen while a form of that step waits. Of a ``forced`` rotation the old pair is dead already."""

    def waits() -> None:
        with Lookout(replace(rotation_of(operator), old_is_dead=forced), step):
            meanwhile()

    state = alone(waits)
    assert state.is_completed(), state.message


def asked(operator: Operator, vendor: str) -> int:
    """How often that host was asked for an account."""
    entries = operator.estate.server.journal.entries
    return sum(one.vendor == vendor and one.path == ACCOUNT for one in entries)


def until_watched(operator: Operator, *vendors: str, times: int = 2) -> None:
    """Wait until each of these hosts was asked so often; the first answer is there with the second question."""
    hosts = vendors or ("alpaca-paper", "alpaca-live")
    wait_until(lambda: all(asked(operator, one) >= times for one in hosts), description="the pairs are watched")


def until_told(operator: Operator, count: int = 1) -> None:
    """Wait until people were told so often."""
    wait_until(lambda: len(alerts(operator)) >= count, description="people are told")


class Away:
    """The ledger's database, which can go away."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch, self._url = patch, os.environ["REKEY_LEDGER_URL"]

    def goes(self) -> None:
        """From now on nothing can be read or written."""
        self._patch.setenv("REKEY_LEDGER_URL", "sqlite:////proc/nowhere/ledger.db")

    def comes_back(self) -> None:
        """As before."""
        self._patch.setenv("REKEY_LEDGER_URL", self._url)


# From the sibling's death to the moment at which people are told.
TOLD_WITHIN_S = 10.0


def alerts(operator: Operator) -> list[str]:
    """The headlines of what rekey told people on call."""
    messages = operator.estate.slack.messages
    return [one["text"] for one in messages if (one.get("metadata") or {}).get("event_type") == "rekey_alert"]
