"""A pair that was made, entered or refused before the form: it is taken, or told, and never counted as a death."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from prefect.client.orchestration import get_client
from prefect.states import Failed
from pydantic import SecretStr

from blocks.errors import Transient
from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.row import Action
from blocks.model.step import Step
from deployments.rehearsal import proof
from deployments.sandbox.estate import LIVE
from deployments.sandbox.faults import Fault, FaultKind
from flows.rotate import rotate
from tasks.rotate.snapshot import snapshot
from tests.faults.faults import FaultInStep
from tests.operator import Operator
from tests.steps.beginning import begun
from tests.steps.live import KILL_SWITCH, MQ_A, PROD, kill_switches, live_rotation, meanwhile
from tests.steps.support import alone

pytestmark = pytest.mark.usefixtures("_few_tries")

STAY = "stop and stay held"

AN_ORDER = {"symbol": "AAPL", "qty": "7", "side": "buy", "type": "limit", "limit_price": "2", "time_in_force": "day"}


@pytest.mark.long
def test_a_proof_holds_for_its_pair_only(operator: Operator) -> None:
    """Verified and released, only cleaning is left; then the pair is regenerated again: trading stops anew."""
    before = proof.observe(operator.estate, "live")

    def cleaning_fails(person: Operator) -> Any:
        person.estate.server.plan.add(Fault("infisical", FaultKind.ANSWER, "DELETE", ".*", status=503, times=None))
        return person.regenerate_live()

    def stay_held(person: Operator) -> None:
        person.estate.server.plan.clear()
        person.choose(STAY)

    first = operator.rotate(Operator.be_ready, cleaning_fails, stay_held, credential="alpaca-live")
    again = Pair(*_pair(operator.estate.live.regenerate()))
    seen: list[dict[str, str | None]] = []

    def look_first(person: Operator) -> Pair:
        seen.append(kill_switches(person.estate))
        return again

    second = operator.rotate(look_first, credential="alpaca-live")

    assert first.state.name == "Stopped"
    assert second.state.is_completed(), second.message
    assert seen == [{PROD: "1", MQ_A: "1"}], "the verified pair is dead, so trading stops before the form"
    releases = operator.estate.heroku.apps[PROD].releases
    carrying = [one for one in releases if one.variables[LIVE[0]] == again.key_id]
    assert carrying[0].variables[KILL_SWITCH] == "1"
    assert proof.prove_rotated(before, proof.observe(operator.estate, "live"), operator.ledger)


def test_a_pair_that_only_prefect_knows_of_is_taken_from_there_and_deleted(operator: Operator) -> None:
    """The run was killed between the submission and the ledger's row."""
    before = proof.observe(operator.estate)
    with get_client(sync_client=True) as client:
        run = client.create_flow_run(rotate, parameters={"credential": "alpaca-paper"}, state=Failed())
    pair = operator.regenerate()
    operator.canaries.typed.add(pair.secret.get_secret_value())
    typed = {"key_id": pair.key_id, "secret": pair.secret.get_secret_value(), "operator": "test operator"}
    form = f"paused-{uuid4().hex[:8]}"
    operator.api.post(
        f"/flow_runs/{run.id}/input", json={"key": f"{form}-response", "value": json.dumps(typed)}
    ).raise_for_status()
    facts: dict[str, Any] = {"rotation": "r-killed", "credential": "alpaca-paper", "actor": "somebody"}
    operator.ledger.append(Action.STARTED, **facts, context={"flow_run_id": str(run.id)})
    snapshot = {"step": "snapshot", "outcome": "done", "seconds": 0, "proofs": []}
    operator.ledger.append(Action.STEP, **facts, context=snapshot)
    waiting = {"step": "await_human_input", "outcome": "waiting", "form": form, "run": str(run.id), "where": ""}
    operator.ledger.append(Action.STEP, **facts, context={**waiting, "awaited": "the new pair"})

    outcome = operator.rotate()

    assert outcome.state.is_completed(), outcome.message
    assert outcome.descriptions == []
    assert operator.tables_with(pair.secret) == []
    assert proof.prove_rotated(before, proof.observe(operator.estate), operator.ledger)


