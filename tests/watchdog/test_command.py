"""`rekey watchdog` at a terminal: whom it tells, how often, and what it says with Prefect gone."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from blocks import kept_catalog
from blocks.ledger import heartbeat
from blocks.settings import read_settings
from deployments.cli.exit_codes import Watched
from deployments.cli.main import main
from deployments.local.processes import Child
from deployments.sandbox.faults import Fault, FaultKind
from tests.operator import Operator
from tests.steps.support import shaky, use_catalog
from tests.waiting import wait_until

GONE = Fault("prefect", FaultKind.DROP_BEFORE, times=None)
# A tenth of a second, in minutes.
SOON = "0.0017"
MORE = 4
Look = Callable[[], Watched]


@pytest.fixture
def look(operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Look:  # noqa: ARG001  # its settings come first
    """One look; what is wrong for a tenth of a second is told."""
    monkeypatch.setenv("REKEY_KEPT_FOLDER", str(tmp_path / "kept"))

    def once() -> Watched:
        return Watched(main(["watchdog", "--once", "--late", SOON]))

    return once


def headlines(operator: Operator) -> list[str]:
    """Of what people were told."""
    return [str(one["text"]).split(":")[1].strip() for one in operator.estate.slack.messages]


def works(_: Operator) -> None:
    """Watch ends well."""
    heartbeat.beat(read_settings().ledger_url, heartbeat.WATCH, "run")


def test_people_are_told_once_that_nobody_looks_after_rotations_and_once_that_somebody_does(
    operator: Operator, look: Look, capsys: pytest.CaptureFixture[str]
) -> None:
    first = look()
    time.sleep(0.2)
    codes = [look(), look()]
    works(operator)
    after = [look()]
    works(operator)
    after.append(look())

    assert (first, codes, after) == (Watched.WELL, [Watched.TROUBLE] * 2, [Watched.WELL] * 2)
    assert headlines(operator) == ["nobody looks after rotations", "rotations are looked after again"]
    assert "Watch did not end well yet" in capsys.readouterr().out


def test_they_are_told_with_prefect_and_its_database_gone(operator: Operator, look: Look) -> None:
    """By what was kept of the Slack block when it looked before."""
    assert look() is Watched.WELL
    time.sleep(0.2)

    with shaky(operator.prefect, GONE):
        assert look() is Watched.TROUBLE

    assert headlines(operator) == ["nobody looks after rotations"]


def test_one_that_can_tell_nobody_says_so_and_tells_it_when_it_can(
    operator: Operator, look: Look, capsys: pytest.CaptureFixture[str]
) -> None:
    with shaky(operator.prefect, GONE):
        assert look() is Watched.UNTOLD
        time.sleep(0.2)
        assert look() is Watched.UNTOLD
    assert "Nobody was told: Prefect" in capsys.readouterr().out
    assert headlines(operator) == []

    assert look() is Watched.TROUBLE
    assert headlines(operator) == ["nobody looks after rotations"]


@pytest.mark.usefixtures("look")
def test_between_two_looks_nothing_ends_it(operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody spoils the catalog, and it may not write what it told: it says so, goes on, and tells people once."""
    use_catalog(tmp_path, monkeypatch)
    (tmp_path / "no-folder").touch()
    catalog = tmp_path / "catalog.toml"
    log = tmp_path / "watchdog.log"
    command = [sys.executable, "-m", "deployments.cli.main", "watchdog", "--every", "0.2", "--late", SOON]
    own = {name: value for name, value in os.environ.items() if name.startswith("REKEY_")}
    state = str(tmp_path / "no-folder" / "state.json")
    # Not the file of the test's workers, which names another catalog.
    asks = {name: value for name, value in operator.prefect.environment.items() if name != "REKEY_CONFIG"}
    child = Child("watchdog", [*command, "--state", state], {**asks, **own}, log)
    try:
        wait_until(lambda: "Watch never ended well" in log.read_text(), description="the first look", timeout_s=120)
        well = catalog.read_text()
        catalog.write_text("[")
        wait_until(lambda: "not valid TOML" in " ".join(log.read_text().split()), description="it says so")
        wait_until(lambda: bool(headlines(operator)), description="people are told all the same")
        catalog.write_text(well)
        looks = log.read_text().count("Watch did not end well")
        wait_until(lambda: log.read_text().count("Watch did not end well") > looks + MORE, description="more looks")
        child.check()
    finally:
        child.stop()

    assert headlines(operator) == ["nobody looks after rotations"]
    assert "cannot be written" in log.read_text()


def test_one_that_begins_while_the_catalog_cannot_be_read_tells_by_what_this_machine_kept(
    operator: Operator, look: Look
) -> None:
    """Cron starts it anew each time."""
    assert look() is Watched.WELL
    time.sleep(0.2)
    read_settings().catalog.write_text("[")
    kept_catalog._read_well.clear()

    assert look() is Watched.TROUBLE

    assert headlines(operator) == ["nobody looks after rotations"]


def test_without_a_place_to_remember_it_does_not_begin(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    del operator
    monkeypatch.delenv("REKEY_KEPT_FOLDER", raising=False)

    assert main(["watchdog", "--once"]) == 1
    assert "`rekey watchdog --state FILE`" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["0", "-1", "soon", "inf"])
def test_times_that_are_none_are_refused_at_the_door(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["watchdog", "--late", wrong])
    assert "give a number above 0" in capsys.readouterr().err
