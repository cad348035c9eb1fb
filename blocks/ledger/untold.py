"""The alarms that nobody has taken yet, as the ledger has them: watch sends them until somebody was told."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action, Row

# Older alarms hide new ones: whoever was not told for so long has seen otherwise how it stands.
KEPT_FOR = timedelta(hours=24)


def alarms(ledger: Ledger, now: datetime) -> list[Row]:
    """The alarms that are still tried to be told, oldest first. Raises LedgerError."""
    return waiting(ledger.rows(actions=(Action.UNTOLD, Action.TOLD_LATE)), now)


def waiting(rows: Collection[Row], now: datetime) -> list[Row]:
    """Which of these rows are still to be told, without those that say that something was told."""
    told = set(_told(rows))
    return [
        row
        for row in rows
        if row.action is not Action.TOLD_LATE and row.sequence not in told and now - row.at < KEPT_FOR
    ]


def _told(rows: Iterable[Row]) -> Iterable[int | None]:
    return (row.facts.row for row in rows if row.action is Action.TOLD_LATE)