@pytest.mark.long
def test_who_clicks_before_the_form_tells_to_can_go_on(operator: Operator) -> None:
    """The account is compared with what preflight saw a moment ago."""
    before = proof.observe(operator.estate, "live")
    clicked: list[Pair] = []

    def too_early() -> None:
        if not clicked:
            clicked.append(operator.regenerate_live())

    meanwhile(operator, "pause", "heroku", too_early)
    order = operator.estate.live.place(AN_ORDER)

    def cancel_it(person: Operator) -> Pair:
        person.estate.live.cancel(order)
        return clicked[0]

    outcome = operator.rotate(Operator.be_ready, cancel_it, credential="alpaca-live")

    assert outcome.state.is_completed(), outcome.message
    assert any("Regenerate was clicked before the form" in one for one in _proofs(operator, "await_human_input"))
    assert operator.ledger.rows()[-1].context["account_number_verified"] == operator.estate.live.number
    number = operator.estate.live.number
    left = f"1 order was open in Alpaca account {number} when rekey saw it last, and the dead pair cannot cancel them: "
    left += "look at them in the dashboard (Orders) and cancel them there."
    assert left in outcome.descriptions[1]
    assert left in _proofs(operator, "snapshot")
    assert proof.prove_rotated(before, proof.observe(operator.estate, "live"), operator.ledger)


@pytest.mark.long
def test_a_sibling_that_is_pasted_as_it_is_was_not_regenerated(operator: Operator) -> None:
    values = operator.estate.vault_values()
    paper = Pair(*_pair((values["ALPACA_PAPER_API_KEY_ID"], values["ALPACA_PAPER_API_SECRET_KEY"])))

    outcome = begun(operator, Operator.be_ready, lambda _: paper, Operator.regenerate_live, until=Step.VALIDATE)

    told = outcome.descriptions[2]
    assert told.count("It is the pair of alpaca-paper that is in use: nothing was regenerated by mistake.") == 1
    assert "killed" not in told
    assert Action.MISROTATION not in {row.action for row in operator.ledger.rows()}


def _proofs(operator: Operator, step: str) -> list[str]:
    return [sentence for row in operator.steps(step) for sentence in row.context.get("proofs", [])]


def _pair(values: tuple[str, str]) -> tuple[str, Any]:
    return values[0], SecretStr(values[1])


@pytest.mark.parametrize("times", [5, pytest.param(7, marks=pytest.mark.long)])
def test_a_moment_of_refusals_of_the_old_pair_is_no_death(operator: Operator, times: int) -> None:
    """What counts as a death is what counts as one of a key that dies by itself."""

    def refuse_for_a_moment(person: Operator) -> None:
        step = FaultInStep(
            "alpaca-live",
            FaultKind.ANSWER,
            "GET",
            "/v2/account",
            401,
            times=times,
            ledger=person.ledger,
            step="snapshot",
        )
        person.estate.server.plan.add(step)
        person.be_ready()

    begun(operator, refuse_for_a_moment, Operator.regenerate_live, until=Step.VALIDATE)

    told = json.dumps([dict(row.context) for row in operator.ledger.rows()])
    assert "Alpaca refused the current pair" in told
    assert "then accepted it again" in told
    assert "Regenerate was clicked before the form" not in told


@pytest.mark.parametrize("path", ["/v2/orders", "/v2/positions"])
def test_a_refusal_of_another_call_is_told_as_that(operator: Operator, path: str) -> None:
    """Alpaca accepts the pair, and this call alone it refuses: that is no dead pair."""
    values = operator.estate.vault_values()
    pair = Pair(*_pair((values[LIVE[0]], values[LIVE[1]])))
    operator.estate.server.plan.add(
        Fault("alpaca-live", FaultKind.ANSWER, "GET", path, 401, {"code": 40110000}, times=None)
    )
    rotation = replace(live_rotation(), old=pair.fingerprint)

    state = alone(lambda: snapshot.with_options(retries=0)(rotation))

    error = state.result(raise_on_failure=False)
    assert isinstance(error, Transient)
    called = {"/v2/orders": "list open orders", "/v2/positions": "list positions"}[path]
    assert f"Alpaca: {called} failed: the pair {pair.fingerprint} is not accepted" in error.problem
    assert error.problem.endswith("The pair itself is accepted.")
