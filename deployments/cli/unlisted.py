"""``rekey status`` and the console: open rotations whose credential the catalog does not name."""

from __future__ import annotations

from blocks.ledger import held, history, unlisted
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Row
from deployments.cli.exit_codes import Standing
from deployments.cli.status import Status


def status_of(ledger: Ledger, start: Row, prefect: str, prefect_ui_url: str) -> Status:
    """How the rotation with this start is, as far as that is known without its entry. Raises LedgerError."""
    known = history.of(ledger, start.rotation)
    row = held.row_of(known.rows)
    reason = f" It is held: {row.facts.reason}" if row else ""
    stands = unlisted.stands(ledger, start)
    done = dict.fromkeys(one.facts.step for one in known.rows if one.facts.is_accepted)
    return Status(
        start.credential,
        Standing.NEEDS_PEOPLE,
        stands,
        start.rotation,
        tuple(done),
        f"{unlisted.PROBLEM.capitalize()}. {unlisted.HELPS}{reason}",
        (row or known.rows[0]).at,
        known.rows[-1].actor,
        f"{prefect_ui_url}/runs/flow-run/{start.facts.flow_run_id}",
        prefect,
        stands=stands,
        taker=known.taken.facts.taker if known.taken else "",
        held=row.facts.reason if row else "",
        approved=known.approved_by,
        acts=f"{known.taken.facts.taker} (who took it)" if known.taken else "whoever keeps the catalog",
        is_unlisted=True,
    )
