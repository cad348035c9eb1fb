"""An alarm that Slack did not take is kept in the ledger, and watch sends it again until somebody was told.

In the ledger and not in the memory of a run: the run that had to tell it may be gone by then.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from blocks.errors import RekeyError
from blocks.ledger.ledger import SHARED, Action, Row
from blocks.ledger.operators import rekey_in
from blocks.prefect_api import recording
from tasks.run.one_at_a_time import this_run

# Older alarms hide new ones: whoever was not told for so long has seen otherwise how it stands.
KEPT_FOR = timedelta(hours=24)


def keep(headline: str, text: str, footer: str, payload: Mapping[str, str], kind: str) -> None:
    """Keep what nobody was told. Never raises: without a ledger only the run's log has it."""
    context = {"headline": headline, "text": text, "footer": footer, "payload": dict(payload), "kind": kind}
    with suppress(RekeyError):
        recording.open_ledger().append(
            Action.UNTOLD,
            # Of no rotation: it may be kept after its end, and says nothing of how that stands.
            rotation="",
            credential=payload.get("credential", SHARED),
            actor=rekey_in(this_run()[1]),
            context=context,
        )


def waiting() -> list[Row]:
    """What is kept and was not told since, oldest first. Raises LedgerError."""
    rows = recording.open_ledger().rows(actions=(Action.UNTOLD, Action.TOLD_LATE))
    told = {row.facts.row for row in rows if row.action is Action.TOLD_LATE}
    since = datetime.now(UTC) - KEPT_FOR
    return [row for row in rows if row.action is Action.UNTOLD and row.at > since and row.sequence not in told]


def settle(row: Row) -> None:
    """Write down that it was told now. Raises LedgerError."""
    context = {"row": row.sequence, "headline": row.facts.headline}
    recording.open_ledger().append(
        Action.TOLD_LATE, rotation="", credential=row.credential, actor=rekey_in(this_run()[1]), context=context
    )
