"""What people on call have not been told yet, as the ledger has it: watch sends it until somebody was told.

That is an alarm that nobody could be told, kept there because the run that had to tell it may be gone by then; and that
somebody got the right to act, which no run has to do with.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

from blocks.catalog import load_catalog
from blocks.errors import RekeyError
from blocks.ledger import untold
from blocks.ledger.operators import rekey_in
from blocks.ledger.row import SHARED, Action, Row
from blocks.prefect_api import recording
from blocks.settings import read_settings
from tasks.run.one_at_a_time import this_run

# Whoever is not expected among those who may act is found so.
NEWS = (Action.OPERATOR_ENROLLED, Action.OPERATOR_CODED, Action.OPERATOR_APPROVED)


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
    """What was not told yet, oldest first; no news where the catalog names nobody. Raises CatalogError, LedgerError."""
    news = NEWS if load_catalog(read_settings().catalog).alerts else ()
    rows = recording.open_ledger().rows(actions=(Action.UNTOLD, Action.TOLD_LATE, *news))
    return [row for row in untold.waiting(rows, datetime.now(UTC)) if _says_something(row)]


def _says_something(row: Row) -> bool:
    """An approved link lets nobody act by itself, but for one-time codes."""
    return row.action is not Action.OPERATOR_APPROVED or bool(chosen_in(row).get("codes"))


def chosen_in(row: Row) -> Mapping[str, object]:
    """What was chosen in the act that this row has the signature of."""
    chosen = (row.facts.act or {}).get("chosen")
    return chosen if isinstance(chosen, Mapping) else {}


def settle(row: Row, headline: str) -> None:
    """Write down that it was told now. Raises LedgerError."""
    context = {"row": row.sequence, "headline": headline}
    recording.open_ledger().append(
        Action.TOLD_LATE, rotation="", credential=row.credential, actor=rekey_in(this_run()[1]), context=context
    )
