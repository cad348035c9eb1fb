"""A run that dies after watch looked at it is found by the same run of watch, which stays for nothing else."""

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

AGAIN_S = 4.0
LOOKED = "is in the hands of a run that lives"


@pytest.fixture(autouse=True)
def _a_little_later(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of the ledger's own wait."""
    assert ledger.rows() == []
    monkeypatch.setenv("REKEY_WATCH_AGAIN_S", str(AGAIN_S))


@pytest.mark.usefixtures("deployments")
def test_its_death_is_found_before_watch_comes_again(operator: Operator, caplog: pytest.LogCaptureFixture) -> None:
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
    assert len(started(PAPER)) == 1, "by the second look"


def test_nothing_is_waited_for_where_no_run_acts(operator: Operator) -> None:
    """A rotation that is held has no run, and is not looked at any sooner."""
    with_run = begun(operator, PAPER, paused=False)
    with alive(with_run, PAPER):
        pass
    began = time.monotonic()
    watched()

    assert operator.ledger.open_start(PAPER) is None, "it was closed, and nobody acts for it"
    assert time.monotonic() - began < AGAIN_S
