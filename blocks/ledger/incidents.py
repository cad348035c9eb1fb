"""Incidents, as the ledger has them: which credentials are to be replaced, and how far each of them is.

A rotation counts when its new pair was accepted after the incident was opened: one that was entered before may be known
as well. Who started it does not matter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from blocks.ledger import dying, history
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action, Row

ABOUT_INCIDENTS = (
    Action.INCIDENT_OPENED,
    Action.INCIDENT_TOLD,
    Action.INCIDENT_BEGAN,
    Action.INCIDENT_CLOSED,
)
OVER = "all is rotated; watch closes it within a minute"
# A run that was started and has begun no rotation by then never will: it ended before, and said why on its page.
BEGINS_WITHIN = timedelta(minutes=10)


class State(StrEnum):
    """How far one credential of an incident is."""

    TO_COME = "to come"
    STARTED = "started"
    OPEN = "being rotated"
    ROTATED = "rotated"
    LINGERS = "rotated, and the old one lives still"
    LEFT = "ended without a new pair"


@dataclass(frozen=True, slots=True)
class Suspect:
    """A credential that somebody may know who should not, and why that is so."""

    credential: str
    why: tuple[str, ...]
    # Whether a person is needed to replace it: those are rotated one after another.
    by_person: bool
    # Those of the same incident that are the keys to its places: they come first.
    after: tuple[str, ...] = ()

    def as_context(self) -> dict[str, Any]:
        """For the ledger."""
        context = {"credential": self.credential, "why": list(self.why), "by_person": self.by_person}
        return {**context, "after": list(self.after)} if self.after else context


@dataclass(frozen=True, slots=True)
class Incident:
    """What may be known to somebody who should not know it."""

    id: str
    opened: Row
    suspects: tuple[Suspect, ...]
    # When rekey started the rotation of each, newest last; and when people were told of the incident last.
    begun: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    told_at: datetime | None = None
    closed: Row | None = None

    @property
    def is_end_untold(self) -> bool:
        """Whether somebody closed it by hand, and people were told nothing since then."""
        by_hand = self.closed is not None and bool(self.closed.facts.closed)
        return by_hand and self.closed is not None and (self.told_at is None or self.told_at < self.closed.at)

    @property
    def reason(self) -> str:
        """Why it was opened, in somebody's words."""
        return self.opened.facts.reason

    def after(self, row: Row) -> Incident:
        """With one row more that is about it."""
        if row.action is Action.INCIDENT_BEGAN:
            before = self.begun.get(row.credential, ())
            return replace(self, begun={**self.begun, row.credential: (*before, row)})
        if row.action is Action.INCIDENT_TOLD:
            return replace(self, told_at=row.at)
        return replace(self, closed=row)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one credential of an incident is, and the row that says so; None where none does."""

    suspect: Suspect
    state: State
    row: Row | None = None

    @property
    def has_a_new_one(self) -> bool:
        """Whether what may be known is replaced; it may open something still."""
        return self.state in {State.ROTATED, State.LINGERS}

    @property
    def is_left_by_nobody(self) -> bool:
        """Whether it ended without anybody wanting that: its run died before anything was changed."""
        return self.state is State.LEFT and self.row is not None and bool(self.row.facts.what_would_help)


def all_of(ledger: Ledger) -> list[Incident]:
    """All that were ever opened, oldest first. Raises LedgerError."""
    return list(_folded(ledger.rows(actions=ABOUT_INCIDENTS)).values())


def _folded(rows: Iterable[Row]) -> dict[str, Incident]:
    found: dict[str, Incident] = {}
    for row in rows:
        name = row.facts.incident
        if row.action is Action.INCIDENT_OPENED:
            found[name] = Incident(name, row, tuple(_suspect(one) for one in row.facts.suspects))
        elif name in found:
            found[name] = found[name].after(row)
    return found


def _suspect(written: Mapping[str, Any]) -> Suspect:
    after = tuple(written.get("after", ()))
    return Suspect(written["credential"], tuple(written["why"]), written["by_person"], after)


def progress(ledger: Ledger, incident: Incident, now: datetime) -> list[Progress]:
    """How far each of its credentials is, in the order in which they are rotated. Raises LedgerError."""
    return [_progress_of(ledger, incident, one, now) for one in incident.suspects]


def headline(incident: Incident, found: Collection[Progress]) -> str:
    """How far it is, in one line."""
    left, of = sum(not one.has_a_new_one for one in found), len(found)
    lives = sum(one.state is State.LINGERS for one in found)
    if incident.closed is None:
        over = f"all is rotated, and {lives} of the old ones live still" if lives else OVER
        stands = f"{left} of {of} have to be rotated" if left else over
    else:
        stands = f"closed with {left} of {of} not rotated" if left else f"over, {of} of {of} rotated"
    return f"Incident {incident.id}: {stands}"


def _progress_of(ledger: Ledger, incident: Incident, one: Suspect, now: datetime) -> Progress:
    rotated = _rotated_since(ledger, one.credential, incident.opened.sequence)
    if rotated is not None:
        lives = [each.kept for each in dying.all_of(ledger, one.credential) if each.may_open]
        return Progress(one, State.LINGERS, lives[-1]) if lives else Progress(one, State.ROTATED, rotated)
    start = ledger.open_start(one.credential)
    if start is not None:
        return Progress(one, State.OPEN, start)
    begun = incident.begun.get(one.credential, ())
    newest = ledger.newest_start(one.credential)
    if newest is not None and newest.sequence > incident.opened.sequence and not _is_awaited(begun, newest):
        return Progress(one, State.LEFT, ledger.newest(rotation=newest.rotation, actions=(Action.ABORTED,)))
    if not begun:
        return Progress(one, State.TO_COME)
    is_late = now - begun[-1].at > BEGINS_WITHIN
    return Progress(one, State.LEFT if is_late else State.STARTED, begun[-1])


def _is_awaited(begun: tuple[Row, ...], newest: Row) -> bool:
    """Whether a run that rekey started has not begun its rotation yet, which ends after this newest start.

    The run's own row may stand before the one that says that it was started: both are written at the same moment.
    """
    if not begun or newest.sequence > begun[-1].sequence:
        return False
    return newest.facts.flow_run_id == "" or newest.facts.flow_run_id not in begun[-1].facts.started


def _rotated_since(ledger: Ledger, credential: str, sequence: int) -> Row | None:
    """The end of the newest rotation whose pair was accepted after that row; None without one."""
    for row in ledger.backwards(credential=credential, actions=(Action.COMPLETED,)):
        if row.sequence < sequence:
            return None
        if history.of(ledger, row.rotation).pairs.accepted_by > sequence:
            return row
    return None
