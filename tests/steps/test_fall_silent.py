"""A run that dies after watch looked at it is noticed by the same run of watch, which stays for a while."""

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
