"""Another cause of a check that is not ok already is told, once; what changes in its words is no other cause."""

from __future__ import annotations

import pytest

from blocks.check import Check, Depth, Outcome, asked
from blocks.errors import RateLimited, Refused, RekeyError, StepError, Unreachable
from tasks.health.record import record_health
from tests.health.support import PAPER, messages
from tests.operator import Operator
from tests.steps.support import alone

RESET = StepError("The account was reset.", "Look at it.")


def found(error: RekeyError | None) -> Check:
    """A check that is ok, or finds this."""

    def question() -> str:
        if error is not None:
            raise error
        return "All is well."

    return asked(PAPER, "current pair", question)


def recorded(*errors: RekeyError | None) -> None:
    """One health run after another found these."""

    def work() -> None:
        for error in errors:
            record_health([found(error)], Depth.LIGHT)

    state = alone(work)
    assert state.is_completed(), state.message


def overdue(days: int) -> StepError:
    return StepError(f"It is overdue by {days} {'day' if days == 1 else 'days'}.", "Rotate it.")


def test_a_second_cause_is_told_once_and_so_is_each_of_two_that_come_in_turn(operator: Operator) -> None:
    recorded(overdue(1), overdue(2), RESET, overdue(3), RESET)
    assert [("overdue" in one, "reset" in one) for one in messages(operator)] == [(True, False), (False, True)]

    recorded(None, RESET)

    assert len(messages(operator)) == 4, "that it was well is told, and what comes after that is news"


def test_a_cause_that_nobody_took_is_told_again(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(overdue(1))
    with monkeypatch.context() as away:
        away.setattr("tasks.health.record.tell", lambda *_, **__: False)
        recorded(RESET)
    recorded(RESET, RESET)

    assert ["reset" in one for one in messages(operator)] == [False, True]


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        (overdue(1), overdue(30), True),
        (
            Unreachable(vendor="Heroku", operation="read dynos", fault="timeout"),
            RateLimited(vendor="Heroku", operation="list apps", fault="too many", retry_after_s=None),
            True,
        ),
        (
            Refused(vendor="Heroku", operation="read dynos", fault="not accepted", status=401),
            Refused(vendor="Heroku", operation="read dynos", fault="not allowed", status=403),
            False,
        ),
        (StepError("A has no X. Release v1 by a@b.c.", ""), StepError("A has no X. Release v2 by d@e.f.", ""), True),
        (RESET, StepError("The account is blocked.", ""), False),
    ],
)
def test_what_is_one_cause(first: RekeyError, second: RekeyError, is_one: bool) -> None:
    assert (_cause(first) == _cause(second)) is is_one


def _cause(error: RekeyError) -> str:
    check = Check(PAPER, "current pair", Outcome.FAILED, "")
    return found(error).cause or check.cause
