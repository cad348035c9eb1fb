"""People on call hear what cannot wait: also when Slack stumbles, and of a run at which nobody looks."""

from __future__ import annotations

from typing import Any

import pytest

from blocks.consumers.person.block import Slack
from blocks.errors import RekeyError, StepError, one_of
from blocks.model.rotation import Reason
from blocks.text import CUT_HERE
from deployments.sandbox.faults import Fault, FaultKind
from tasks.rotate import hold
from tasks.run import notify as alarms
from tasks.run.notify import notify, tell
from tests.operator import Operator
from tests.steps.alarms import POST, posts, told
from tests.steps.live import kill_switches, live_rotation
from tests.steps.support import alone, stay_held


def take_the_right_to_write_away(operator: Operator) -> None:
    """The vault lets rekey's identity read only, so preflight fails."""
    operator.estate.server.plan.add(Fault("infisical", FaultKind.ANSWER, "PATCH", status=403, times=None))


def send() -> bool:
    """Whether Slack took an alarm."""
    taken: list[bool] = []
    assert alone(lambda: taken.append(notify(live_rotation(), "alpaca-live is held", "Why."))).is_completed()
    return taken[0]


def test_what_is_cut_is_a_list_and_never_whether_trading_stands_nor_what_to_do(operator: Operator) -> None:
    """Eleven applications that fail were too many: nobody read what stood behind them."""
    failures: list[RekeyError] = [StepError(f"Vendor {one}: {'nothing ' * 20}.", "Look there.") for one in range(40)]
    problem = one_of(failures, "0 of 40 consumers have the new pair.", "Do this first.")

    assert alone(lambda: hold._tell(live_rotation(), str(problem), is_news=True)).is_completed()

    (message,) = operator.estate.slack.messages
    (section,) = (one["text"]["text"] for one in message["blocks"] if one["type"] == "section")
    for shown in (section, message["text"]):
        assert len(shown) <= 3000
        assert "0 of 40 consumers have the new pair.\n1. Vendor 0: " in shown
        assert "40. Vendor 39: " in shown
        assert CUT_HERE.strip() in shown
        assert shown.endswith(
            "Do this first. rekey is stopping trading now; if that is not proved, another message says so."
        )


def test_a_headline_says_what_is_so_behind_however_long_a_name(operator: Operator) -> None:
    name = "very-long-" * 20
    assert alone(lambda: tell(f"{name}: trading may be on", "Why.", "", {})).is_completed()

    (message,) = operator.estate.slack.messages
    assert message["blocks"][0]["text"]["text"].endswith("very-long-: trading may be on")


@pytest.fixture
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many tries, with shorter pauses."""
    monkeypatch.setattr(alarms, "PAUSES_S", (0.01, 0.01, 0.01))


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": FaultKind.ANSWER, "status": 503, "times": 2},
        {"kind": FaultKind.HTML, "status": 502, "times": 2},
        {"kind": FaultKind.DROP_BEFORE, "times": 2},
        {"kind": FaultKind.RATE_LIMIT, "retry_after_s": 1},
        {"kind": FaultKind.HANG, "seconds": 0.5},
    ],
)
@pytest.mark.usefixtures("_hurried")
def test_an_alarm_survives_a_hiccup_of_slacks(operator: Operator, fault: dict[str, Any]) -> None:
    operator.estate.server.plan.add(Fault("slack", path=POST, **fault))

    assert send()
    assert told(operator) == ["alpaca-live is held: Why."]


@pytest.mark.usefixtures("_hurried")
def test_an_alarm_without_an_answer_is_sent_again_although_it_may_have_come(operator: Operator) -> None:
    operator.estate.server.plan.add(Fault("slack", FaultKind.DROP_AFTER, path=POST))

    assert send()
    assert told(operator) == ["alpaca-live is held: Why."] * 2


@pytest.mark.usefixtures("_hurried")
def test_an_alarm_that_slack_never_takes_is_given_up_soon(operator: Operator) -> None:
    """The brakes wait for it."""
    operator.estate.server.plan.add(Fault("slack", FaultKind.ANSWER, path=POST, status=503, times=None))

    assert not send()
    assert posts(operator) == len(alarms.PAUSES_S) + 1


@pytest.mark.parametrize("kind", [FaultKind.DRIP_BODY, FaultKind.DEEP, FaultKind.TWICE])
@pytest.mark.usefixtures("_hurried")
def test_an_answer_of_slacks_that_cannot_be_relied_on_is_no_yes_and_no_crash(
    operator: Operator, kind: FaultKind
) -> None:
    operator.change_block(Slack, read_timeout_s=0.5)
    operator.estate.server.plan.add(Fault("slack", kind, path=POST, seconds=0.1, times=None))

    assert not send()


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": FaultKind.ANSWER, "status": 200, "body": {"ok": False, "error": "channel_not_found"}},
        {"kind": FaultKind.RATE_LIMIT, "retry_after_s": 30},
        {"kind": FaultKind.ANSWER, "status": 401, "body": {"ok": False, "error": "invalid_auth"}},
        {"kind": FaultKind.ANSWER, "status": 403, "body": {"ok": False, "error": "access_denied"}},
        {"kind": FaultKind.ANSWER, "status": 404, "body": None},
    ],
)
def test_what_waiting_does_not_cure_in_time_is_not_tried_again(operator: Operator, fault: dict[str, Any]) -> None:
    operator.estate.server.plan.add(Fault("slack", path=POST, times=None, **fault))

    assert not send()
    assert posts(operator) == 1


@pytest.mark.long
def test_a_rotation_that_rekey_started_by_itself_and_that_cannot_begin_is_held_and_told(operator: Operator) -> None:
    """Its keys are dead, and nobody looks at its page: the operator is at the form of the other one."""
    operator.rotate(Operator.regenerate_live, Operator.regenerate)
    before = told(operator)
    take_the_right_to_write_away(operator)

    started = operator.rotate(stay_held, credential="alpaca-live", reason=Reason.MISROTATION)

    assert started.state.name == "Stopped", started.message
    (alarm,) = told(operator)[len(before) :]
    assert alarm.startswith("alpaca-live is held: Preflight found")
    assert "Infisical: edit secrets failed" in alarm
    assert "stop here, trading goes on" not in started.descriptions[0]
    assert set(kill_switches(operator.estate).values()) == {"1"}


def test_a_rotation_that_a_person_started_and_that_cannot_begin_is_not_told(operator: Operator) -> None:
    """The person sees it."""
    take_the_right_to_write_away(operator)

    assert operator.rotate(credential="alpaca-live").state.is_failed()
    assert told(operator) == []
