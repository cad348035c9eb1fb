"""Retry policies by name. Prefect repeats a step; only transient errors are worth it.

A step looks at reality before it acts, so a repeated step reads a write back before it repeats it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.logging import get_run_logger
from prefect.tasks import Task

from blocks.errors import RekeyError
from blocks.ledger.trading import clock
from blocks.prefect_api import recording
from blocks.settings import patience_s

# A vendor that asks for more patience than this is treated as down: the operator decides.
LONGEST_RETRY_AFTER_S = 120.0


def transient(_task: Task[Any, Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether to try again: only for a transient error, and only after the vendor's own Retry-After is over."""
    error = state.result(raise_on_failure=False)
    if not isinstance(error, RekeyError) or not error.transient:
        return False
    wait_s = getattr(error, "retry_after_s", None) or 0.0
    if wait_s > LONGEST_RETRY_AFTER_S:
        return False
    if wait_s:
        get_run_logger().info("%s The vendor asks for %.0f seconds of patience.", error, wait_s)
        _say_until_when(wait_s, error)
        time.sleep(wait_s)
    return True


def _say_until_when(wait_s: float, error: RekeyError) -> None:
    """On the run's own page: until then it looks as if nothing went on."""
    page = recording.shown_by.get()
    if page is not None:
        until = clock(datetime.now(UTC) + timedelta(seconds=wait_s))
        problem = " ".join(error.problem.split())
        page.is_patient(f"waits until {until}, as a vendor asks, and goes on by itself then. {problem}")


# A secret never becomes a result or a cache key.
_SILENT: dict[str, Any] = {"persist_result": False, "cache_policy": NO_CACHE, "log_prints": False}

# Exponential with jitter: about 0.5, 1, 2 and 4 seconds, then the step gives up.
STEP: dict[str, Any] = {
    **_SILENT,
    "retries": 4,
    "retry_delay_seconds": [0.5, 1, 2, 4],
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": transient,
}

# After the click nothing may be given up lightly: about three minutes in all, then the rotation is held.
AFTER_THE_CLICK: dict[str, Any] = {**STEP, "retries": len(patience_s()), "retry_delay_seconds": patience_s()}

# A human is asked once; the form comes back by the flow, not by a retry.
HUMAN: dict[str, Any] = {**_SILENT, "retries": 0}
