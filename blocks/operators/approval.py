"""Whether the plan of a rotation is approved: read from the ledger alone, so that a run that goes on asks nobody again.

People who prove who they are say of a plan that they are ready for it, that they approve it, or that it is not to be
done. The first one who is ready or approves stands behind it; what is needed then is another operator's approval, or,
delayed, an approval after the cool-off. Whatever was said about another plan counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from blocks.ledger import history
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import SHARED, Action, Row
from blocks.model.credential import Credential
from blocks.model.step import Step
from blocks.operators import registry
from blocks.operators.policy import TWO
from blocks.operators.registry import Registry

DO_NOT = "do not do this: end the rotation"
# Of a hash, as many digits as nobody finds another plan for.
DIGITS = 16
LONGEST_REASON = 200
MINUTE = timedelta(minutes=1)


def approve(plan: str) -> str:
    """The choice by which somebody approves the plan with this hash: what is signed names it."""
    return f"approve plan {plan[:DIGITS]}"


@dataclass(frozen=True, slots=True)
class Said:
    """What an operator said of a plan, proved by which row of the ledger."""

    who: str
    at: datetime
    role: str = ""
    how: str = ""
    row: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """How far a plan is approved."""

    # Who stands behind it first, whose approval counts, and who wants it not done.
    first: Said | None = None
    second: Said | None = None
    refused: Said | None = None
    # Delayed: from when on an approval counts; None while nobody else was told.
    counts_from: datetime | None = None


def now(ledger: Ledger, credential: Credential, plan: str, rotation: str) -> Approval:
    """How far the plan with this hash is approved in this rotation, as the ledger has it. Raises LedgerError."""
    acted = ledger.rows(credential=SHARED, actions=(Action.OPERATOR_ACTED,), naming=rotation)
    mine = (row for row in acted if (row.facts.act or {}).get("rotation") == rotation)
    return of(credential, plan, history.of(ledger, rotation).rows, mine, registry.of(ledger))


def of(credential: Credential, plan: str, rotation: Iterable[Row], acted: Iterable[Row], known: Registry) -> Approval:
    """How far this plan is approved, by the rows of its rotation and those of what operators proved in it."""
    rows, acts = tuple(rotation), tuple(acted)
    approved = [one for one in _said(acts, approve(plan)) if _may(one, credential, known)]
    was_ready = (_ready(row) for row in rows if row.facts.step == Step.AWAIT_READINESS and _is_of(row, plan))
    # Who was removed since stands behind nothing: two who are operators look at it.
    ready = [one for one in was_ready if _may(one, credential, known)]
    refused = next((one for one in _said(acts, DO_NOT) if _may(one, credential, known)), None)
    if credential.approvals == TWO:
        # Whoever is ready now, should several have been.
        first = next(reversed(ready), None) or next(iter(approved), None)
        return Approval(first, _by_another(approved, first), refused)
    # As the rows follow: of two clocks one may be behind.
    first = min((*ready, *approved), key=lambda one: one.row, default=None)
    told = next((row.at for row in rows if row.facts.cool_off == plan), None)
    counts_from = told + MINUTE * credential.cool_off_minutes if told else None
    second = next((one for one in approved if counts_from and one.at >= counts_from), None)
    return Approval(first, second, refused, counts_from)


def _by_another(approved: Iterable[Said], first: Said | None) -> Said | None:
    return next((one for one in approved if first is not None and one.who != first.who), None)


def _is_of(row: Row, plan: str) -> bool:
    return row.facts.is_done and row.facts.plan == plan and bool(row.facts.operator)


def _ready(row: Row) -> Said:
    return Said(row.facts.operator, row.at, row.facts.role, row.facts.how, row.facts.proved_in or 0)


def _said(acted: Iterable[Row], choice: str) -> Iterator[Said]:
    for row in acted:
        facts = row.facts
        act = facts.act or {}
        chosen = act.get("chosen") or {}
        if act.get("step") == Step.APPROVE and chosen.get("choice") == choice:
            yield Said(facts.who, row.at, facts.role, facts.how, row.sequence, one_line(chosen.get("why")))


def one_line(why: object) -> str:
    """The reason that somebody gave, for a row and a sentence; empty for none."""
    return " ".join(str(why or "").split())[:LONGEST_REASON]


def _may(one: Said, credential: Credential, known: Registry) -> bool:
    """Whether whoever said it is an operator still, with the role: one who was removed approves nothing any more."""
    found = known.operators.get(one.who)
    return found is not None and found.may(credential.role)
