"""The chapters of a rotation's history: each is folded row by row, and knows nothing of the others.

A chapter is frozen: ``after`` returns the one that the next row makes of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from blocks.ledger.facts import DEAD, Facts
from blocks.ledger.row import Action, Row
from blocks.model.step import Step


@dataclass(frozen=True, slots=True)
class Brakes:
    """What stops trading for this rotation, as it was written down."""

    # Whether pause began, in any run.
    began: bool = False
    # What pause found before it changed anything, by label, and when it began to stop trading: the first note, as later
    # ones may show the rotation's own brakes. None before any.
    engaged_before: Mapping[str, bool | None] | None = None
    noted_at: str = ""
    # When trading was proved to be on again with the verified pair, and by which row; None when it is not any more.
    resumed: tuple[int, str] | None = None
    # Whether they are proved to be on, and by which row; None when nothing was written down of it yet.
    proved: bool | None = None
    proved_by: Row | None = None
    # Whether they were proved to be on, and rekey itself cannot have begun to release them since.
    meant_to_be_on: bool = False

    @property
    def paused_at(self) -> str | None:
        """When this rotation began to stop trading; None without brakes of its own making."""
        before = self.engaged_before
        return None if not before or all(before.values()) else self.noted_at

    def after(self, row: Row, facts: Facts) -> Brakes:
        """With this row."""
        now = self._noted(facts)
        if facts.resumed_at is not None:
            now = replace(now, resumed=(row.sequence, facts.resumed_at))
        elif _begins_anew(facts):
            now = replace(now, resumed=None)
        is_paused = facts.is_done and facts.step == Step.PAUSE and not facts.brakes_unheard
        if is_paused:
            # Pause is done, too, where trading was on with the verified pair, and there was nothing to pause.
            now = replace(now, meant_to_be_on=facts.brakes_proved is not False)
        elif facts.is_done and _proves_the_end(facts):
            now = replace(now, meant_to_be_on=False)
        says_so = facts.brakes_proved is not None or facts.resumed_at is not None
        if says_so or is_paused:
            proved = facts.resumed_at is None if facts.brakes_proved is None else facts.brakes_proved
            now = replace(now, proved=proved, proved_by=row)
        return now

    def _noted(self, facts: Facts) -> Brakes:
        if facts.step != Step.PAUSE:
            return self
        if self.engaged_before is not None or facts.engaged_before is None:
            return replace(self, began=True)
        return replace(self, began=True, engaged_before=facts.engaged_before, noted_at=facts.paused_at or "")


def _proves_the_end(facts: Facts) -> bool:
    """Whether resume comes next, which releases them: after retire, or after verify of an older rekey."""
    return facts.step == Step.RETIRE or (facts.step == Step.VERIFY and facts.old_pair == DEAD)


def _begins_anew(facts: Facts) -> bool:
    """Whether trading has to stop from this row on: another pair may come, or a clear no disproved the verified one."""
    if facts.another_pair or facts.validated_gone or facts.disproved:
        return True
    return facts.step == Step.AWAIT_HUMAN_INPUT and facts.is_done


@dataclass(frozen=True, slots=True)
class Shown:
    """A form that was shown."""

    step: str
    run: str
    form: str
    awaited: str
    at: datetime
    # Whether people knew of it when it was shown.
    told: bool
    # The hash of what it showed; empty where nobody has to prove anything.
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Forms:
    """What a person was asked, and where Prefect keeps the answers."""

    shown: tuple[Shown, ...] = ()
    # The keys of those of which people were told later.
    told: frozenset[str] = frozenset()
    # The forms whose pair a run came to read.
    read: frozenset[str] = frozenset()
    # Run and key of whatever a pair may have been typed into.
    of_pairs: tuple[tuple[str, str], ...] = ()
    # The newest form for the pair, unless somebody decided since then how to go on.
    undecided: Shown | None = None

    @property
    def newest(self) -> Shown | None:
        """The form that was shown last."""
        return self.shown[-1] if self.shown else None

    def is_told(self, one: Shown) -> bool:
        """Whether people know of this form."""
        return one.told or one.form in self.told

    def after(self, row: Row, facts: Facts) -> Forms:
        """With this row."""
        now = replace(self, told=self.told | {facts.form_told}) if facts.form_told else self
        is_for_the_pair = facts.step == Step.AWAIT_HUMAN_INPUT
        if is_for_the_pair and facts.form and facts.run:
            now = replace(now, of_pairs=(*now.of_pairs, (facts.run, facts.form)))
        if facts.is_waiting:
            one = Shown(facts.step, facts.run, facts.form, facts.awaited, row.at, bool(facts.told), facts.shown)
            now = replace(now, shown=(*now.shown, one), undecided=one if is_for_the_pair else now.undecided)
        elif facts.is_done and is_for_the_pair:
            now = replace(now, read=now.read | {facts.form})
        elif facts.is_done and facts.step == Step.HOLD:
            now = replace(now, undecided=None)
        return now


@dataclass(frozen=True, slots=True)
class Pairs:
    """The pairs that were entered and judged in this rotation, by their fingerprints."""

    # The rows by which one was entered, or judged, or another one was asked for: in order.
    judging: tuple[Row, ...] = ()
    accepted: frozenset[str] = frozenset()
    rejected: frozenset[str] = frozenset()
    # The number of the newest row that accepts one.
    accepted_by: int = 0
    # For whom each was put aside that belongs to another credential.
    put_aside: Mapping[str, str] = field(default_factory=dict)

    def after(self, row: Row, facts: Facts) -> Pairs:
        """With this row."""
        now = self
        if facts.is_done and (facts.step in {Step.AWAIT_HUMAN_INPUT, Step.VALIDATE} or facts.another_pair):
            now = replace(now, judging=(*now.judging, row))
        if facts.accepted:
            now = replace(now, accepted=now.accepted | {facts.accepted}, accepted_by=row.sequence)
        if facts.rejected:
            now = replace(now, rejected=now.rejected | {facts.rejected})
        if row.action is Action.MISROTATION and facts.fingerprint and facts.fingerprint not in now.put_aside:
            now = replace(now, put_aside={**now.put_aside, facts.fingerprint: facts.killed})
        return now


@dataclass(frozen=True, slots=True)
class Notices:
    """What people were told or reminded of, so that nobody hears the same twice."""

    ends: frozenset[str] = frozenset()
    syncs: frozenset[str] = frozenset()
    check_orders: tuple[str, ...] = ()
    # The runs that neither go on nor end.
    left_runs: frozenset[object] = frozenset()
    # When it was held, or people were reminded of that, last.
    reminded_at: datetime | None = None
    # When watch started another run.
    started_at: tuple[datetime, ...] = ()

    def after(self, row: Row, facts: Facts) -> Notices:
        """With this row."""
        now = self
        if facts.end_told:
            now = replace(now, ends=now.ends | {facts.end_told})
        if facts.syncs:
            now = replace(now, syncs=now.syncs | {facts.syncs})
        if facts.check_order_told:
            now = replace(now, check_orders=(*now.check_orders, facts.check_order_told))
        if isinstance(facts.left, str):
            now = replace(now, left_runs=now.left_runs | {facts.left})
        if facts.reminded or row.action is Action.HELD:
            now = replace(now, reminded_at=row.at)
        if facts.started and facts.step == Step.LOOK_AFTER:
            now = replace(now, started_at=(*now.started_at, row.at))
        return now
