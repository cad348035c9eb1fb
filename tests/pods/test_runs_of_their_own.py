"""A run in a pod of its own goes on when its worker does not; and rekey notices what becomes of the pod."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from blocks.ledger.row import Action
from tests.deploy.strict import unknown
from tests.pods.place import Place, manifest, placed, until
from tests.steps.live import MQ_A, PROD, kill_switches

PAPER, LIVE = "alpaca-paper", "alpaca-live"
LEAVES_AFTER = "REKEY_FORM_LEAVE_AFTER_S"

pytestmark = [pytest.mark.long, pytest.mark.prefect, pytest.mark.timeout(3_600)]


@pytest.fixture(scope="module")
def installed() -> Iterator[Place]:
    with placed() as found:
        yield found


@pytest.fixture
def place(installed: Place) -> Iterator[Place]:
    """With a worker, and searched for secrets afterwards."""
    installed.have_a_worker()
    yield installed
    assert installed.api.refused == set(), "the Role lets it do less than it asks"
    watching = {f"{verb} {what}" for verb in ("list", "watch") for what in ("jobs", "pods")}
    assert watching <= installed.api.allowed, "it does not look after what it made"
    installed.assert_silence()


def test_a_run_outlives_the_worker_that_made_its_pod(place: Place) -> None:
    run = place.start(f"rotate/{PAPER}")
    place.shows_form(run)
    place.workers[-1].kill()

    place.answer(run)
    place.is_said(run, "Completed")

    place.ends_well(run, pods=1)


def test_a_job_names_the_secret_in_place_of_the_login(place: Place) -> None:
    run = place.start(f"rotate/{PAPER}")
    place.shows_form(run)
    (job,) = place.cluster.jobs_of(run)
    (container,) = job["spec"]["template"]["spec"]["containers"]
    # As it was sent: with two fields that the worker itself wants there, and that a cluster drops.
    wrong = sorted(unknown(place.cluster.posted[-1], "V1Job"))
    assert wrong == [f".spec.template.spec.{one} is no field of V1PodSpec" for one in ("completions", "parallelism")]

    given = {one["name"]: one for one in container["env"]}
    key = {"name": "rekey", "key": "environment"}
    assert given["PREFECT_API_AUTH_STRING"] == {"name": "PREFECT_API_AUTH_STRING", "valueFrom": {"secretKeyRef": key}}
    assert [name for name in given if name.startswith("REKEY_")] == []
    (shipped,) = manifest("run.yaml", "Job", None)["spec"]["template"]["spec"]["containers"]
    assert {**container, "env": None} == {**shipped, "env": None}

    place.answer(run)
    place.is_said(run, "Completed")


def test_health_in_a_pod_finds_the_work_pool_well(place: Place) -> None:
    run = place.start("health/hourly", {"credential": PAPER, "depth": "light"})
    until(lambda: place.state(run) in {"Completed", "Failed"}, "health has ended")

    told = json.loads(place.operator.api.get("/artifacts/health-checks/latest").json()["data"])
    (found,) = (one for one in told if "work pool" in json.dumps(one))
    assert "The work pool takes no command, environment, folder or image from a run." in json.dumps(found)
    assert "failed" not in json.dumps(found)


def test_who_left_its_form_goes_on_in_another_pod(place: Place) -> None:
    """Answered in the moment in which the process leaves: its pod is there still."""
    with place.set(**{LEAVES_AFTER: "1"}):
        run = place.start(f"rotate/{PAPER}")
        place.shows_form(run)
        place.is_said(run, "Suspended")

    place.answer(run)
    place.is_said(run, "Completed")

    place.ends_well(run, pods=2)


def test_a_pod_that_has_to_end_is_followed_by_another_one(place: Place) -> None:
    """As when its node is drained."""
    run = place.start(f"rotate/{PAPER}")
    place.shows_form(run)
    place.cluster.process_of(run).ask_to_end()
    until(lambda: len(place.cluster.jobs_of(run)) == 2, "its run is begun again")
    place.shows_form(run)

    place.answer(run)
    place.is_said(run, "Completed")
    assert place.newest() == run, "the run itself went on"


def test_while_watch_looks_either_that_run_or_another_one_goes_on(place: Place) -> None:
    """Prefect schedules the run again, and watch, which sees no process of it, starts another: whichever is first."""
    run = place.start(f"rotate/{PAPER}")
    place.shows_form(run)
    watch = place.start("watch/every-minute")
    place.is_said(watch, "Running")
    before = place.completed()
    place.cluster.process_of(run).ask_to_end()
    goes_on = place.goes_on(run)

    place.answer(goes_on)
    place.is_said(goes_on, "Completed")
    place.is_said(watch, "Completed")

    assert place.completed() == before + 1
    assert goes_on == run or place.state(run) == "Taken over"


def test_a_pod_that_cannot_begin_says_why_with_its_run(place: Place) -> None:
    with place.set(ENVIRONMENT_FILE="/secrets/rekey/another"):
        run = place.start(f"rotate/{PAPER}")
        place.is_said(run, "Crashed")

    body = {"logs": {"flow_run_id": {"any_": [run]}}}
    until(
        lambda: "/secrets/rekey/another" in place.operator.api.post("/logs/filter", json=body).text, "its log is there"
    )
    assert "get pods/log" in place.api.allowed


def test_a_pod_that_is_lost_is_noticed_by_watch_which_starts_another_run(place: Place) -> None:
    run = place.start(f"rotate/{PAPER}")
    place.shows_form(run)
    place.cluster.process_of(run).kill()
    place.operator.robot.start("watch/every-minute")
    until(lambda: place.newest() != run, "watch starts another run")
    newest = place.newest()
    place.shows_form(newest)

    place.answer(newest)
    place.is_said(newest, "Completed")
    assert place.state(run) == "Taken over"


def test_a_run_that_is_cancelled_is_held_at_once_by_its_pod(place: Place) -> None:
    run = place.start(f"rotate/{LIVE}")
    place.shows_form(run, "confirm")
    place.operator.be_ready()
    place.shows_form(run)
    # Somebody lets trading go on in the same moment.
    place.operator.estate.heroku.set_by_hand(PROD, "TRADING_LIVE_DISABLED", "0")
    body = {"state": {"type": "CANCELLING", "name": "Cancelling"}}
    place.operator.api.post(f"/flow_runs/{run}/set_state", json=body).raise_for_status()

    until(lambda: Action.HELD in {row.action for row in place.operator.ledger.rows()}, "it is held")
    assert kill_switches(place.operator.estate) == {PROD: "1", MQ_A: "1"}
    (held,) = (row for row in place.operator.ledger.rows() if row.action is Action.HELD)
    assert held.context["reason"] == "Its run was cancelled in Prefect. The brakes are on: trading is stopped."
    place.is_said(run, "Cancelled")
