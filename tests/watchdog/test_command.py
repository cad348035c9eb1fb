"""`rekey watchdog` at a terminal: whom it tells, how often, and what it says with Prefect gone."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from blocks.ledger import heartbeat
from blocks.settings import read_settings
from deployments.cli.exit_codes import Watched
from deployments.cli.main import main
from deployments.sandbox.faults import Fault, FaultKind
from tests.operator import Operator
from tests.steps.support import shaky

GONE = Fault("prefect", FaultKind.DROP_BEFORE, times=None)
# A tenth of a second, in minutes.
SOON = "0.0017"
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

    assert (first, codes, look()) == (Watched.WELL, [Watched.TROUBLE] * 2, Watched.WELL)
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
