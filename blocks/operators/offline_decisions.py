"""Whether every decision that a row calls proved is one, of that very thing: checked without asking anybody.

An approval is of its plan, and by another operator or after a cool-off; a start, who took a rotation, and a close are
what was signed. The signatures themselves are checked in offline.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from blocks.ledger.chain import Break
from blocks.ledger.facts import Facts
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action, Row
from blocks.model.step import Step
from blocks.operators import approval, outside
from blocks.operators.outside import CLOSE, TAKE


def broken(ledger: Ledger) -> tuple[int, Break | None]:
    """How many decisions were looked at, and the first row that says so and is none. Raises LedgerError."""
    found = {row.sequence: row for row in ledger.rows(actions=(Action.OPERATOR_ACTED,))}
    for name in ("proved_in", "cool_off"):
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
        facts, wanted = row.facts, _wanted(row)
        if wanted is None:
            return None
        proof = self.acted.get(facts.proved_in or 0)
        if proof is None:
            return "nobody proved what it says"
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


def _wanted(row: Row) -> tuple[str, str, str, dict[str, str]] | None:
    """Who has to have signed what, for this rotation, in which step."""
    facts: Facts = row.facts
    if facts.step == Step.APPROVE and facts.approver:
        return facts.approver, row.rotation, Step.APPROVE, {"choice": approval.approve(facts.plan)}
    if row.action is Action.STARTED and facts.starter:
        return facts.starter, "", outside.START, {"credential": row.credential, "reason": facts.reason}
    if row.action is Action.TAKEN and facts.proved_in:
        return facts.taker, row.rotation, TAKE, {"taker": facts.taker}
    if row.action is Action.ABORTED and facts.closed and facts.proved_in:
        return facts.operator, row.rotation, CLOSE, {"reason": facts.reason}
    return None
