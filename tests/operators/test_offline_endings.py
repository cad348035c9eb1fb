"""How a rotation was ended, and what was chosen in its forms: a row that nobody signed so is found without asking."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from blocks.ledger.row import Action, Row
from blocks.model.step import Step
from blocks.operators import offline_decisions, outside
from blocks.operators.act import STOPS
from blocks.operators.approval import DO_NOT, approve
from blocks.operators.outside import CLOSE
from blocks.operators.prove import Proof
from blocks.operators.registry import SUPERADMIN
from tests.operators.conftest import TERMINAL, Team, act

REASON = {"reason": "done in the dashboard"}
NOBODY, ANOTHERS = "nobody proved what it says", "it is in the name of somebody else than who proved it"
OTHERWISE = "what was proved is something else than it says"


@pytest.fixture
def both(team: Team) -> Team:
    """Sam and Kim."""
    team.add("Sam", SUPERADMIN)
    team.add("Kim", SUPERADMIN, by="Sam")
    return team


def signed(team: Team, step: str, chosen: dict[str, object], *, rotation: str = "r-1", by: str = "Sam") -> Proof:
    """Somebody answers a form."""
    form = f"form-{len(team.ledger.rows())}"
    return team.prove(act(rotation=rotation, step=step, form=form, chosen={**chosen, "operator": by}), by)


def wrote(team: Team, action: Action, proof: Proof, **facts: Any) -> Row:
    """What a run, or a console, writes down of that."""
    context = {**facts, "role": proof.role, "how": proof.how, "proved_in": proof.row}
    return team.ledger.append(action, rotation="r-1", credential="alpaca-live", actor=proof.actor, context=context)


def told_of(team: Team, row: Row, actor: str = "", without: str = "", **changed: object) -> str:
    """Why this row is no decision, when it was changed like that; empty where it is one."""
    context = {name: value for name, value in {**row.context, **changed}.items() if name != without}
    forged = replace(row, actor=actor or row.actor, context=context)
    before = [one for one in team.ledger.rows() if one.sequence < row.sequence]
    found = offline_decisions.first_broken([*before, forged])[1]
    return found.reason if found else ""


@pytest.mark.parametrize(
    ("step", "chosen", "another"),
    [
        (Step.APPROVE, {"choice": DO_NOT}, {"choice": approve("a" * 64)}),
        (Step.AWAIT_READINESS, {STOPS: True}, {STOPS: False}),
    ],
)
def test_an_ending_in_a_form_is_what_was_signed(
    both: Team, step: Step, chosen: dict[str, object], another: dict[str, object]
) -> None:
    proof = signed(both, step, chosen)
    others = [
        (signed(both, step, another), OTHERWISE),
        (signed(both, step, chosen, rotation="r-2"), OTHERWISE),
        (signed(both, Step.HOLD, {"choice": "retry this step"}), OTHERWISE),
        (signed(both, step, chosen, by="Kim"), ANOTHERS),
    ]
    row = wrote(both, Action.ABORTED, proof, reason="Sam did not approve it. No key was touched.")

    assert offline_decisions.broken(both.ledger) == (1, None)
    for other, why in others:
        assert told_of(both, row, proved_in=other.row) == why
    kim = others[-1][0]
    assert told_of(both, row, actor=kim.actor) == ANOTHERS
    assert told_of(both, row, actor="rekey (run brave-fox)") == ANOTHERS
    assert told_of(both, row, without="proved_in") == NOBODY


def test_a_close_by_hand_is_what_was_signed_and_so_is_one_that_names_no_proof(both: Team) -> None:
    made = outside.act_of(CLOSE, "outside-1", "r-1", {**REASON, "operator": "Sam"})
    proof = both.prove(made, "Sam")
    row = wrote(both, Action.ABORTED, proof, **REASON, operator="Sam", closed="by hand")

    assert offline_decisions.broken(both.ledger) == (1, None)
    assert told_of(both, row, reason="somebody said so") == OTHERWISE
    assert told_of(both, row, operator="Kim") == OTHERWISE
    assert told_of(both, row, without="closed") == OTHERWISE, "it is no answer to a form"
    assert told_of(both, row, without="proved_in") == NOBODY
    assert told_of(both, row, without="proved_in", actor=TERMINAL) == "", "it is a claim, and says so"


def test_a_row_that_says_in_its_actor_alone_who_proved_it_is_found_in_the_ledger(both: Team) -> None:
    proof = signed(both, Step.APPROVE, {"choice": DO_NOT})
    facts = {"reason": "Sam did not approve it."}
    both.ledger.append(Action.ABORTED, rotation="r-1", credential="alpaca-live", actor=proof.actor, context=facts)

    count, found = offline_decisions.broken(both.ledger)

    assert count == 1
    assert found is not None
    assert found.reason == NOBODY


@pytest.mark.parametrize(
    ("step", "chosen", "choice"),
    [
        (Step.HOLD, {"choice": "stop here, trading goes on"}, "stop here, trading goes on"),
        (Step.APPROVE, {"choice": DO_NOT}, DO_NOT),
        (Step.AWAIT_READINESS, {STOPS: True}, "Stop here instead: I am not ready"),
    ],
)
def test_a_choice_is_what_was_signed(both: Team, step: Step, chosen: dict[str, object], choice: str) -> None:
    proof = signed(both, step, chosen)
    another = signed(both, step, {"choice": "retry this step", STOPS: False})
    row = wrote(both, Action.STEP, proof, step=step, outcome="done", operator="Sam", choice=choice)

    assert offline_decisions.broken(both.ledger) == (1, None)
    assert told_of(both, row, proved_in=another.row) == OTHERWISE
    assert told_of(both, row, operator="Kim") == OTHERWISE
    assert told_of(both, row, without="proved_in") == NOBODY
    # What rekey itself chose, and what somebody claims, is proved by nobody, and says so.
    assert told_of(both, row, without="proved_in", actor="rekey (run brave-fox)") == ""
