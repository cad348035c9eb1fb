"""A run that dies after watch looked at it is noticed by the same run of watch, which stays for nothing else."""

from __future__ import annotations

import threading
import time

import pytest
from prefect.states import Running
from pydantic import SecretStr

from blocks.ledger.lease import Lease
from blocks.ledger.ledger import Ledger
from blocks.settings import read_settings
from tests.operator import Operator
from tests.steps.left_runs import alive, begun
from tests.steps.watching import PAPER, started, watched

STAYS_S = 30.0
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
    began = time.monotonic()
    watched()
    living.join()

    assert LOOKED in caplog.text
    assert len(started(PAPER)) == 1
    # Its lease is let go, and the one that was started has none yet: watch is done.
    assert time.monotonic() - began < STAYS_S


def test_nothing_is_waited_for_where_no_run_acts(operator: Operator) -> None:
    """A rotation that is held has no run, and is not looked at any sooner."""
    with_run = begun(operator, PAPER, paused=False)
    with alive(with_run, PAPER):
        pass
    began = time.monotonic()
    watched()

    assert operator.ledger.open_start(PAPER) is None, "it was closed, and nobody acts for it"
    assert time.monotonic() - began < STAYS_S
