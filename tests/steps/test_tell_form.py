"""People hear of every form that waits, once: from its run, or from watch when Slack took nothing while it came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from prefect import flow

from blocks.ledger.row import Action
from blocks.model.step import Step
from blocks.prefect_api import recording
from blocks.settings import read_settings
from deployments.sandbox.faults import Fault, FaultKind
from tasks.person import tell_form, where_to_answer
from tasks.person.ask import ask_openly
from tasks.person.forms import Signed
from tasks.person.question import Question
from tasks.run import notify
from tasks.run.one_at_a_time import one_at_a_time, page_of, this_run
from tasks.watch.look_after import look_after
from tests.operator import Operator
from tests.steps.alarms import POST, posts
from tests.steps.holding import alerts_of_a_hold
from tests.steps.live import LIVE, live_rotation
from tests.steps.support import alone, until_told
from tests.waiting import wait_until

FORM = "rekey_form"


@flow(name="asks in a rotation", persist_result=False)
def asks(credential: str) -> None:
    """A rotation that has begun, shows a form, and is looked after once more when that was answered."""
    rotation = replace(live_rotation(), flow_run_id=this_run()[0])
    with one_at_a_time(credential):
        recording.write(rotation, Action.STARTED, {"flow_run_id": rotation.flow_run_id, "reason": "scheduled"})
        ask_openly(rotation, Question(Signed, Step.AWAIT_READINESS, lambda _: "### A form", "a person"))
        look_after(credential)


def watched(person: Operator) -> None:
    """What a run of watch does about this rotation, while its form waits."""
    state = person.meanwhile(lambda: alone(lambda: look_after(LIVE)))
    assert state.is_completed(), state.message


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many tries, with shorter pauses."""
    monkeypatch.setattr(notify, "PAUSES_S", (0.01, 0.01, 0.01))


@pytest.fixture
def _slack_is_away(operator: Operator) -> Iterator[None]:
    """It takes no message, until its plan is cleared."""
    operator.estate.server.plan.add(Fault("slack", FaultKind.ANSWER, path=POST, status=503, times=None))
    yield
    operator.estate.server.plan.clear()


def until_nobody_could_be_told(person: Operator) -> None:
    """The run itself has tried for the last time; the form is there all the same."""
    tries = len(notify.PAUSES_S) + 1
    wait_until(lambda: posts(person) == tries, description="Slack was asked for the last time")
    assert person.form is not None


def test_its_run_tells_of_a_form_and_watch_does_not_tell_again(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tell_form, "LEFT_TO_ITS_RUN", timedelta(0))

    def look(person: Operator) -> None:
        until_told(person)
        watched(person)
        person.fill()

    outcome = operator.rotate(look, flow=asks, credential=LIVE)

    assert outcome.state.is_completed(), outcome.message
    (told,) = alerts_of_a_hold(operator, FORM)
    (waited,) = (row for row in operator.ledger.rows() if row.facts.is_waiting)
    shown = waited.context
    assert told == (
        f"alpaca-live waits for a person: Open <{page_of(shown['run'])}>, click the three dots in the upper right "
        f"corner, then Resume. Or answer on the console: <{read_settings().console_url}/rotations/{waited.rotation}>. "
        "Trading: not stopped by this rotation."
    )
    (proof,) = operator.steps(tell_form.STEP)
    assert (proof.context["form_told"], proof.context["proofs"]) == (
        shown["form"],
        ["People on call were told: alpaca-live waits for a person."],
    )


@pytest.mark.usefixtures("_slack_is_away")
@pytest.mark.parametrize("answered", [False, True])
def test_of_a_form_that_came_while_slack_was_away_watch_tells_once_while_it_waits(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, *, answered: bool
) -> None:
    """Of one that was answered before watch could tell, nobody is told."""

    def answer(person: Operator) -> None:
        until_nobody_could_be_told(person)
        person.estate.server.plan.clear()
        watched(person)
        assert alerts_of_a_hold(person, FORM) == [], "its run may be trying still"
        monkeypatch.setattr(tell_form, "LEFT_TO_ITS_RUN", timedelta(0))
        if not answered:
            watched(person)
            watched(person)
        person.fill()

    outcome = operator.rotate(answer, flow=asks, credential=LIVE)

    assert outcome.state.is_completed(), outcome.message
    told = [] if answered else ["alpaca-live waits for a person"]
    assert [one.split(":")[0] for one in alerts_of_a_hold(operator, FORM)] == told
    assert len(operator.steps(tell_form.STEP)) == len(told)


@pytest.mark.parametrize("said", [{"proof": "passkey"}, {"entry": "sealed"}])
def test_nobody_is_sent_to_a_form_of_prefects_that_takes_no_answer(operator: Operator, said: dict[str, str]) -> None:
    assert operator
    rotation = live_rotation()
    at_console = f"{read_settings().console_url}/rotations/{rotation.id}"
    assert "three dots" in where_to_answer.told(rotation)
    assert at_console in where_to_answer.told(rotation)

    alone_there = replace(rotation, credential=rotation.credential.model_copy(update=said))

    for told in (where_to_answer.told(alone_there), where_to_answer.briefly(alone_there)):
        assert at_console in told
        assert "three dots" not in told
