"""On a slow machine everything takes longer, and nothing ends because of it."""

from __future__ import annotations

import fcntl
import os
import sys
import threading
import time
from pathlib import Path

import pytest
from prefect import __version__

from deployments.local import prefect_database, processes
from deployments.local.places import Places
from deployments.local.processes import Child, LocalPrefect, ProcessError, free_port
from deployments.setup import register
from deployments.setup.register import RegisterError, deploy
from deployments.terminal import telling


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout in which no database was made yet; the home is in it."""
    monkeypatch.setattr(prefect_database, "ROOT", tmp_path)
    for folder in (tmp_path / ".rekey", tmp_path / "home"):
        folder.mkdir()
    return tmp_path


def test_a_database_that_takes_too_long_to_make_costs_only_time(
    workshop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server makes its own then."""
    monkeypatch.setattr(prefect_database, "MAKE_TIMEOUT_S", 0.01)

    prefect_database.put_empty(workshop / "home", dict(os.environ))

    assert list((workshop / "home").iterdir()) == []
    assert [one.suffix for one in (workshop / ".rekey").iterdir()] == [".lock"]


def test_whoever_comes_while_another_makes_the_database_waits_for_that_one(
    workshop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The migrations take ten seconds of a processor, and the processes of the tests begin together."""
    made, waits, lock = workshop / ".rekey" / f"empty-prefect-{__version__}.db", threading.Event(), fcntl.flock

    def flock(file: int, operation: int) -> None:
        waits.set()
        lock(file, operation)

    with made.with_suffix(".lock").open("w") as held:
        lock(held, fcntl.LOCK_EX)
        monkeypatch.setattr(fcntl, "flock", flock)
        other = threading.Thread(target=prefect_database.put_empty, args=(workshop / "home", {}), daemon=True)
        other.start()
        assert waits.wait(60)
        made.write_bytes(b"made by another")
    other.join(60)

    assert (workshop / "home" / prefect_database.NAME).read_bytes() == b"made by another"


def test_a_database_that_cannot_be_copied_costs_only_time(workshop: Path) -> None:
    (workshop / ".rekey" / f"empty-prefect-{__version__}.db").mkdir()

    prefect_database.put_empty(workshop / "home", dict(os.environ))

    assert list((workshop / "home").iterdir()) == []


def test_what_takes_long_says_what_it_is_and_for_how_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(telling, "FIRST_S", 0.05)
    said = ""
    with telling.waiting("Starting something"):
        assert capsys.readouterr() == ("", "Starting something ...\n")
        while not said:
            said = capsys.readouterr().err
            time.sleep(0.01)
    assert said.startswith("    Starting something: ")
    assert said.endswith(" s so far\n")


def test_what_is_over_at_once_says_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    with telling.waiting("Starting something"):
        pass
    assert capsys.readouterr() == ("", "Starting something ...\n")


def test_a_child_is_waited_for_while_it_lives_and_one_that_ended_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = LocalPrefect(Places.made(tmp_path / "home"), free_port())
    log = tmp_path / "child.log"
    ended = Child("the child", [sys.executable, "-c", "raise SystemExit(3)"], os.environ, log)
    with pytest.raises(ProcessError, match="the child ended with code 3"):
        local._wait(ended, "/health")

    monkeypatch.setattr(processes, "START_TIMEOUT_S", 0.3)
    lives = Child("the child", [sys.executable, "-c", "import time; time.sleep(60)"], os.environ, log)
    try:
        with pytest.raises(ProcessError, match="the child does not answer after 0 s"):
            local._wait(lives, "/health")
    finally:
        lives.stop()


def test_a_registration_that_does_not_end_is_told(prefect: LocalPrefect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "DEPLOY_TIMEOUT_S", 0.01)

    with pytest.raises(RegisterError, match="prefect deploy has not ended after"):
        deploy(prefect.environment)
