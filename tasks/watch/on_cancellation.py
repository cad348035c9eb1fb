"""Somebody cancels a run in Prefect: trading is not left on for the minute until watch looks.

A hook of the flow ``rotate``. The worker calls it in a process of its own, once the process of the run is gone.
"""

from __future__ import annotations

from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import FlowRun, State

from tasks.watch.look_after import look_after_cancelled


def hold_at_once(flow: Flow[Any, Any], flow_run: FlowRun, state: State[Any]) -> None:  # noqa: ARG001  # as Prefect calls it
    """Engage the brakes and hold the rotation of this run, or close it when nothing was changed yet."""
    look_after_cancelled(str(flow_run.parameters.get("credential", "")), str(flow_run.id))
