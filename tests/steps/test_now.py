"""The run's own page says at once what to do, whether trading stands, whether the old pair lives, and what is done."""

from __future__ import annotations

from typing import Any

import pytest

from blocks.ledger.history import History
from blocks.model.step import Step
from blocks.prefect_api import prefect_page
from deployments.sandbox.faults import Fault, FaultKind
from tasks.brakes import brake_switch
from tasks.person import now, now_text
from tasks.person.now_text import Moment
from tests.operator import Operator
from tests.steps.holding import RETRY, break_vault, mend_and
from tests.steps.live import live_rotation
from tests.steps.now_rows import AT, LINKS
from tests.waiting import wait_until

BATCH = "/api/v3/secrets/batch/raw"


def state(person: Operator) -> dict[str, Any]:
    """The state of the run whose form is shown."""
    assert person.form is not None
    found: dict[str, Any] = person.api.get(f"/flow_runs/{person.form.run_id}").json()["state"]
    return found


def shows(person: Operator, *expected: str, credential: str = "alpaca-live") -> None:
    """Wait until the artifact says all of these; its first line is what to do."""

    def page() -> str:
        answer = person.api.get(f"/artifacts/now-{credential}/latest")
        return str(answer.json()["data"]) if answer.is_success else ""

    wait_until(lambda: all(one in page() for one in expected), description=f"the page says {expected}: {page()}")


class Counted(now.Page):
    """Counts what it tells Prefect."""

    def __init__(self) -> None:
        super().__init__()
        self.told = 0

    def _say(self) -> None:
        self.told += 1

    def _write(self) -> None:
        self.told += 1


def test_what_follows_at_once_is_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step's message is two questions to Prefect, and a step may be over in no time."""
    monkeypatch.setattr(now, "PAUSE_S", 600.0)
    rotation, page = live_rotation(), Counted()
    page.begin()
    for step in Step:
        page.began(rotation, step)
        wait_until(lambda: not page._changed.is_set(), description="the page has seen it")
    page.end()

    # The first message and the first text, and the last text when it is over.
    assert page.told == 3


def test_the_page_and_the_state_say_what_to_do_at_each_form_and_that_nothing_is_left_to_do_at_the_end(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Steps of tests are quick: all that is said is seen here.
    monkeypatch.setattr(now, "PAUSE_S", 0.0)

    def ready(person: Operator) -> None:
        assert state(person)["message"].startswith("Waits for you to be ready: open the menu (three dots, upper right)")
        assert "Trading: not stopped by this rotation." in state(person)["message"]
        shows(person, "and answer its form: it waits for you to be ready.", "| Done | preflight |")
        person.be_ready()

    def enter(person: Operator) -> Any:
        assert "Waits for the new pair" in state(person)["message"]
        assert "Trading: stopped since " in state(person)["message"]
        assert "Last answer: test operator (you to be ready), " in state(person)["message"]
        shows(person, "it waits for the new pair.", "**stopped since ", "lives: Alpaca accepted it at ", "snapshot |")
        pair = person.regenerate_live()
        shows(person, "| Old pair | dead since ")
        person.estate.server.plan.add(Fault("infisical", FaultKind.RATE_LIMIT, "POST", BATCH, retry_after_s=1, times=1))
        return pair

    outcome = operator.rotate(ready, enter, credential="alpaca-live")

    assert outcome.state.is_completed(), outcome.message
    first, second = outcome.descriptions
    assert "The form before this one was answered by" not in first
    assert "\nThe form before this one was answered by test operator (you to be ready), " in second
    _, found, address = outcome.message.partition(" Report: ")
    assert found
    assert "/v2/artifacts/artifact/" in address
    report = operator.api.get(f"/artifacts/{address.rpartition('/')[2]}").json()
    assert report["data"] == operator.report("alpaca-live")
    shows(
        operator,
        f"# Nothing to do: alpaca-live is rotated. Read [its report]({address}).",
        "| Trading | on again since ",
        "; it was stopped for ",
        "verify, retire, resume |",
    )
    # One artifact of that name for the run, and messages on the way.
    artifacts = operator.api.post(
        "/artifacts/filter", json={"artifacts": {"flow_run_id": {"any_": [report["flow_run_id"]]}}}
    )
    assert sorted(one["key"] for one in artifacts.json()) == ["ledger-head", "now-alpaca-live", "rotation-alpaca-live"]
    states = operator.api.get("/flow_run_states/", params={"flow_run_id": report["flow_run_id"]}).json()
    messages = [one["message"] or "" for one in states if one["name"] == "Running"]
    assert any(one.startswith("preflight: rekey checks everything that can fail.") for one in messages)
    assert any(one.startswith("verify: rekey proves that") for one in messages)
    (patient,) = (one for one in messages if "waits until" in one)
    assert patient.startswith("validate: rekey waits until ")
    assert (
        " UTC, as a vendor asks, and goes on by itself then. Infisical: create secrets failed: rate limit reached"
        in patient
    )


def test_a_step_that_waits_as_long_as_a_vendor_asks_says_so() -> None:
    """Whoever looks then would think that nothing goes on."""
    rotation = live_rotation()
    moment = Moment(
        AT, step=Step.STORE, patience="waits until 12:00:00 UTC, as a vendor asks. <Infisical>: it is full."
    )

    told = now_text.message(rotation, History(), [], moment)
    page = now_text.page(rotation, History(), [], moment, LINKS)

    assert told.startswith(
        "store: rekey waits until 12:00:00 UTC, as a vendor asks. <Infisical>: it is full. Trading: "
    )
    assert page.startswith("# Nothing to do now: rekey waits until 12:00:00 UTC, as a vendor asks. ")
    assert "<Infisical>" not in page


@pytest.mark.long
@pytest.mark.usefixtures("_few_tries")
def test_a_held_rotation_says_so_and_that_trading_is_not_proved_to_stand(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brake_switch, "HELD_PATIENCE_S", 2.0)

    def held_without_brakes(person: Operator) -> Any:
        person.estate.server.plan.add(Fault("raptor-prod", FaultKind.HTML, path="/health.*", status=200, times=None))
        return break_vault(person)

    def look(person: Operator) -> None:
        assert "Waits for a decision" in state(person)["message"]
        shows(person, "it waits for a decision.", "| Trading | **unknown** since ")
        mend_and(RETRY)(person)

    outcome = operator.rotate(Operator.be_ready, held_without_brakes, look, credential="alpaca-live")

    assert outcome.state.is_completed(), outcome.message


@pytest.mark.long
def test_no_step_waits_until_prefect_has_taken_the_page(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prefect takes no change of the page before the rotation is completed: it is completed all the same."""
    change, completed_first = prefect_page.change, list[bool]()

    def late(*arguments: Any) -> None:
        wait_until(lambda: "secret.rotate.completed" in operator.actions(), description="it is completed")
        completed_first.append(True)
        change(*arguments)

    monkeypatch.setattr(prefect_page, "change", late)

    outcome = operator.rotate(Operator.regenerate)

    assert outcome.state.is_completed(), outcome.message
    assert completed_first
    shows(operator, "# Nothing to do: alpaca-paper is rotated.", credential="alpaca-paper")
