"""Somebody spoils the catalog while trading stands still: brakes are kept, people are told, and nothing begins."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from blocks import kept_catalog
from blocks.catalog import load_catalog
from blocks.errors import Transient
from blocks.model.rotation import Reason
from blocks.prefect_api.block_cache import CACHE
from blocks.settings import read_settings
from flows.watch import watch
from tasks.brakes import brake_switch
from tasks.rotate.preflight import preflight
from tasks.run import claim
from tests.faults.workplace import hurry
from tests.operator import Operator
from tests.steps.beside_the_form import alerts
from tests.steps.live import BRAKES, KILL_SWITCH, LIVE, PROD, kill_switches
from tests.steps.support import alone, told
from tests.steps.test_keep_braked import STOPPED, held

SENTENCE = "is not valid TOML"


@pytest.fixture(autouse=True)
def _hurried(operator: Operator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:  # noqa: ARG001  its settings come first
    hurry(monkeypatch)
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "0.1")
    monkeypatch.setenv("REKEY_KEPT_FOLDER", str(tmp_path / "kept"))
    monkeypatch.setattr(brake_switch, "KEPT_ON_PATIENCE_S", 1.0)


def as_a_new_process() -> None:
    """Forget what this one has read, as each run of watch does."""
    kept_catalog._read_well.clear()
    kept_catalog._on_disk.clear()
    CACHE.forget()


def spoil() -> None:
    """Let it be read once, and leave the marks of a merge in it, for a process that begins after that."""
    catalog = read_settings().catalog
    load_catalog(catalog)
    catalog.write_text(f"<<<<<<< HEAD\n{catalog.read_text()}")
    as_a_new_process()


def watched() -> str:
    """One run of watch; what it says in the end."""
    state: Any = watch(return_state=True)
    return told(state)


def test_watch_keeps_the_brakes_and_tells_people_and_says_in_the_end_what_is_wrong(operator: Operator) -> None:
    """It failed before it looked at anything: the brake stayed released, and nobody was told."""
    held(operator, proved=True)
    operator.estate.heroku.set_by_hand(PROD, KILL_SWITCH, "0")
    spoil()

    said = watched()

    assert said.startswith(f"The catalog {read_settings().catalog} {SENTENCE}")
    assert kill_switches(operator.estate) == STOPPED
    (alarm,) = alerts(operator)
    assert alarm.startswith(f"alpaca-live: somebody let trading go on: Somebody changed {BRAKES[PROD]} while")


def test_no_rotation_begins(operator: Operator) -> None:
    spoil()

    state = alone(partial(preflight, LIVE, Reason.SCHEDULED))

    assert told(state).startswith(f"The catalog {read_settings().catalog} {SENTENCE}")
    assert operator.ledger.rows() == []
    assert operator.estate.server.journal.entries == []


def test_one_for_which_trading_stands_is_held_and_goes_on_by_itself_once_the_file_is_mended(operator: Operator) -> None:
    held(operator, proved=True)
    catalog = read_settings().catalog
    well, rows = catalog.read_text(), len(operator.ledger.rows())
    spoil()
    state = alone(partial(preflight, LIVE, Reason.SCHEDULED))
    assert f"{SENTENCE}" in told(state)
    assert told(state).endswith("Correct that line. It is tried again by itself.")
    problem = state.result(raise_on_failure=False)
    assert isinstance(problem, Transient)
    assert len(operator.ledger.rows()) == rows

    kept: list[str] = []
    assert alone(lambda: kept.append(claim.begun_before(LIVE, problem).id)).is_completed()
    assert kept == ["r-test"], "it is held, and does not fail"
    catalog.write_text(well)

    alone(partial(preflight, LIVE, Reason.SCHEDULED))

    assert len(operator.ledger.rows()) > rows
