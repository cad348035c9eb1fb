"""Who decided what in a rotation, and what proved that it was them: from the ledger's rows, in words for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from blocks.ledger.facts import Facts
from blocks.ledger.row import Action, Row
from blocks.ledger.trading import clock
from blocks.model.step import Step

# By ``how`` of a row (blocks/operators/prove.py).
PROOFS = {"passkey": "by passkey", "code": "by one-time code"}
NOBODY_CHECKED = "nobody checked who"
# What was done by answering the form of a step; and what was decided, where a choice says it.
_DID: Mapping[str, str] = {
    Step.AWAIT_READINESS: "said to be ready",
    Step.APPROVE: "approved the plan",
    Step.AWAIT_HUMAN_INPUT: "entered the new pair",
    Step.RETIRE: "said that the old pair is ended",
}
_ABOUT: Mapping[str, str] = {
    Step.AWAIT_READINESS: "readiness",
    Step.APPROVE: "the plan",
    Step.AWAIT_HUMAN_INPUT: "the new pair",
    Step.SNAPSHOT: "what is open",
    Step.EQUITY: "another equity",
    Step.UNKNOWN_ACCOUNT: "the account",
    Step.HOLD: "how to go on",
}


@dataclass(frozen=True, slots=True)
class Decided:
    """What one person decided, when (UTC), and by which proof."""

    at: datetime
    who: str
    what: str
    proof: str

    def __str__(self) -> str:
        return f"{clock(self.at)}: {self.who}, {self.what} ({self.proof})"


def decided(rows: Iterable[Row]) -> Iterator[Decided]:
    """What people decided in the rotation of these rows, oldest first."""
    for row in rows:
        facts = row.facts
        who, what = _decision(row.action, facts)
        if who:
            yield Decided(row.at, who, what, PROOFS.get(facts.how, NOBODY_CHECKED))


def _decision(action: Action, facts: Facts) -> tuple[str, str]:
    """Who, and what; nobody for a row that is no decision."""
    if action is Action.STARTED:
        return facts.starter, "started it"
    if action is Action.TAKEN:
        from_whom = f" over from {facts.instead_of}: {facts.why}" if facts.instead_of else ""
        return facts.taker, f"took it{from_whom}"
    if action is Action.ABORTED and facts.closed:
        return facts.operator, f"closed it {facts.closed}: {facts.reason}"
    if facts.is_noted and facts.asked_by:
        return facts.asked_by, f"stands behind plan {facts.plan[:16]}"
    return (facts.operator, _in_a_step(facts)) if facts.is_done else ("", "")


def _in_a_step(facts: Facts) -> str:
    did = _DID.get(facts.step, facts.step)
    if facts.choice:
        did = f"{_ABOUT.get(facts.step, facts.step)}: {facts.choice}"
    why = f", because {facts.why}" if facts.why else ""
    pair = f" (pair {facts.fingerprint})" if facts.fingerprint else ""
    after = f", after {facts.asked_by}" if facts.asked_by else ""
    return f"{did}{why}{pair}{after}"
