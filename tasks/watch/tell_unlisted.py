"""Tell unlisted: people hear of a rotation that is open while the catalog does not have its entry, or has it disabled.

Without an entry nobody knows its brakes, and nothing is done for it: that is told again every few hours. A disabled one
is looked after as any other until it ends, and told once.
"""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import task

from blocks import correlation
from blocks.catalog import load_catalog
from blocks.ledger import deaths, history, trading, unlisted
from blocks.ledger.operators import rekey_in
from blocks.ledger.row import Action, Row
from blocks.model.credential import Credential
from blocks.model.step import Step
from blocks.prefect_api import recording
from blocks.prefect_api.recording import NOTED
from blocks.settings import read_settings
from tasks.run import policy
from tasks.run.notify import tell
from tasks.run.one_at_a_time import page_of, this_run
from tasks.watch.look_after import REMIND_AFTER

MISSING, DISABLED = "missing", "disabled"
IS_DISABLED = "its rotation is open, and its entry is disabled in the catalog"
HELPS = (
    "It is looked after until it ends, and no other one begins. Answer its form, or start it again where no form "
    "waits: it goes on where it stood. `rekey ledger close` ends it as it is."
)


def unlisted_to_tell() -> list[str]:
    """The credentials whose rotation is open, and of which people have to hear. Raises LedgerError, CatalogError."""
    return [row.credential for row in recording.open_ledger().open_starts() if _is_to_be_told(row)]


@task(name="tell of an entry", task_run_name="tell of the entry of {name}", **policy.HUMAN)
def tell_unlisted(name: str) -> None:
    """Tell what is so of this credential's entry and what to do; write down that it was told. Raises LedgerError."""
    start = recording.open_ledger().open_start(name)
    if start is None or not _is_to_be_told(start):
        return
    with correlation.about(start.rotation):
        entry = _entry_of(name)
        what, helps = (unlisted.PROBLEM, unlisted.HELPS) if entry is None else (IS_DISABLED, HELPS)
        text = f"{helps} Trading: {_stands(start, entry)}."
        footer = f"Rotation {start.rotation}: {page_of(start.facts.flow_run_id)}"
        # First: an alarm that comes twice is better than none.
        tell(f"{name}: {what}", text, footer, {"rotation_id": start.rotation, "credential": name})
        recording.announce(
            recording.open_ledger().append(
                Action.STEP,
                rotation=start.rotation,
                credential=name,
                actor=rekey_in(this_run()[1]),
                context={
                    "step": Step.LOOK_AFTER,
                    "outcome": NOTED,
                    "unlisted": _how(entry),
                    "proofs": [f"People on call were told: {what}."],
                },
            )
        )


def _entry_of(name: str) -> Credential | None:
    return load_catalog(read_settings().catalog).credential.get(name)


def _how(entry: Credential | None) -> str:
    """Empty for one that is as it should be."""
    if entry is None:
        return MISSING
    return "" if entry.enabled else DISABLED


def _is_to_be_told(start: Row) -> bool:
    how = _how(_entry_of(start.credential))
    if not how:
        return False
    rows = history.of(recording.open_ledger(), start.rotation).rows
    told = next((row for row in reversed(rows) if row.facts.unlisted == how), None)
    return told is None or (how == MISSING and datetime.now(UTC) - told.at >= REMIND_AFTER)


def _stands(start: Row, entry: Credential | None) -> str:
    ledger = recording.open_ledger()
    if entry is None:
        return unlisted.stands(ledger, start)
    return trading.told_now(entry, history.of(ledger, start.rotation), deaths.unsettled(ledger, entry.name))
