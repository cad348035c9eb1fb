"""``rekey status``: which rotations are not finished, where each stands, what it waits for, and since when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from blocks.lease import Lease
from blocks.ledger import Action, Ledger, Row
from blocks.recording import DONE, WAITING
from blocks.settings import Settings


class Standing(IntEnum):
    """How an unfinished rotation is; the number is the exit code, and the worst one of all rotations counts."""

    NOTHING_OPEN = 0
    GOES_ON = 3
    WAITS = 4
    NEEDS_PEOPLE = 5


WORDS = {
    Standing.GOES_ON: "goes on by itself",
    Standing.WAITS: "waits for a person",
    Standing.NEEDS_PEOPLE: "NEEDS PEOPLE",
}


@dataclass(frozen=True, slots=True)
class Status:
    """One unfinished rotation."""

    credential: str
    standing: Standing
    # Name and value, in the order in which people read them.
    facts: tuple[tuple[str, str], ...]


def status_of(settings: Settings, credential: str) -> Status | None:
    """How the unfinished rotation of this credential is; None without one. Raises LedgerError.

    Whether its run lives takes up to ``REKEY_LEASE_S`` to find out: nobody's clock is believed.
    """
    ledger = Ledger(settings.ledger_url)
    start = ledger.open_start(credential)
    if start is None:
        return None
    lease = Lease(settings.ledger_url, credential)
    seen = lease.look()
    lives = seen is not None and not lease.is_silent(seen, settings.lease_s)
    rows = ledger.rows(rotation=start.rotation)
    newest = [row for row in rows if row.action is Action.HELD or row.context.get("outcome") in {DONE, WAITING}]
    last = newest[-1] if newest else start
    held = _held(newest)
    run = seen.flow_run_id if lives and seen else str(start.context.get("flow_run_id", ""))
    facts = (
        ("rotation", start.rotation),
        ("done", _done(rows)),
        ("now", _now(last, held, lives=lives)),
        ("since", f"{(held or last).at:%Y-%m-%d %H:%M:%S} UTC"),
        ("by", last.actor),
        ("run", f"{settings.prefect_ui_url}/runs/flow-run/{run}"),
    )
    return Status(credential, _standing(last, held, lives=lives), facts)


def lines_of(status: Status) -> Iterator[str]:
    """For the terminal."""
    yield f"{status.credential}: {WORDS[status.standing]}"
    for name, value in status.facts:
        yield f"    {name:<10}{value}"


def _held(rows: list[Row]) -> Row | None:
    """Why it is held, if nothing was done since."""
    for row in reversed(rows):
        if row.action is Action.HELD:
            return row
        # The choice in its form is recorded too; only a step that was done says that it went on.
        if row.context.get("outcome") == DONE and row.context["step"] != "hold":
            return None
    return None


def _done(rows: list[Row]) -> str:
    steps = [str(row.context["step"]) for row in rows if row.context.get("outcome") == DONE]
    return ", ".join(dict.fromkeys(steps)) or "nothing yet"


def _now(last: Row, held: Row | None, *, lives: bool) -> str:
    told = f"held: {held.context['reason']}" if held else ""
    if lives and last.context.get("outcome") == WAITING:
        told = f"{told} Waiting for {last.context['awaited']}: open the run, three dots, Resume.".strip()
    if not lives:
        told = f"{told} No run of it lives: start the rotation again, it goes on where it stood.".strip()
    return told or "a step is being done"


def _standing(last: Row, held: Row | None, *, lives: bool) -> Standing:
    if held is not None or not lives:
        return Standing.NEEDS_PEOPLE
    return Standing.WAITS if last.context.get("outcome") == WAITING else Standing.GOES_ON
