"""That the snapshot can be written as a file is proved before trading is stopped for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from blocks.catalog import load_catalog
from blocks.errors import StepError
from blocks.ledger.row import Action
from tasks.run import snapshot_file
from tests.operator import Operator
from tests.steps.live import LIVE, kill_switches, live_rotation
from tests.steps.support import SHIPPED

FOLDER = "REKEY_SNAPSHOT_FOLDER"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where snapshots are to be kept; it is not there yet."""
    found = tmp_path / "audit" / "snapshots"
    monkeypatch.setenv(FOLDER, str(found))
    return found


def test_trying_makes_the_folder_and_leaves_nothing_in_it(folder: Path) -> None:
    told = snapshot_file.demand_writable(live_rotation().credential)

    assert told == f"A snapshot can be written to {folder}, for its owner only."
    assert (list(folder.iterdir()), folder.stat().st_mode & 0o777) == ([], 0o700)


def test_a_folder_that_takes_no_file_is_told_with_cause_and_remedy_and_stops_a_scheduled_one(
    operator: Operator, folder: Path
) -> None:
    folder.parent.mkdir()
    folder.write_text("no folder")

    outcome = operator.rotate(credential=LIVE)

    assert outcome.state.is_failed()
    assert f"No snapshot can be written to {folder}: File exists." in outcome.message
    assert "Correct REKEY_SNAPSHOT_FOLDER in the worker's file" in outcome.message
    assert (outcome.descriptions, operator.actions()) == ([], [Action.STARTED, Action.ABORTED])
    assert "1" not in kill_switches(operator.estate).values(), "trading was never stopped"


def test_a_disk_that_is_full_is_told_and_nothing_is_left_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("blocks.owner_file.os.fsync", full)

    with pytest.raises(StepError, match="No space left on device") as caught:
        snapshot_file.demand_writable(live_rotation().credential)

    assert "with room on its disk" in caught.value.remedy
    assert list(folder.iterdir()) == []


def test_it_is_asked_only_where_a_file_is_to_be_written_still(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.parent.mkdir()
    folder.write_text("no folder")
    rotation = live_rotation()
    with pytest.raises(StepError):
        snapshot_file.demand_to_come(rotation)

    assert snapshot_file.demand_to_come(replace(rotation, may_be_clicked=True)) == "", "it was taken before"
    assert snapshot_file.demand_to_come(replace(rotation, old_is_dead=True)) == "", "none can be taken"
    paper = load_catalog(SHIPPED).get("alpaca-paper")
    assert snapshot_file.demand_to_come(replace(rotation, credential=paper)) == "", "it has no file"
    monkeypatch.delenv(FOLDER)
    assert snapshot_file.demand_to_come(rotation) == ""
