"""The operator regenerates other keys than those that are meant: everybody is told, and nothing of it is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from prefect.client.orchestration import get_client

from blocks.ledger.row import Action
from blocks.model.rotation import Reason
from blocks.model.step import Step
from deployments.rehearsal import proof
from deployments.sandbox.estate import LIVE_RUNTIMES
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.raptor.app import KILL_SWITCH
from flows.rotate import rotate
from tests.operator import Operator, Outcome
from tests.steps.beginning import begun
from tests.steps.beside_the_form import TOLD_WITHIN_S, alerts
from tests.steps.support import pending_marks, vault_lists
from tests.waiting import wait_until


@pytest.fixture
def deployed(operator: Operator) -> Iterator[dict[str, str]]:
    """Both rotations as deployments, without a worker: what is started there waits. By deployment id, the name."""
    with get_client(sync_client=True) as client:
        flow_id = client.create_flow(rotate)
        made = {
            str(client.create_deployment(flow_id, name, parameters={"credential": name})): name
            for name in ("alpaca-paper", "alpaca-live")
        }
        yield made
        for deployment in made:
            operator.delete(f"/deployments/{deployment}")


def started_by_rekey(operator: Operator, deployed: dict[str, str]) -> list[tuple[str, dict[str, Any]]]:
    """Which deployments were started, with which parameters."""
    found = operator.api.post(
        "/flow_runs/filter", json={"flow_runs": {"deployment_id": {"any_": list(deployed)}}}
    ).json()
    return [(deployed[run["deployment_id"]], run["parameters"]) for run in found]


def trading_is_on(operator: Operator) -> list[bool]:
    """Of each app that trades real money."""
    return [(operator.estate.heroku.serving(app) or {}).get(KILL_SWITCH) == "0" for app in LIVE_RUNTIMES.values()]


def row_of(operator: Operator) -> dict[str, Any]:
    """The one mis-rotation in the ledger."""
    (row,) = (row for row in operator.ledger.rows() if row.action is Action.MISROTATION)
    return dict(row.context)


def go_on(operator: Operator, credential: str) -> Outcome:
    """What the run that rekey started does."""
    return operator.rotate(credential=credential, reason=Reason.MISROTATION)


def test_paper_instead_of_live_is_put_aside_for_paper_and_live_comes_back_to_its_form(
    operator: Operator, deployed: dict[str, str]
) -> None:
    before = {name: proof.observe(operator.estate, name) for name in ("paper", "live")}
    operator.estate.infisical.knobs.rate_limits = True

    live = operator.rotate(Operator.be_ready, Operator.regenerate, Operator.regenerate_live, credential="alpaca-live")
    aside = row_of(operator)
    operator.estate.infisical.reset_knobs()

    # Four fifths of what a server of 2024 allows in a minute: retire looks once more.
    assert vault_lists(operator.estate) <= 32

    assert live.state.is_completed(), live.message
    assert "This is a PAPER pair" in live.descriptions[2]
    assert "Its own rotation goes on by itself" in live.descriptions[2]
    assert (aside["noticed"], aside["killed"], aside["meant"]) == ("typed", "alpaca-paper", "alpaca-live")
    assert pending_marks(operator.estate) == [aside["fingerprint"]]
    assert started_by_rekey(operator, deployed) == [
        ("alpaca-paper", {"credential": "alpaca-paper", "reason": "mis-rotation"})
    ]
    assert alerts(operator)[0].startswith("Wrong keys regenerated: alpaca-paper instead of alpaca-live")

    paper = go_on(operator, "alpaca-paper")

    assert paper.state.is_completed(), paper.message
    assert paper.descriptions == []
    assert vault_lists(operator.estate) <= 32 + 17
    for name in ("paper", "live"):
        after = proof.observe(operator.estate, name)
        assert proof.prove_rotated(before[name], after, operator.ledger)


def test_live_instead_of_paper_stops_live_trading_at_once_until_its_own_rotation_has_proved_the_pair(
    operator: Operator, deployed: dict[str, str]
) -> None:
    before = proof.observe(operator.estate, "live")
    stopped: list[bool] = []

    def paper_after_all(person: Operator) -> Any:
        stopped.extend(not on for on in trading_is_on(person))
        return person.regenerate()

    paper = operator.rotate(Operator.regenerate_live, paper_after_all)
    aside = row_of(operator)

    assert paper.state.is_completed(), paper.message
    assert stopped == [True, True]
    assert trading_is_on(operator) == [False, False]
    assert started_by_rekey(operator, deployed) == [
        ("alpaca-live", {"credential": "alpaca-live", "reason": "mis-rotation"})
    ]
    assert set(aside["engaged_before"].values()) == {False}

    live = go_on(operator, "alpaca-live")

    assert live.state.is_completed(), live.message
    assert live.descriptions == [], "nobody has to click or to type anything"
    assert proof.prove_rotated(before, proof.observe(operator.estate, "live"), operator.ledger)
    completed = operator.ledger.rows()[-1].context
    assert completed["trading_paused_at"] == aside["paused_at"]
    assert completed["account_number_verified"] == operator.estate.live.number


@pytest.mark.long
def test_the_form_says_to_start_the_other_rotation_by_hand_when_prefect_has_no_deployment(operator: Operator) -> None:
    outcome = begun(
        operator, Operator.regenerate_live, Operator.regenerate, until=Step.VALIDATE, credential="alpaca-paper"
    )

    assert "Start the rotation of alpaca-live now, with reason 'mis-rotation'" in outcome.descriptions[1]


@pytest.mark.long
def test_a_rotation_that_is_given_up_in_between_loses_no_pair_that_was_put_aside(operator: Operator) -> None:
    operator.rotate(Operator.regenerate_live, Operator.regenerate)
    # Preflight refuses it for a reason of its own, and closes that rotation.
    given_up = operator.rotate(credential="alpaca-live", reason=Reason.SCHEDULED)
    live = go_on(operator, "alpaca-live")

    assert given_up.state.is_failed()
    assert "dead already" in given_up.message
    assert live.state.is_completed(), live.message
    assert live.descriptions == []


@pytest.mark.parametrize(
    ("rotated", "killed"), [("alpaca-live", "paper"), pytest.param("alpaca-paper", "live", marks=pytest.mark.long)]
)
def test_a_siblings_death_is_told_before_anything_is_typed(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, rotated: str, killed: str
) -> None:
    """Within ten seconds at the pace of production, which this test keeps."""
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "3")
    told_after: list[float] = []
    account = operator.estate.paper if killed == "paper" else operator.estate.live

    def regenerate_the_wrong_one(person: Operator) -> Any:
        # Not before the pair was seen alive once.
        wait_until(lambda: was_asked(person, killed), description="the sibling is watched")
        person.estate.server.journal.clear()
        died = datetime.now(UTC)
        wrong = account.regenerate()
        wait_until(lambda: bool(alerts(person)), description="people are told", timeout_s=15)
        told_after.append((datetime.now(UTC) - died).total_seconds())
        wait_until(lambda: not any(trading_is_on(person)), description="live trading is stopped")
        del wrong
        return person.regenerate_live() if rotated == "alpaca-live" else person.regenerate()

    first = (Operator.be_ready,) if rotated == "alpaca-live" else ()
    begun(operator, *first, regenerate_the_wrong_one, until=Step.VALIDATE, credential=rotated)
    row = row_of(operator)

    assert (row["noticed"], row["killed"]) == ("death", f"alpaca-{killed}")
    assert row["before"]["account_number"] == account.number
    assert told_after[0] < TOLD_WITHIN_S
    assert len(alerts(operator)) == 1, "the same mis-rotation is told once"
    assert f"The current pair of alpaca-{killed} is refused since" in json.dumps(alerts(operator))


@pytest.mark.long
def test_a_pair_that_is_accepted_again_was_not_regenerated_and_that_is_told_too(operator: Operator) -> None:
    """An outage of Alpaca's login on the other host: for one pair it looks like a death, until it is over."""
    refused = {"code": 40110000, "message": "request is not authorized"}

    def sit_an_outage_out(person: Operator) -> Any:
        wait_until(lambda: was_asked(person, "paper"), description="the sibling is watched")
        person.estate.server.plan.add(
            Fault("alpaca-paper", FaultKind.ANSWER, "GET", "/v2/account", 401, refused, times=None)
        )
        wait_until(lambda: len(alerts(person)) == 1, description="people are told of a death")
        person.estate.server.plan.clear()
        wait_until(lambda: len(alerts(person)) == 2, description="people are told that it was none")
        return person.regenerate_live()

    outcome = operator.rotate(Operator.be_ready, sit_an_outage_out, credential="alpaca-live")

    assert outcome.state.is_completed(), outcome.message
    assert alerts(operator)[1].startswith("alpaca-paper: not regenerated after all: Alpaca accepts the current pair")
    assert "Its brakes stay on" not in alerts(operator)[1], "paper has none"
    assert len(alerts(operator)) == 2


def was_asked(operator: Operator, environment: str) -> bool:
    """Whether the host was asked for an account since the form is shown."""
    entries = operator.estate.server.journal.entries
    return sum(1 for one in entries if one.vendor == f"alpaca-{environment}" and one.path == "/v2/account") >= 3
