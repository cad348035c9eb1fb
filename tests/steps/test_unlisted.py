"""What the ledger has open is open, whatever the catalog says: its entry is disabled meanwhile, or renamed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from blocks.errors import CatalogError
from blocks.ledger.row import Action
from blocks.settings import read_settings
from deployments.cli.main import main
from tasks.brakes import brake_switch
from tasks.run.entry import entry_of
from tasks.watch import look_after, tell_unlisted
from tests.faults.workplace import hurry
from tests.operator import Operator
from tests.steps.beside_the_form import alerts
from tests.steps.live import BRAKES, KILL_SWITCH, LIVE, MQ_A, PROD, kill_switches
from tests.steps.support import use_catalog
from tests.steps.watching import dead_runs_looked_after, unlisted_told

A_RUN = "00000000-0000-4000-8000-000000000000"
DISABLE = ("[credential.alpaca-live]\n", "[credential.alpaca-live]\nenabled = false\n")
TABLE, OTHER = "credential.alpaca-live", "credential.alpaca-real-money"
STOPPED = {PROD: "1", MQ_A: "1"}
Status = Callable[[], tuple[int, str]]


@pytest.fixture(autouse=True)
def _held(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rotation for which trading stands still, and whose run is gone."""
    hurry(monkeypatch)
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "0.1")
    monkeypatch.setattr(brake_switch, "KEPT_ON_PATIENCE_S", 1.0)
    paused = {"engaged_before": dict.fromkeys(BRAKES.values(), False), "paused_at": datetime.now(UTC).isoformat()}
    held = {"step": look_after.STEP, "run": A_RUN, "reason": "Its run was cancelled.", "what_would_help": ""}
    rows: list[tuple[Action, dict[str, Any]]] = [
        (Action.STARTED, {"flow_run_id": A_RUN, "reason": "scheduled"}),
        (Action.STEP, {"step": "pause", "outcome": "noted", **paused, "proofs": []}),
        (Action.STEP, {"step": "pause", "outcome": "noted", "brakes_proved": True, "proofs": []}),
        (Action.HELD, held),
    ]
    for action, context in rows:
        operator.ledger.append(action, rotation="r-test", credential=LIVE, actor="somebody", context=context)
    for app in STOPPED:
        operator.estate.heroku.set_by_hand(app, KILL_SWITCH, "1")


@pytest.fixture
def status(capsys: pytest.CaptureFixture[str]) -> Status:
    """Exit code and text of ``rekey status``."""

    def now() -> tuple[int, str]:
        capsys.readouterr()
        code = main(["status"])
        return code, " ".join(capsys.readouterr().out.split())

    return now


def rename(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Call the entry something else, in each of its tables."""
    text = read_settings().catalog.read_text()
    use_catalog(folder, monkeypatch, *[(f"{TABLE}{end}", f"{OTHER}{end}") for end in ends(text)])


def ends(text: str) -> list[str]:
    """What follows the name of the entry in the heads of its tables, in order."""
    return [one.partition("]")[0] + "]" for one in text.split(TABLE)[1:]]


def test_one_whose_entry_was_renamed_is_told_and_told_again_and_nothing_of_it_is_touched(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: Status
) -> None:
    unlisted_told()
    assert alerts(operator) == [], "the catalog names it"
    rename(tmp_path, monkeypatch)
    operator.estate.heroku.set_by_hand(PROD, KILL_SWITCH, "0")

    dead_runs_looked_after()
    unlisted_told()
    unlisted_told()

    (told,) = alerts(operator)
    assert told.startswith(
        "alpaca-live: its rotation is open, and the catalog has no entry of that name: Put the entry back into the "
        "catalog under that name, then start the rotation again"
    )
    assert "Trading: unknown, because nobody looks after its brakes; the last that the ledger has is: stopped" in told
    assert kill_switches(operator.estate) == {**STOPPED, PROD: "0"}, "whose brake that is nobody knows"
    code, text = status()
    assert (code, "No rotation is open." in text) == (5, False)
    assert "alpaca-live: NEEDS PEOPLE" in text
    assert "now Its rotation is open, and the catalog has no entry of that name. Put the entry back" in text

    monkeypatch.setattr(tell_unlisted, "REMIND_AFTER", timedelta(0))
    unlisted_told()
    assert len(alerts(operator)) == 2


def test_programs_hear_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rename(tmp_path, monkeypatch)
    capsys.readouterr()

    assert main(["status", "--json"]) == 5

    (one,) = json.loads(capsys.readouterr().out)["rotations"]
    assert (one["credential"], one["rotation"], one["held"]) == (LIVE, "r-test", "Its run was cancelled.")
    assert one["trading"].startswith("unknown, because nobody looks after its brakes")


def test_one_whose_entry_is_disabled_is_told_once_and_its_brakes_are_looked_after(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: Status
) -> None:
    use_catalog(tmp_path, monkeypatch, DISABLE)
    operator.estate.heroku.set_by_hand(PROD, KILL_SWITCH, "0")

    unlisted_told()
    unlisted_told()
    (told,) = alerts(operator)
    assert told.startswith("alpaca-live: its rotation is open, and its entry is disabled in the catalog: It is looked")
    assert "Trading: stopped since " in told
    dead_runs_looked_after()

    assert kill_switches(operator.estate) == STOPPED, "what somebody released is engaged again"
    assert any("somebody let trading go on" in one for one in alerts(operator))
    code, text = status()
    assert (code, "alpaca-live: NEEDS PEOPLE" in text) == (5, True)
    assert "Its entry is disabled in the catalog: it is looked after until it ends" in text


def test_a_disabled_one_goes_on_and_does_not_begin(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_catalog(tmp_path, monkeypatch, DISABLE)

    assert entry_of(LIVE).name == LIVE

    operator.ledger.append(Action.ABORTED, rotation="r-test", credential=LIVE, actor="somebody", context={})
    with pytest.raises(CatalogError, match="alpaca-live is disabled in the catalog"):
        entry_of(LIVE)
