"""What runs in the process that is killed: one flow run of ``rotate``, exactly as in production, with short waits."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.settings import temporary_settings

from blocks.model.rotation import Reason
from flows.rotate import rotate
from tests.faults.workplace import hurry
from tests.rotation_steps import settings_for

COMPLETED, OTHERWISE = 0, 1


@dataclass(frozen=True, slots=True)
class Order:
    """What to run and where. Everything that a worker would give to a flow's process."""

    # The flow run's name, by which the person finds its forms.
    name: str
    credential: str
    # Prefect's settings, as a worker would give them.
    environment: Mapping[str, str]
    prefect_home: Path
    # The variables that begin with REKEY_.
    variables: Mapping[str, str]
    log: Path
    reason: Reason = Reason.SCHEDULED


def run(order: Order) -> None:
    """Rotate, then end this process: 0 when the rotation completed."""
    _write_to(order.log)
    os.environ.update(order.variables)
    patch = pytest.MonkeyPatch()
    hurry(patch)
    os.environ.update(order.variables)
    with temporary_settings(settings_for(order.prefect_home, order.environment)):
        named: Any = rotate.with_options(flow_run_name=order.name)
        state = named(order.credential, order.reason, return_state=True)
        APILogWorker.drain_all()
        EventsWorker.drain_all()
    sys.exit(COMPLETED if state.is_completed() else OTHERWISE)


def _write_to(log: Path) -> None:
    """Standard output and error into a file that is searched for canaries."""
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
