"""The page of a run that is dead says what is so now and what to do, and a deliberate end is no alarm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Cancelling, Crashed

from blocks.errors import Unreachable
from blocks.ledger.row import Action
from blocks.prefect_api import prefect_page
from flows.rotate import rotate
from tasks.run.notify import Kind
from tests.operator import Operator
from tests.steps.live import LIVE, kill_switches
from tests.steps.watching import dead_runs_looked_after

FORM = f"# Open the run and answer its form: it waits for the new pair.\n\n{LIVE}\n"
PAUSED = {"step": "pause", "outcome": "done", "seconds": 0, "proofs": []}


class Begun:
    """A rotation of alpaca-live whose run came into this state, and whose page says what it said last."""

    def __init__(self, operator: Operator, state: State[Any], *steps: dict[str, Any]) -> None:
        self.operator = operator
        with get_client(sync_client=True) as client:
            self.run_id = str(client.create_flow_run(rotate, parameters={"credential": LIVE}, state=state).id)
        self._write(Action.STARTED, {"flow_run_id": self.run_id, "reason": "scheduled"})
        for one in steps:
            self._write(Action.STEP, one)
        prefect_page.publish(f"now-{LIVE}", FORM, "as its process left it", self.run_id)

    def _write(self, action: Action, context: dict[str, Any]) -> None:
        self.operator.ledger.append(action, rotation="r-1", credential=LIVE, actor="somebody", context=context)

    @property
    def page(self) -> str:
        """What people are shown under the name of the page."""
        return str(self.operator.api.get(f"/artifacts/now-{LIVE}/latest").json()["data"])

    @property
    def told(self) -> list[dict[str, Any]]:
        """What Slack told."""
        return self.operator.estate.slack.messages


@pytest.fixture
def deployment(operator: Operator) -> Iterator[None]:
    """The rotation can be started; nobody works on what is started."""
    flow = operator.made("/flows/", {"name": rotate.name})
    made = operator.made("/deployments/", {"name": LIVE, "flow_id": flow["id"], "parameters": {"credential": LIVE}})
    yield
    runs = operator.api.post("/flow_runs/filter", json={"deployments": {"id": {"any_": [made["id"]]}}}).json()
    for one in runs:
        operator.delete(f"/flow_runs/{one['id']}")
    operator.delete(f"/deployments/{made['id']}")


def test_of_a_cancelled_run_the_page_says_to_start_it_again_and_whether_trading_stands(operator: Operator) -> None:
    begun = Begun(operator, Cancelled(), PAUSED)

    dead_runs_looked_after()

    assert begun.page.startswith(f"# Start the rotation of {LIVE} again: its run is over\n\nTrading: stopped since ")
    assert "| Why | Its run was cancelled in Prefect. The brakes are on" in begun.page
    assert "Open the run and answer" not in begun.page


@pytest.mark.usefixtures("deployment")
def test_of_a_killed_run_the_page_says_that_another_one_is_started(operator: Operator) -> None:
    begun = Begun(operator, Crashed(), PAUSED)

    dead_runs_looked_after()

    first = f"# Open the newest run of rotate/{LIVE}: its run is dead, and another one is started now\n\nTrading: "
    assert begun.page.startswith(first)
    assert "| Why | The process of its run is gone (Prefect says Crashed). |" in begun.page


def test_a_run_that_cannot_be_started_again_leaves_a_page_that_tells_people_to(operator: Operator) -> None:
    begun = Begun(operator, Crashed(), PAUSED)

    dead_runs_looked_after()

    assert begun.page.startswith(f"# Start the rotation of {LIVE} again: its run is over\n")
    assert f"there is no deployment rotate/{LIVE}" in begun.page


@pytest.mark.usefixtures("deployment")
def test_a_rotation_of_dead_keys_that_is_started_anew_says_so_on_the_page(operator: Operator) -> None:
    begun = Begun(operator, Cancelled())
    operator.ledger.append(Action.DIED, rotation="r-0", credential=LIVE, actor="somebody", context={"killed": LIVE})

    dead_runs_looked_after()

    assert begun.page.startswith(f"# Open the newest run of rotate/{LIVE}: its run is dead, and another one is started")
    assert f"The keys of {LIVE} are dead. |" in begun.page
    assert begun.told[-1]["metadata"]["event_type"] == Kind.ALARM


def test_dead_keys_whose_rotation_cannot_be_started_are_left_to_people_on_the_page(operator: Operator) -> None:
    begun = Begun(operator, Cancelled())
    operator.ledger.append(Action.DIED, rotation="r-0", credential=LIVE, actor="somebody", context={"killed": LIVE})

    dead_runs_looked_after()

    assert begun.page.startswith(f"# Start the rotation of {LIVE} anew with reason 'account reset': its run is dead\n")


@pytest.mark.parametrize("state", [Cancelled(message="Cancelled by <!channel> for lunch."), Cancelling()])
def test_a_run_that_was_cancelled_before_anything_was_changed_is_news_and_asks_for_nothing(
    operator: Operator, state: State[Any]
) -> None:
    begun = Begun(operator, state)

    dead_runs_looked_after()

    (told,) = begun.told
    assert told["metadata"]["event_type"] == Kind.NEWS
    assert told["text"].startswith(
        f"{LIVE} was cancelled before anything was changed: Nothing to do. Prefect says {state.name} since "
    )
    assert told["text"].endswith(", and not by whom. Trading: not stopped by this rotation.")
    assert ("for lunch" in told["text"], "<!channel>" in told["text"]) == (bool(state.message), False)
    assert begun.page.startswith(f"# Nothing to do: {LIVE} was cancelled before anything was changed\n")
    assert operator.actions() == [Action.STARTED, Action.ABORTED]


def test_a_run_that_crashed_before_anything_was_changed_is_an_alarm_still(operator: Operator) -> None:
    begun = Begun(operator, Crashed())

    dead_runs_looked_after()

    (told,) = begun.told
    assert told["metadata"]["event_type"] == Kind.ALARM
    assert "Start it anew." in told["text"]
    assert begun.page.startswith(f"# Start the rotation of {LIVE} anew: nothing was changed\n")


def test_a_page_that_prefect_does_not_take_stops_nothing(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise Unreachable(vendor="Prefect", operation="take the artifact", fault="away")

    begun = Begun(operator, Cancelled(), PAUSED)
    monkeypatch.setattr(prefect_page, "publish", refused)

    dead_runs_looked_after()

    assert set(kill_switches(operator.estate).values()) == {"1"}
    assert operator.actions()[-1] == Action.HELD
    assert begun.told[-1]["text"].startswith(f"{LIVE} is held: Its run was cancelled in Prefect.")
