"""What health says of a credential that is being rotated: a rotation that goes on is no fault; one that is held is."""

from __future__ import annotations

from blocks.check import Seen
from blocks.errors import StepError
from blocks.ledger import held, history
from blocks.ledger.history import History
from blocks.ledger.trading import clock
from blocks.model.credential import Credential
from blocks.prefect_api import recording
from blocks.prefect_api.recording import NOTED


def examined(credential: Credential) -> Seen:
    """It goes on. Raises StepError for one that is held, also while its form waits, and LedgerError."""
    ledger = recording.open_ledger()
    start = ledger.open_start(credential.name)
    known = history.of(ledger, start.rotation) if start else History()
    row = held.row_of(known.rows)
    if row is not None:
        helps = row.facts.what_would_help
        raise StepError(
            f"Its rotation is held since {clock(row.at)}: {row.facts.reason}",
            f"{held.who_acts(credential, known)} must act.{f' What would help: {helps}' if helps else ''}",
        )
    newest = [row for row in known.rows if row.facts.outcome not in {None, NOTED}]
    waits = newest and newest[-1].facts.is_waiting
    told = "It waits for a person." if waits else "A step is being done."
    return Seen("is being rotated", f"It is being rotated now, so nothing else is asked. {told}")
