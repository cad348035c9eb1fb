"""The lease of a credential: one holder at a time, a silent one is replaced, and a replaced one writes nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from blocks import tally
from blocks.errors import LeaseLost
from blocks.ledger import counts, heartbeat
from blocks.ledger import lease as leases
from blocks.ledger.lease import Lease, Seen, held
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.settings import ROOT
from blocks.wire.parallel import all_at_once

NAME = "alpaca-live"
LEASE_S = 0.5
HOLDER = """
import sys
from pydantic import SecretStr
from blocks.ledger.lease import Lease, held

lease = Lease(SecretStr(sys.argv[1]), sys.argv[2])
lease.take("run of the other process", None)
with held(lease, print, 0.5):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def url(ledger: Ledger) -> SecretStr:
    """The address of the ledger's database."""
    assert ledger.rows() == []
    return SecretStr(os.environ["REKEY_LEDGER_URL"])


@pytest.fixture
def other_process(url: SecretStr) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lease."""
    command = [sys.executable, "-c", HOLDER, url.get_secret_value(), NAME]
    with subprocess.Popen(  # our own interpreter, arguments of our own
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def seen(lease: Lease) -> Seen:
    """Its holder, who is there."""
    found = lease.look()
    assert found is not None
    return found


def test_a_holder_that_lives_is_no_longer_watched_than_until_it_counts(
    url: SecretStr, other_process: subprocess.Popen[str]
) -> None:
    assert other_process.poll() is None
    lease = Lease(url, NAME)
    began = time.monotonic()
    assert not lease.is_silent(seen(lease), 60)
    assert time.monotonic() - began < 30
    assert seen(lease).flow_run_id == "run of the other process"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_a_silent_holder_is_replaced(url: SecretStr, other_process: subprocess.Popen[str], number: int) -> None:
    other_process.send_signal(number)
    lease = Lease(url, NAME)
    found = seen(lease)
    assert lease.is_silent(found, LEASE_S)
    lease.take("this run", found)
    assert seen(lease).flow_run_id == "this run"


def test_one_of_many_who_saw_the_same_takes_it(url: SecretStr) -> None:
    every = [Lease(url, NAME) for _ in range(8)]

    def taken(lease: Lease) -> bool:
        try:
            lease.take("a run", None)
        except LeaseLost:
            return False
        return True

    assert sorted(all_at_once([partial(taken, one) for one in every])) == [False] * 7 + [True]


def test_who_lost_it_writes_nothing_any_more(url: SecretStr, ledger: Ledger) -> None:
    slow, quick = Lease(url, NAME), Lease(url, NAME)
    slow.take("slow run", None)
    row: dict[str, Any] = {"rotation": "r-1", "credential": NAME, "actor": "somebody"}
    with held(slow, print, 60):
        leases.prove()
        ledger.append(Action.STEP, **row, lease=leases.current(NAME))
        quick.take("quick run", slow.look())
        with pytest.raises(LeaseLost, match="Another run acts for alpaca-live now"):
            leases.prove()
        with pytest.raises(LeaseLost):
            ledger.append(Action.STEP, **row, lease=leases.current(NAME))
        with pytest.raises(LeaseLost):
            slow.renew()
    assert len(ledger.rows()) == 1
    # Its end takes nothing from the other one.
    assert seen(quick).flow_run_id == "quick run"


def test_all_are_seen_at_once_and_nothing_that_is_kept_beside_them(url: SecretStr) -> None:
    mine = Lease(url, "paper")
    mine.take("run-1", None)
    heartbeat.beat(url, heartbeat.WATCH, "run-2")
    tally.add(tally.ALARMS, tally.Told.TOLD)
    counts.keep(url)

    assert leases.every(url) == {"paper": mine.look()}


def test_it_is_given_back_and_another_credential_has_its_own(url: SecretStr) -> None:
    lease = Lease(url, NAME)
    lease.take("a run", None)
    with held(lease, print, LEASE_S):
        assert leases.current("alpaca-paper") is None
        assert Lease(url, "alpaca-paper").look() is None
    assert lease.look() is None
    assert leases.current(NAME) is None


def test_a_clock_that_jumps_neither_ends_nor_keeps_it(
    url: SecretStr, other_process: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time that a holder writes is only shown."""
    monkeypatch.setattr(leases, "_now", lambda: "2001-01-01T00:00:00+00:00")
    lease = Lease(url, NAME)
    assert not lease.is_silent(seen(lease), 60)
    other_process.kill()
    monkeypatch.setattr(leases, "_now", lambda: "2099-01-01T00:00:00+00:00")
    found = seen(lease)
    assert lease.is_silent(found, LEASE_S)
    lease.take("this run", found)
    assert seen(lease).renewed_at.year == 2099
    assert lease.is_silent(seen(lease), LEASE_S)


def test_a_holder_outlives_a_database_that_is_away_for_a_moment(
    url: SecretStr, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lease = Lease(url, NAME)
    lease.take("a run", None)
    file = tmp_path / "ledger.db"
    with held(lease, print, LEASE_S):
        begun = seen(lease).beat
        file.rename(tmp_path / "away.db")
        (tmp_path / "ledger.db").mkdir()
        deadline = time.monotonic() + 20
        told = ""
        while "cannot be read or written" not in told and time.monotonic() < deadline:
            told += capsys.readouterr().out
        assert "The ledger cannot be read or written (OperationalError)." in told
        (tmp_path / "ledger.db").rmdir()
        (tmp_path / "away.db").rename(file)
        assert not lease.is_silent(seen(lease), 60)
        assert seen(lease).beat > begun
