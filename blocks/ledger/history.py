"""What the ledger says of one rotation: read by name here, by everybody who asks.

One fold over its rows, oldest first. ``of`` keeps what this process has read: from the next question on only the rows
are read that came since, whoever wrote them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, reduce

from sqlalchemy import Engine

from blocks.ledger.chapters import Brakes, Forms, Notices, Pairs, Shown
from blocks.ledger.facts import DEAD, Facts
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import ENDINGS, Action, Row
from blocks.model.step import Step

# The histories that are kept: a run asks of its own rotation, and now and then of a sibling's.
KEPT = 8


@dataclass(frozen=True, slots=True)
class History:
    """One rotation, from its first row to its newest."""

    rows: tuple[Row, ...] = ()
    # What was done, by the name of the step, oldest first.
    done: Mapping[str, tuple[Facts, ...]] = field(default_factory=dict)
    brakes: Brakes = field(default_factory=Brakes)
    forms: Forms = field(default_factory=Forms)
    pairs: Pairs = field(default_factory=Pairs)
    notices: Notices = field(default_factory=Notices)
    # When the old pair was refused first; None when nobody saw it, or it lives again.
    died_at: str | None = None
    # The first proof that the old pair is dead.
    proof_of_death: Facts | None = None
    # The newest row that holds the rotation, the one that ended it, and the newest that gave the pair to a consumer.
    held: Row | None = None
    ended: Row | None = None
    given: Row | None = None
    # Who took its forms upon themselves last.
    taken: Row | None = None
    # Whose decisions it holds, in order, and which hosts answered.
    operators: tuple[str, ...] = ()
    hosts: frozenset[str] = frozenset()

    @classmethod
    def fold(cls, rows: Iterable[Row]) -> History:
        """Of all these rows, oldest first."""
        return reduce(cls.add, rows, cls())

    def add(self, row: Row) -> History:
        """With one row more. The newest word on the old pair counts: one that is accepted again never was dead."""
        facts = row.facts
        died = self.died_at
        if facts.says_of_the_old_pair:
            # The outage began with the first refusal.
            died = None if facts.old_died_at is None else died or str(facts.old_died_at)
        return History(
            rows=(*self.rows, row),
            done={**self.done, facts.step: (*self.done.get(facts.step, ()), facts)} if facts.is_done else self.done,
            brakes=self.brakes.after(row, facts),
            forms=self.forms.after(row, facts),
            pairs=self.pairs.after(row, facts),
            notices=self.notices.after(row, facts),
            died_at=died,
            proof_of_death=self.proof_of_death or (facts if facts.old_pair == DEAD else None),
            held=row if row.action is Action.HELD else self.held,
            ended=row if row.action in ENDINGS else self.ended,
            given=row if facts.is_done and facts.step == Step.PROPAGATE else self.given,
            taken=row if row.action is Action.TAKEN else self.taken,
            operators=_with(self.operators, facts.operator),
            hosts=self.hosts | set(facts.hosts),
        )

    def of(self, step: Step, *, subject: str | None = None) -> tuple[Facts, ...]:
        """What was done in this step, oldest first; ``subject`` tells the parts of one step apart."""
        done = self.done.get(step, ())
        return done if subject is None else tuple(one for one in done if one.subject == subject)

    def newest(self, step: Step) -> Facts | None:
        """What was done in this step last; None before that."""
        done = self.of(step)
        return done[-1] if done else None

    @property
    def completed(self) -> Facts | None:
        """What its end says; None while it goes on, and when it was given up."""
        return self.ended.facts if self.ended is not None and self.ended.action is Action.COMPLETED else None

    @property
    def old(self) -> str:
        """The pair that was current when the rotation began; empty until a step has read it."""
        first, entered = self.newest(Step.PREFLIGHT), self.newest(Step.AWAIT_HUMAN_INPUT)
        return (first.old if first else "") or (entered.old if entered else "")

    @property
    def sealing(self) -> Mapping[str, str] | None:
        """The public keys to which what is entered is sealed now (blocks/sealed/keys.py); None before preflight."""
        return next((one.sealing for one in reversed(self.of(Step.PREFLIGHT)) if one.sealing), None)

    @property
    def plans(self) -> tuple[str, ...]:
        """The hashes of all plans that it had (blocks/model/plan.py), oldest first: each run of it has one."""
        return tuple(one.plan for one in self.of(Step.PREFLIGHT) if one.plan)

    @property
    def plan(self) -> str:
        """The hash of the plan that counts now; empty before preflight."""
        return self.plans[-1] if self.plans else ""

    @property
    def approval(self) -> Facts | None:
        """The newest approval of a plan, and of which; None where none was asked for, or nobody gave it yet."""
        return next((one for one in reversed(self.of(Step.APPROVE)) if one.approver), None)

    @property
    def is_backed(self) -> bool:
        """Whether somebody stands behind the plan that counts now, where another approval is asked for."""
        said = (row.facts for row in self.rows if row.facts.step in {Step.AWAIT_READINESS, Step.APPROVE})
        return bool(self.plan) and any(self.plan in {one.plan, one.cool_off} for one in said)

    @property
    def approved_by(self) -> str:
        """Who approved a plan, after whom, and which one, for people; empty where nobody did."""
        found = self.approval
        return f"{found.approver}, after {found.asked_by} (plan {found.plan[:16]})" if found else ""

    @property
    def accepted(self) -> str | None:
        """The pair that validate accepted, by what it said last; None before that, and when it said no."""
        judged = self.newest(Step.VALIDATE)
        return (judged.accepted or None) if judged else None

    @property
    def waits_to_begin(self) -> bool:
        """Whether it waits at a form of readiness or approval: nothing is stopped yet, and nobody was told to click."""
        newest = self.forms.newest
        if newest is None or newest.step not in {Step.AWAIT_READINESS, Step.APPROVE} or self.of(Step.SNAPSHOT):
            return False
        return self.is_open(newest)

    def is_open(self, form: Shown) -> bool:
        """Whether nobody answered this form, so that its step was done."""
        for row in reversed(self.rows):
            if row.facts.is_waiting and row.facts.form == form.form:
                return True
            if row.facts.is_done and row.facts.step == form.step:
                return False
        return False

    @property
    def is_entered(self) -> bool:
        """Whether a pair was entered."""
        return bool(self.of(Step.AWAIT_HUMAN_INPUT))


def _with(known: tuple[str, ...], name: str) -> tuple[str, ...]:
    return known if not name or name in known else (*known, name)


def of(ledger: Ledger, rotation: str) -> History:
    """The history of this rotation as the ledger has it now. Raises LedgerError.

    The newest row that was read is asked for again: while its hash is there, so are all rows before it.
    """
    kept = _kept(ledger.engine)
    known = kept.get(rotation, History())
    last = known.rows[-1] if known.rows else None
    found = ledger.rows(rotation=rotation, after=last.sequence - 1 if last else 0)
    if last is not None and (not found or found[0].hash != last.hash):
        # Another ledger, or an older copy of it.
        known, last, found = History(), None, ledger.rows(rotation=rotation)
    now = reduce(History.add, found if last is None else found[1:], known)
    if len(kept) >= KEPT and rotation not in kept:
        kept.clear()
    kept[rotation] = now
    return now


@lru_cache(maxsize=KEPT)
def _kept(_: Engine) -> dict[str, History]:
    """By rotation; of one database."""
    return {}
