"""A run that dies after watch looked at it is noticed by the same run of watch, which stays for a while."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from prefect.states import Running
from pydantic import SecretStr

import flows.watch as flow_of_watch
from blocks.errors import LedgerError
from blocks.ledger import lease as leases
from blocks.ledger.lease import Lease, Seen
from blocks.ledger.ledger import Ledger
from blocks.settings import read_settings
from tests.operator import Operator
from tests.steps.left_runs import alive, begun
from tests.steps.watching import LIVE, PAPER, started, watched

STAYS_S = 6.0
LOOKED = "is in the hands of a run that lives"


@pytest.fixture(autouse=True)
def _stays(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of the ledger's own wait."""
    assert ledger.rows() == []
    monkeypatch.setenv("REKEY_WATCH_STAYS_S", str(STAYS_S))


@pytest.mark.usefixtures("deployments")
def test_its_death_is_noticed_at_once(operator: Operator, caplog: pytest.LogCaptureFixture) -> None:
    run = begun(operator, PAPER, Running())
    lease = Lease(SecretStr(read_settings().ledger_url.get_secret_value()), PAPER)
    lease.take(str(run.id), None)

    def count() -> None:
        while LOOKED not in caplog.text:
            lease.renew()
            time.sleep(0.1)

    living = threading.Thread(target=count)
    living.start()
    watched()
    living.join()

    assert LOOKED in caplog.text
    assert len(started(PAPER)) == 1


@pytest.mark.usefixtures("deployments")
def test_one_that_lives_is_left_alone_and_so_is_a_lease_without_a_rotation(operator: Operator) -> None:
    Lease(SecretStr(read_settings().ledger_url.get_secret_value()), LIVE).take("a run that died elsewhere", None)
    with alive(begun(operator, PAPER, Running()), PAPER):
        watched()

    assert [*started(PAPER), *started(LIVE)] == []
    assert operator.steps("look_after") == []


def test_a_ledger_that_is_away_fails_no_run_of_watch_and_proves_no_silence(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People are told of a run of watch that fails, and all that it has to do is done by then."""

    def away(_: SecretStr) -> dict[str, Seen]:
        raise LedgerError("The ledger does not answer.", "Look at its database.")

    begun(operator, PAPER, Running())
    monkeypatch.setattr(leases, "every", away)

    watched()

    assert [row for row in operator.steps("look_after") if "started" in row.context] == []


def test_a_process_that_stood_still_has_seen_no_silence(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run that it watches stood still as well, and counts again a moment later."""
    lease_s, counts = 4.0, itertools.count()
    monkeypatch.setenv("REKEY_LEASE_S", str(lease_s))
    monkeypatch.setenv("REKEY_WATCH_STAYS_S", "12")
    begun(operator, PAPER, Running())
    looked = Seen("holder", "run", 0, datetime.now(UTC))

    def stands_still(_: SecretStr) -> dict[str, Seen]:
        number = next(counts)
        if number == 1:
            time.sleep(lease_s + 1)
        return {PAPER: replace(looked, beat=max(number - 2, 0))}

    monkeypatch.setattr(leases, "every", stands_still)
    told = []
    monkeypatch.setattr(flow_of_watch, "look_after", lambda _, silent=None: told.append(silent))

    watched()

    assert next(counts) > 3
    assert [one for one in told if one is not None] == []
