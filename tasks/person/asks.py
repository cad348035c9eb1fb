"""A step that asks a person, and whose form may be left (blocks/prefect_api/leave.py).

Prefect ends a process by a Pause, and counts a task as crashed that raises one: so the step ends well, and its flow
raises it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from prefect import task

from blocks.model.step import Step
from blocks.prefect_api.leave import FormLeft
from tasks.run import policy

_Asked = ParamSpec("_Asked")
_Answer = TypeVar("_Answer")


def asks(step: Step) -> Callable[[Callable[_Asked, _Answer]], Callable[_Asked, _Answer]]:
    """Make a task of it, named like the step, that a person is asked by once. What it makes of it raises FormLeft."""

    def as_step(ask: Callable[_Asked, _Answer]) -> Callable[_Asked, _Answer]:
        @task(name=step.value, **policy.HUMAN)
        @wraps(ask)
        def asked(*given: _Asked.args, **named: _Asked.kwargs) -> _Answer | FormLeft:
            try:
                return ask(*given, **named)
            except FormLeft as left:
                return left

        @wraps(ask)
        def answered(*given: _Asked.args, **named: _Asked.kwargs) -> _Answer:
            answer = asked(*given, **named)
            if isinstance(answer, FormLeft):
                raise answer
            return answer

        return answered

    return as_step
