"""One rotation of a credential at a time; a second start says where to go, or goes on with what was begun."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import uuid4

import httpx
import pytest

from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.row import Action
from blocks.model.rotation import Reason, Rotation
from blocks.model.step import Step
from blocks.wire.parallel import all_at_once
from deployments.local.processes import free_port
from deployments.rehearsal import proof
from deployments.sandbox import made_up
from tasks.person import pause_form
from tasks.rotate.preflight import preflight
from tests.operator import Operator
from tests.steps.beginning import begun
from tests.steps.support import alone, seen, until_told, with_a_short_form
from tests.waiting import wait_until


def test_a_second_start_while_a_form_is_open_says_where_to_go_and_changes_nothing(operator: Operator) -> None:
    said: list[str] = []

    def start_again_first(person: Operator) -> Pair:
        assert person.form is not None
        until_told(person)
        before, rows = seen(person.estate), len(person.ledger.rows())
        second = person.start_meanwhile()
        assert second.is_failed()
        said.append(second.message or "")
        said.append(person.form.run_id)
        assert seen(person.estate) == before
        assert len(person.ledger.rows()) == rows
        return person.regenerate()

    begun(operator, start_again_first, until=Step.VALIDATE, credential="alpaca-paper")

    message, first_run = said
    assert "alpaca-paper is in the hands of another run" in message
    assert f"/runs/flow-run/{first_run}. Go on there;" in message
    assert operator.actions() == [Action.STARTED]


@pytest.mark.long
def test_a_form_that_nobody_answers_loses_nothing_and_the_next_start_shows_it_again(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rotation that was begun goes on, with the snapshot of its first run.

    Prefect writes a sentence of its own into the state of a run whose pause ended; ours is in the log and the ledger.
    """
    before = proof.observe(operator.estate)

    with monkeypatch.context() as hurried:
        hurried.setattr(pause_form, "FOREVER_S", 1)
        first = operator.rotate(lambda _: None, flow=with_a_short_form)
    given_up = operator.ledger.rows()[-1]
    second = operator.rotate(Operator.regenerate)

    assert first.state.is_failed()
    assert given_up.context["problem"].startswith("Nobody filled in the form within 0 days. Nothing that was done ")
    assert given_up.context["problem"].endswith("is lost: start the rotation again, and the same form comes back.")
    assert second.state.is_completed(), second.message
    assert second.descriptions[0] == first.descriptions[0]
    assert proof.prove_rotated(before, proof.observe(operator.estate), operator.ledger)
    assert {row.rotation for row in operator.ledger.rows()} == {given_up.rotation}
    assert operator.actions() == [Action.STARTED, Action.STARTED, Action.COMPLETED]
    assert [row.context["continued"] for row in operator.ledger.rows() if row.action is Action.STARTED] == [False, True]
    assert len(operator.steps("snapshot")) == 1


def test_without_a_ledger_that_takes_rows_nothing_begins(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be recorded is not done. The address of the ledger may hold a password, so it is not shown."""
    password = made_up.token("")
    monkeypatch.setenv("REKEY_LEDGER_URL", f"postgresql+psycopg://rekey:{password}@127.0.0.1:{free_port()}/ledger")
    before = seen(operator.estate)

    outcome = operator.rotate()

    assert outcome.state.is_failed()
    assert outcome.descriptions == []
    assert "The ledger cannot be read or written (OperationalError)." in outcome.message
    assert "REKEY_LEDGER_URL says where it is." in outcome.message
    assert seen(operator.estate) == before
    assert operator.estate.server.journal.entries == []


@pytest.mark.long
def test_two_people_who_submit_at_once_are_both_told_and_the_living_pair_wins(operator: Operator) -> None:
    """Both regenerated: the first pair is dead already. Prefect takes one form, and says so to the other person."""
    before = proof.observe(operator.estate)
    pairs: list[Pair] = []
    statuses: list[str] = []

    def submitted(person: Operator, run_id: str, pair: Pair) -> str:
        values = {"key_id": pair.key_id, "secret": pair.secret.get_secret_value(), "operator": "one of two"}
        answers: list[httpx.Response] = []

        def is_answered() -> bool:
            # Each presses again while Prefect's database is busy.
            typed = {"run_input": {**values, "switcher_says_paper": True}}
            answers.append(person.api.post(f"/flow_runs/{run_id}/resume", json=typed))
            return answers[-1].status_code != httpx.codes.SERVICE_UNAVAILABLE

        wait_until(is_answered, description="Prefect answers", timeout_s=90)
        return str(answers[-1].json().get("status", answers[-1].status_code))

    def both(person: Operator) -> None:
        assert person.form is not None
        pairs.extend([person.regenerate(), person.regenerate()])
        person.canaries.typed |= {one.secret.get_secret_value() for one in pairs}
        statuses.extend(all_at_once([partial(submitted, person, person.form.run_id, one) for one in pairs]))

    outcome = operator.rotate(both, lambda _: pairs[1])

    assert statuses.count("ACCEPT") == 1, statuses
    assert outcome.state.is_completed(), outcome.message
    # When Prefect took the dead one, the form came back for the other one.
    assert len(outcome.descriptions) == (2 if statuses[0] == "ACCEPT" else 1)
    assert proof.prove_rotated(before, proof.observe(operator.estate), operator.ledger)
    assert operator.ledger.rows()[-1].context["new"] == pairs[1].fingerprint


@pytest.mark.parametrize(("ending", "is_new"), [(Action.COMPLETED, True), (Action.ABORTED, True), (Action.HELD, False)])
def test_a_start_goes_on_with_a_rotation_that_has_not_ended_and_with_no_other(
    operator: Operator, ending: Action, is_new: bool
) -> None:
    """Its run is gone from Prefect, so nobody else works on it."""
    facts: dict[str, Any] = {"rotation": "r-earlier", "credential": "alpaca-paper", "actor": "somebody"}
    operator.ledger.append(Action.STARTED, **facts, context={"flow_run_id": str(uuid4())})
    operator.ledger.append(ending, **facts)
    rotations: list[Rotation] = []

    state = alone(lambda: rotations.append(preflight("alpaca-paper", Reason.SCHEDULED)))

    assert state.is_completed(), state.message
    assert (rotations[0].id != "r-earlier") is is_new
