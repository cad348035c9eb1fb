"""Ends an unfinished rotation by hand: what is recorded of it, and its sealing key. Nothing else is touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from blocks.answer import Answer
from blocks.errors import StepError
from blocks.ledger import history, stopped
from blocks.ledger.lease import Lease
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action, Row
from blocks.settings import Settings
from deployments.cli import sealing_key
from deployments.cli.seeing import Seeing, prefect_says, with_left_form


def demand_no_run(settings: Settings, credential: str) -> None:
    """No run of this credential's rotation lives. Raises StepError, and LedgerError."""
    lease = Lease(settings.ledger_url, credential)
    holder = lease.look()
    if holder is not None and not lease.is_silent(holder, settings.lease_s):
        where = f"{settings.prefect_ui_url}/runs/flow-run/{holder.flow_run_id}"
        raise StepError(f"The run of this rotation lives: {where}.", "Cancel it there, then close again.")
    ledger = Ledger(settings.ledger_url)
    start = ledger.open_start(credential)
    if start is None:
        return
    known, run = history.of(ledger, start.rotation), start.facts.flow_run_id
    if with_left_form(known, Seeing(Answer.NO, prefect_says(run), run)).is_left:
        where = f"{settings.prefect_ui_url}/runs/flow-run/{run}"
        raise StepError(f"Its form still takes an answer: {where}.", "Answer or cancel it there, then close again.")


def close(settings: Settings, ledger: Ledger, start: Row, actor: str, facts: Mapping[str, Any]) -> Iterator[str]:
    """Record the end of the rotation with this start; what somebody has to know of it, in sentences.

    ``facts`` are the reason, and what proves who closed it. Raises LedgerError.
    """
    name = start.credential
    context = {**facts, "closed": "by hand"}
    ledger.append(Action.ABORTED, rotation=start.rotation, credential=name, actor=actor, context=context)
    key = sealing_key.deleted(settings, name, start.rotation, history.of(ledger, start.rotation))
    by = stopped.own_brakes(ledger, name, start.rotation)
    if by:
        yield f"This rotation stopped trading by {by}, and that is not released: release it by hand."
    yield f"Rotation {start.rotation} of {name} is closed. {key}".strip()
    yield (
        "Delete nothing in the vault's rekey/ folder yet: what is there may be the only copy. First let `rekey health "
        f"--credential {name}` prove that what is in the vault's own folder opens the account."
    )
