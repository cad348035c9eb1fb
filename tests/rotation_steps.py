"""The steps of a rotation, how tests hurry them, and the Prefect settings of flows in the test's own process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from prefect import Task
from prefect.settings import (
    PREFECT_API_SSL_CERT_FILE,
    PREFECT_CLIENT_MAX_RETRIES,
    PREFECT_CLIENT_RETRY_EXTRA_CODES,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_HOME,
    PREFECT_LOCAL_STORAGE_PATH,
)

from deployments.local.prefect_login import client_settings
from deployments.local.processes import LocalPrefect
from tasks.rotate.mint_by_api import minted_by_api
from tasks.rotate.pause import pause
from tasks.rotate.preflight import preflight
from tasks.rotate.propagate import propagate, update_consumer
from tasks.rotate.resume import resume
from tasks.rotate.retire import retire
from tasks.rotate.snapshot import snapshot
from tasks.rotate.store import store
from tasks.rotate.validate import validate
from tasks.rotate.verify import verify

STEPS: tuple[Task[Any, Any], ...] = (
    preflight,
    pause,
    snapshot,
    minted_by_api,
    validate,
    store,
    propagate,
    update_consumer,
    verify,
    retire,
    resume,
)


def try_again_at_once(patch: pytest.MonkeyPatch) -> None:
    """Every step keeps its number of tries and what it waits for by Retry-After; only its own pauses are left out."""
    for step in STEPS:
        patch.setattr(step, "retry_delay_seconds", 0.05)


def give_up_after(patch: pytest.MonkeyPatch, tries_again: int) -> None:
    """For what lasts."""
    for step in STEPS:
        patch.setattr(step, "retries", tries_again)


def settings_of(prefect: LocalPrefect) -> dict[Any, Any]:
    """What flows in this process persist (the exception of every failed one) lies where it is searched for canaries."""
    return settings_for(prefect.places.prefect_home, prefect.environment)


def settings_for(home: Path, environment: Mapping[str, str]) -> dict[Any, Any]:
    """Prefect's settings for a flow in another process: what it persists lies in ``home``."""
    return {
        **client_settings(environment),
        PREFECT_API_SSL_CERT_FILE: environment["PREFECT_API_SSL_CERT_FILE"],
        PREFECT_CLIENT_MAX_RETRIES: environment["PREFECT_CLIENT_MAX_RETRIES"],
        PREFECT_CLIENT_RETRY_EXTRA_CODES: environment["PREFECT_CLIENT_RETRY_EXTRA_CODES"],
        PREFECT_HOME: home,
        PREFECT_LOCAL_STORAGE_PATH: home / "storage",
        # Without heartbeats each flow run ends a second earlier (the thread sleeps in steps of one second).
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
    }
