"""What waits for a person, in the words of the decision; and every credential, what is not well first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from blocks.check import Outcome
from blocks.ledger import held, progress
from deployments.cli.exit_codes import Standing
from deployments.cli.status import Status
from deployments.console.known import Known

UNKNOWN, OVERDUE = Outcome.UNKNOWN.value, "overdue"
NO_ROTATION = "The ledger knows no such rotation, or the catalog not its credential."
# How a sentence begins by which trading stands still, or nobody knows; as the pages mark it.
STANDS = ("stopped", "still stopped", "unknown")


@dataclass(frozen=True, slots=True)
class Waiting:
    """One rotation of the inbox."""

    headline: str
    status: Status
    is_held: bool
    # Who took its forms upon themselves; empty for nobody.
    taker: str = ""


def headline(status: Status) -> str:
    """The one thing to do now, as an order; what rekey does where nobody has to act."""
    if status.is_unlisted:
        return "put its entry back into the catalog: its rotation is open, and nobody looks after it"
    if status.asks:
        wanted = progress.WANTED.get(status.asks, f"answer its form: it waits for {status.awaited}")
        return status.words.said(wanted)
    if status.is_about_to_ask:
        return "wait a moment: it was held, and tries again or asks"
    if status.standing is Standing.NEEDS_PEOPLE:
        return "start the rotation again: no form of it takes an answer"
    return "nothing to do, it goes on by itself"


def may_be_closed(status: Status) -> bool:
    """Whether nobody but a person ends it: no form of it comes, and no run goes on with it."""
    needs_people = status.standing is Standing.NEEDS_PEOPLE and not status.is_unlisted
    return needs_people and not status.asks and not status.is_about_to_ask


def why_no_page(known: Known, rotation: str) -> str:
    """Why the rotation with this ID has no page, and what to do where that is known."""
    here = next((one for one in known.open.values() if one.rotation == rotation and one.is_unlisted), None)
    return f"{here.credential}: {here.now}" if here else NO_ROTATION


def waiting(known: Known) -> list[Waiting]:
    """What waits for a person: where trading stands still, or may, first; then the oldest."""
    found = [one for one in known.open.values() if one.standing in {Standing.WAITS, Standing.NEEDS_PEOPLE}]
    return [_line(one) for one in sorted(found, key=lambda one: (not one.stands.startswith(STANDS), one.since))]


def going_on(known: Known) -> list[Waiting]:
    """What goes on by itself."""
    return [_line(one) for one in known.open.values() if one.standing is Standing.GOES_ON]


def _line(status: Status) -> Waiting:
    return Waiting(headline(status), status, status.standing is Standing.NEEDS_PEOPLE, status.taker)


def by_trouble(known: Known) -> list[Mapping[str, str]]:
    """The matrix: what is held, what failed, then what is unknown, overdue and due soon, then the rest."""

    def trouble(line: Mapping[str, str]) -> tuple[int, str]:
        state = line["state"]
        marks = [held.MARK, Outcome.FAILED.value, UNKNOWN, OVERDUE, "due soon"]
        return next((at for at, mark in enumerate(marks) if mark in state), len(marks)), line["credential"]

    return sorted(known.matrix.values(), key=trouble)
