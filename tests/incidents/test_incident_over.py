"""When an incident is over: not while an old one lives, and not while nothing rotates one of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from blocks.ledger.incidents import State, headline
from blocks.ledger.row import Action
from deployments.cli.main import main
from tasks.watch.incident import _needs, next_of
from tests.incidents.conftest import PAPER, Record

DISABLED = "alpaca-paper-staging"


def opened(*arguments: str) -> None:
    """An incident that names this."""
    assert main(["incident", "open", "--by", "Robin", "--reason", "a laptop was stolen", *arguments]) == 0


def test_while_an_old_one_lives_it_is_not_over(record: Record) -> None:
    """Its issuer lets it live for an hour: whoever knows it may use it so long."""
    opened(PAPER)
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    record.write(Action.OLD_KEPT, PAPER, "r-of-it", old="b" * 12, old_dies_at=later)
    record.rotate(PAPER)
    assert record.states == {PAPER: State.LINGERS}
    assert headline(record.incident, record.progress()).endswith("all is rotated, and 1 of the old ones live still")

    record.write(Action.OLD_DIED, PAPER, "r-of-it", old="b" * 12)

    assert record.states == {PAPER: State.ROTATED}


def test_what_is_disabled_may_be_known_as_well_and_waits_for_people(
    record: Record, capsys: pytest.CaptureFixture[str]
) -> None:
    opened("--consumer", "heroku:raxx-api-staging")

    assert f"{DISABLED} is disabled in the catalog, so nothing rotates it: see to it." in capsys.readouterr().err
    assert record.states == {PAPER: State.TO_COME, DISABLED: State.TO_COME}
    assert [one.suspect.credential for one in next_of(record.progress(), record.incident, {PAPER})] == [PAPER]
    record.rotate(PAPER)
    disabled = record.progress()[-1]
    assert (disabled.suspect.credential, disabled.state) == (DISABLED, State.TO_COME)
    assert _needs(disabled, {PAPER}) == "; not enabled in the catalog, so nothing rotates it: see to it"
    assert _needs(disabled, ()) == "; a person is needed", "the catalog could not be read"
