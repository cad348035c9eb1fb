"""What waits between two rows waits by one clock: machines that share a ledger differ by minutes now and then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

import pytest
from pydantic import SecretStr

from blocks.ledger import database
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from tests.blocks.postgresql import Postgresql

AHEAD = timedelta(minutes=5)


class Wrong(datetime):
    """The clock of a machine that is ahead."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # no clock of this class is made
        """As Python's own, and too late."""
        return datetime.now(tz) + AHEAD


def test_a_row_has_the_time_of_its_database(postgresql_server: Postgresql, monkeypatch: pytest.MonkeyPatch) -> None:
    """So of two workers that share it none makes a cool-off shorter or longer."""
    ledger = Ledger(postgresql_server.fresh_database())
    before = datetime.now(UTC)

    monkeypatch.setattr(database, "datetime", Wrong)
    row = ledger.append(Action.STEP, rotation="r-1", credential="alpaca-live", actor="somebody")

    assert before - timedelta(seconds=1) <= row.at <= ledger.now() < before + AHEAD
    assert row.at.utcoffset() == timedelta(0)
    assert ledger.rows()[0].at == row.at
    assert ledger.verify() is None


def test_a_row_and_what_is_over_since_it_are_of_one_clock(url: SecretStr) -> None:
    ledger = Ledger(url)

    row = ledger.append(Action.STEP, rotation="r-1", credential="alpaca-live", actor="somebody")

    assert timedelta(0) <= ledger.now() - row.at < timedelta(minutes=1)
