"""Rotations of credentials of other contracts than Alpaca's, in which their issuer fails in every way, one at a time.

A person answers every form, and mends the fault before answering one that is due to it. Where both keys live until the
old one is retired, a failure before that ends the rotation with the old one in use: then it is started again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from blocks.secret import Minted
from tests.chaos.contracts import answers_of
from tests.contracts import promises
from tests.contracts.contract import CONTRACTS, Contract, listed_alone
from tests.faults import invariants
from tests.faults.calls import Call, calls_of
from tests.faults.cell import ASKED, ENDED, HELD, REFUSED, WENT_ON, Cell, Result
from tests.faults.faults import FAULTS, LASTING, ONCE, FaultInStep, fault_of
from tests.operator import Operator

# What is asked of the issuer before and after these is asked in the same way of Alpaca.
STEPS = ("validate", "verify", "retire")
WAYS_THAT_LAST = ("401", "500", "drop after")
READ_TIMEOUT_S = 0.5
MOST_FORMS, MOST_STARTS = 12, 3
_MAY_GO_ON = (
    # Whether the old one lives is only looked at there, and watch asks again: a date is written down whatever is told.
    r"stripe-test \| retire: .+",
    # The old one is inactive, only the answer is lost: the list says so, and it is asked for no more.
    r"anthropic-raxx \| retire: issuers POST \S+ \| drop after",
)


@dataclass(frozen=True, slots=True)
class KeyCell(Cell):
    """Of this credential."""

    credential: str = ""

    def __str__(self) -> str:
        """As ``--only`` matches it."""
        return f"{self.credential} | {self.call} | {self.fault} | {self.length}"


def calls_in(operator: Operator, credential: str) -> list[Call]:
    """The calls to its issuer in a clean rotation."""
    contract = CONTRACTS[credential]
    listed_alone(operator, contract)
    outcome = operator.rotate(*answers_of(contract), credential=credential)
    assert outcome.state.is_completed(), outcome.message
    found = calls_of(operator.estate.server.journal.entries, operator.ledger)
    return [one for one in found if one.vendor == contract.vendor and one.step in STEPS]


def cells_of(calls: Mapping[str, Sequence[Call]]) -> list[KeyCell]:
    """Every call in every way, once; and what lasts in some."""
    return list(_cells(calls))


def _cells(calls: Mapping[str, Sequence[Call]]) -> Iterator[KeyCell]:
    for credential, some in calls.items():
        for call in some:
            yield from (KeyCell(call, fault, ONCE, credential) for fault in FAULTS)
            yield from (KeyCell(call, fault, LASTING, credential) for fault in WAYS_THAT_LAST)


class Mender:
    """Mends the fault when a form is due to it, or when the rotation ended with the old key in use.

    This one answers no form but that of a step that is held.
    """

    def __init__(self, operator: Operator, fault: FaultInStep, result: Result) -> None:
        self.operator, self.fault, self.result = operator, fault, result

    def mend(self, outcome: str, told: str) -> None:
        """Take the fault away, whose words these are."""
        self.operator.estate.server.plan.remove(self.fault)
        if self.result.outcome == WENT_ON:
            self.result.outcome = outcome
        self.result.told.append(told)

    def answer(self, operator: Operator) -> Minted | None:
        """Whichever form is shown."""
        assert operator.form is not None
        self.mend(HELD, invariants.reason_in(operator.form.description))
        operator.choose("retry this step")
        return None

    def begin_again(self) -> None:
        """A rotation that was ended is started again."""


class _Person(Mender):
    """Makes a key, and ends the old one when asked to."""

    def __init__(self, operator: Operator, contract: Contract, fault: FaultInStep, result: Result) -> None:
        super().__init__(operator, fault, result)
        self.contract = contract
        self.old = self.contract.in_the_vault(operator.estate)
        self.made: Minted | None = None
        self.was_asked_to_end = False

    @property
    def entered(self) -> str:
        """What was entered last."""
        return self.made.secret.get_secret_value() if self.made else ""

    def answer(self, operator: Operator) -> Minted | None:
        """Whichever form is shown."""
        assert operator.form is not None
        text = operator.form.description
        if "sealed" in operator.form.fields:
            return self._enter(text)
        if "ended" in operator.form.fields:
            self._end(text)
            return None
        return super().answer(operator)

    def begin_again(self) -> None:
        """A rotation that was ended begins with a new one; one that goes on asks for none."""
        if self.contract.in_the_vault(self.operator.estate) == self.old:
            self.made = None

    def _enter(self, text: str) -> Minted:
        if self.made is None:
            self.made = self.contract.minted(self.operator.estate)
        else:
            self.mend(ASKED, invariants.problem_in(text))
        return self.made

    def _end(self, text: str) -> None:
        keys = self.contract.keys(self.operator.estate)
        if self.was_asked_to_end:
            self.mend(ASKED, text.partition("\n\n")[2].partition("\n\n### ")[0])
        self.was_asked_to_end = True
        if self.old in keys.living.values():
            keys.delete(self.old)
        self.operator.fill(ended=True)


def play(cell: KeyCell, operator: Operator) -> Result:
    """Rotate with this fault, and say how it went and which promise was broken."""
    contract, result = CONTRACTS[cell.credential], Result()
    listed_alone(operator, contract)
    fault = fault_in(cell, operator)
    person = _Person(operator, contract, fault, result)
    may_go_on = any(re.fullmatch(one, f"{cell.credential} | {cell.call} | {cell.fault}") for one in _MAY_GO_ON)
    rotated(cell, person, may_go_on=may_go_on)
    result.violations += promises.afterwards(operator, contract, person.old, person.entered)
    return result


def fault_in(cell: KeyCell, operator: Operator) -> FaultInStep:
    """Its fault, and nobody waits long for an answer that does not come."""
    if cell.fault == "hang":
        operator.lose_patience(READ_TIMEOUT_S)
    return fault_of(cell.call, cell.fault, cell.length, operator.ledger, parts={})


def rotated(cell: KeyCell, person: Mender, *, may_go_on: bool) -> None:
    """Rotate with this fault until it is completed, and write down what it broke. ``may_go_on``: without a word."""
    operator, result = person.operator, person.result
    operator.estate.server.plan.add(person.fault)
    for _ in range(MOST_STARTS):
        outcome = operator.rotate(*[person.answer] * MOST_FORMS, credential=cell.credential)
        if outcome.state.is_completed():
            break
        person.mend(REFUSED if outcome.state.is_failed() else ENDED, outcome.message)
        person.begin_again()
    if not outcome.state.is_completed():
        result.violations.append(f"the rotation ended {outcome.state.name}: {outcome.message}")
    operator.estate.server.plan.clear()
    result.violations += _of_the_fault(cell, person.fault, result, may_go_on=may_go_on)


def _of_the_fault(cell: KeyCell, fault: FaultInStep, result: Result, *, may_go_on: bool) -> Iterator[str]:
    if not fault.struck:
        yield "the fault never struck, so this cell proves nothing"
    if result.outcome == WENT_ON and cell.length == LASTING and not may_go_on:
        yield "it lasts, and nobody was asked to mend it"
    for text in result.told:
        yield from invariants.sentence(cell.call.vendor, text)
