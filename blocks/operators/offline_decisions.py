"""Whether every decision that a row calls proved is one, of that very thing: checked without asking anybody.

An approval is of its plan, and by another operator or after a cool-off; a start, who took a rotation, what was chosen
in a form, and how a rotation was ended, in a form or by hand, are what was signed. The signatures themselves are
checked in offline.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from blocks.ledger.chain import Break
from blocks.ledger.facts import Facts
from blocks.ledger.ledger import Ledger
from blocks.ledger.operators import is_proved
from blocks.ledger.row import Action, Row
from blocks.model.step import Step
from blocks.operators import approval, outside
from blocks.operators.act import STOPS
from blocks.operators.outside import CLOSE, TAKE

# What ends a rotation in a form: its choice; everywhere else its switch.
_ENDS: Mapping[str, dict[str, object]] = {Step.APPROVE: {"choice": approval.DO_NOT}}
_BY_SWITCH = frozenset({Step.AWAIT_READINESS})
# Rows, but those of steps, that an operator decides.
_DECIDED = (Action.STARTED, Action.TAKEN, Action.ABORTED)


def broken(ledger: Ledger) -> tuple[int, Break | None]:
    """How many decisions were looked at, and the first row that says so and is none. Raises LedgerError."""
    # All that say who did it in their actor alone, too.
    found = {row.sequence: row for row in ledger.rows(actions=(Action.OPERATOR_ACTED, *_DECIDED))}
    for name in ("proved_in", "cool_off", "choice"):
        found |= {row.sequence: row for row in ledger.rows(naming=name)}
    return first_broken(found[sequence] for sequence in sorted(found))


def first_broken(rows: Iterable[Row]) -> tuple[int, Break | None]:
    """As ``broken``, of these rows, oldest first."""
    known, count = _Known(), 0
    for row in rows:
        reason = known.what_is_wrong_with(row)
        count += reason is not None
        if reason:
            return count, Break(row.sequence, reason)
        known.add(row)
    return count, None


@dataclass(slots=True)
class _Known:
    """The rows so far."""

    acted: dict[int, Row] = field(default_factory=dict)
    cooled: set[tuple[str, str]] = field(default_factory=set)
    begun: set[int] = field(default_factory=set)

    def add(self, row: Row) -> None:
        """One row more."""
        if row.action is Action.OPERATOR_ACTED:
            self.acted[row.sequence] = row
        if row.action is Action.STARTED:
            self.begun.add(row.facts.proved_in or 0)
        if row.facts.cool_off:
            self.cooled.add((row.rotation, row.facts.cool_off))

    def what_is_wrong_with(self, row: Row) -> str | None:
        """Why it is none, empty for one that is; None for a row that decides nothing that is looked at here."""
        facts = row.facts
        proof = self.acted.get(facts.proved_in or 0)
        wanted = _wanted(row, proof.facts if proof else Facts())
        if wanted is None:
            return None
        if proof is None:
            return "nobody proved what it says"
        if row.actor != proof.actor and (is_proved(row.actor) or row.action is Action.ABORTED):
            return "it is in the name of somebody else than who proved it"
        act = proof.facts.act or {}
        chosen = act.get("chosen") or {}
        said = (proof.facts.who, act.get("rotation"), act.get("step"), {name: chosen.get(name) for name in wanted[3]})
        if said != wanted:
            return "what was proved is something else than it says"
        if row.action is Action.STARTED and facts.proved_in in self.begun:
            return "another rotation was started by what was signed for it"
        if facts.approver and facts.approver == facts.asked_by and (row.rotation, facts.plan) not in self.cooled:
            return "whoever was ready approved it alone, and nobody else had heard of it"
        return ""


def _wanted(row: Row, proof: Facts) -> tuple[str, str, str, dict[str, object]] | None:
    """Who has to have signed what, for this rotation, in which step; ``proof`` is what was signed."""
    facts: Facts = row.facts
    if facts.step == Step.APPROVE and facts.approver:
        return facts.approver, row.rotation, Step.APPROVE, {"choice": approval.approve(facts.plan)}
    if row.action is Action.STARTED and facts.starter:
        return facts.starter, "", outside.START, {"credential": row.credential, "reason": facts.reason}
    if row.action not in {Action.STEP, *_DECIDED} or not (facts.proved_in or is_proved(row.actor)):
        return None
    if row.action is Action.TAKEN:
        return facts.taker, row.rotation, TAKE, {"taker": facts.taker}
    if row.action is Action.ABORTED and facts.closed:
        return facts.operator, row.rotation, CLOSE, {"reason": facts.reason}
    if row.action is Action.ABORTED:
        # It says who ended it in its actor alone, which is compared with who signed. Any form that offers it may do so.
        step = str((proof.act or {}).get("step"))
        return proof.who, row.rotation, step, _ENDS.get(step, {STOPS: True})
    if facts.choice:
        by_switch = facts.step in _BY_SWITCH
        return facts.operator, row.rotation, facts.step, {STOPS: True} if by_switch else {"choice": facts.choice}
    return None
