"""Only what may pass by itself is tried again, with the patience that the vendor asks for, up to a limit."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module
from itertools import pairwise
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import pytest
from prefect import Task, task
from prefect.cache_policies import NO_CACHE

import flows.rotate
import tasks.rotate
from blocks.errors import (
    LedgerError,
    Missing,
    RateLimited,
    Refused,
    Rejected,
    RekeyError,
    StepError,
    Transient,
    Unclear,
    Unreachable,
)
from deployments.local.processes import LocalPrefect
from tasks.run import policy
from tests.rotation_steps import STEPS
from tests.steps.support import alone

FACTS: dict[str, Any] = {"vendor": "Slack", "operation": "post", "fault": "no answer in time"}


def tries(raised: Callable[[], Exception]) -> list[float]:
    """When a step was tried that always fails so, with one of rekey's policies and without its own pauses."""
    moments: list[float] = []
    patience = {**policy.AFTER_THE_CLICK, "retries": 2, "retry_delay_seconds": 0}

    @task(name="always failing", **patience)
    def always_failing() -> None:
        moments.append(time.monotonic())
        raise raised()

    assert alone(always_failing).is_failed()
    return moments


@pytest.mark.parametrize(
    "error",
    [
        Transient("Not yet.", "Wait."),
        Unreachable(**FACTS),
        Unclear(**FACTS, status=502),
        RateLimited(**FACTS, status=429),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_transient_error_is_tried_again(prefect: LocalPrefect, error: RekeyError) -> None:
    assert prefect.environment
    assert len(tries(lambda: error)) == 3


@pytest.mark.parametrize(
    "error",
    [
        StepError("No.", "Mend it."),
        LedgerError("No.", "Mend it."),
        Refused(**FACTS, status=401),
        Missing(**FACTS, status=404),
        Rejected(**FACTS, status=422),
        Unclear(**FACTS, status=302, transient=False),
        KeyError("a bug"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_will_not_change_by_itself_is_not_tried_again(prefect: LocalPrefect, error: Exception) -> None:
    assert prefect.environment
    assert len(tries(lambda: error)) == 1


def test_a_vendor_is_asked_again_only_after_its_retry_after(prefect: LocalPrefect) -> None:
    assert prefect.environment
    moments = tries(lambda: RateLimited(**FACTS, status=429, retry_after_s=0.5))

    assert len(moments) == 3
    assert all(later - earlier >= 0.5 for earlier, later in pairwise(moments))


def test_a_vendor_that_asks_for_too_much_patience_is_left_to_the_operator(prefect: LocalPrefect) -> None:
    assert prefect.environment
    too_long = policy.LONGEST_RETRY_AFTER_S + 1

    assert len(tries(lambda: RateLimited(**FACTS, status=429, retry_after_s=too_long))) == 1


def test_behind_the_click_a_step_is_tried_for_about_three_minutes() -> None:
    delays = policy.AFTER_THE_CLICK["retry_delay_seconds"]

    assert policy.AFTER_THE_CLICK["retries"] == len(delays)
    assert 150 <= sum(delays) <= 240
    assert delays == sorted(delays)
    assert policy.STEP["retries"] == len(policy.STEP["retry_delay_seconds"])


def test_no_step_keeps_a_result_or_makes_a_cache_key_of_what_it_is_given() -> None:
    """Both would be made of the secret, and kept on disk."""
    for step in STEPS:
        assert step.persist_result is False, step.name
        assert step.cache_policy == NO_CACHE, step.name
        assert step.log_prints is False, step.name
        assert step.retry_condition_fn is policy.transient, step.name


def test_no_step_that_is_tried_again_keeps_its_own_pauses_in_the_other_tests() -> None:
    """One of them waited for minutes in a grid, and looked as if it had no end."""
    modules = [import_module(f"{tasks.rotate.__name__}.{one.name}") for one in iter_modules(tasks.rotate.__path__)]
    named = {one.name: one for module in (flows.rotate, *modules) for one in _tasks_in(module)}
    tried_again = {name for name, one in named.items() if one.retries}

    assert {"preflight", "mint by API", "retire", "resume"} <= tried_again
    assert tried_again <= {one.name for one in STEPS}


def _tasks_in(module: ModuleType) -> list[Task[Any, Any]]:
    return [one for one in vars(module).values() if isinstance(one, Task)]
