"""Whether every approval in the ledger is one: proved, of that very plan, by another operator or after a cool-off.

Checked without asking anybody, beside the signatures themselves (offline.py).
"""

from __future__ import annotations

from collections.abc import Iterable

from blocks.ledger.chain import Break
from blocks.ledger.ledger import Action, Ledger, Row
from blocks.model.step import Step
from blocks.operators import approval

WANTED = (Action.STEP, Action.OPERATOR_ACTED)


def broken(ledger: Ledger) -> tuple[int, Break | None]:
    """How many approvals there are, and the first row that says so and is none. Raises LedgerError."""
    named = ledger.rows(actions=WANTED, naming=Step.APPROVE)
    return first_broken(named)


def first_broken(rows: Iterable[Row]) -> tuple[int, Break | None]:
    """As ``broken``, of these rows, oldest first."""
    acted: dict[int, Row] = {}
    cooled: set[tuple[str, str]] = set()
    count = 0
    for row in rows:
        if row.action is Action.OPERATOR_ACTED:
            acted[row.sequence] = row
        elif row.facts.cool_off:
            cooled.add((row.rotation, row.facts.cool_off))
        elif row.facts.step == Step.APPROVE and row.facts.approver:
            count += 1
            has_cooled = (row.rotation, row.facts.plan) in cooled
            reason = _what_is_wrong_with(row, acted.get(row.facts.proved_in or 0), has_cooled=has_cooled)
            if reason:
                return count, Break(row.sequence, reason)
    return count, None


def _what_is_wrong_with(row: Row, proof: Row | None, *, has_cooled: bool) -> str:
    if proof is None:
        return "nobody proved this approval"
    facts, act = row.facts, proof.facts.act or {}
    chosen = act.get("chosen") or {}
    said = (act.get("rotation"), act.get("step"), chosen.get("choice"), proof.facts.who)
    if said != (row.rotation, Step.APPROVE, approval.approve(facts.plan), facts.approver):
        return "what was proved is another answer than this approval"
    if facts.approver == facts.asked_by and not has_cooled:
        return "whoever was ready approved it alone, and nobody else had heard of it"
    return ""
