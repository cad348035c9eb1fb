"""A run that loses its lease between a look and a write does not write: a process may stand still anywhere."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from blocks.consumers.github.block import Github
from blocks.consumers.github.place import Place
from blocks.consumers.heroku import release
from blocks.consumers.heroku.block import Heroku
from blocks.errors import LeaseLost
from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.lease import Lease, held
from blocks.model.step import Step
from blocks.prefect_api import estate
from blocks.vaults import overwrite, pending
from deployments.sandbox import made_up
from deployments.sandbox.estate import REPOSITORY
from deployments.sandbox.faults import FaultKind
from tasks.lookout.lookout import Lookout
from tests.chaos.moments import moment
from tests.operator import Operator
from tests.steps.live import PROD
from tests.steps.support import Clicked, alone, seen

CREDENTIAL = "alpaca-paper"


def _stores(behind: Clicked) -> None:
    with estate.vault(behind.rotation.credential.vault).get_client() as client:
        place = behind.rotation.credential.vault
        kept = pending.names_of(place, behind.old.fingerprint)
        overwrite.write_current(client, place, behind.new, pending.look_at_current(client, place), kept)


def _stages(behind: Clicked) -> None:
    with estate.vault(behind.rotation.credential.vault).get_client() as client:
        place = behind.rotation.credential.vault
        seen_there = pending.look(client, place)
        pending.keep(client, place, Pair("K" * 20, SecretStr(made_up.alpaca_secret())), seen_there)


def _empties(behind: Clicked) -> None:
    with estate.vault(behind.rotation.credential.vault).get_client() as client:
        assert pending.find(client, behind.rotation.credential.vault, behind.old.fingerprint)
        pending.drop(client, behind.rotation.credential.vault, [behind.old.fingerprint])


def _gives(_: Clicked) -> None:
    with estate.loaded(Heroku).get_client() as client:
        release.apply(client, PROD, {"TRADING_LIVE_DISABLED": SecretStr("1")}, "the brake", harmless=True)


def _tells_github(_: Clicked) -> None:
    with estate.loaded(Github).get_client() as client:
        client.can_write(Place.of(REPOSITORY))


@pytest.mark.parametrize("write", [_stores, _stages, _empties, _gives, _tells_github])
def test_what_a_run_reads_while_it_loses_its_lease_it_does_not_act_upon(
    operator: Operator, behind: Clicked, write: Callable[[Clicked], None]
) -> None:
    url = SecretStr(os.environ["REKEY_LEDGER_URL"])
    mine, other = Lease(url, CREDENTIAL), Lease(url, CREDENTIAL)
    before = seen(operator.estate)
    mine.take("this run", None)
    lost = moment(0, FaultKind.SLOW, lambda: other.take("another run", mine.look()), reads=True)
    operator.estate.server.plan.add(lost)

    with held(mine, logging.getLogger(__name__).warning, 60), pytest.raises(LeaseLost):
        write(behind)

    assert lost.struck
    assert seen(operator.estate) == before


def test_a_run_that_lost_its_lease_looks_after_no_pair_any_more(behind: Clicked) -> None:
    """Its form may stay open for days, and the run that acts now is the one to tell of a death."""
    url = SecretStr(os.environ["REKEY_LEDGER_URL"])
    mine, other = Lease(url, CREDENTIAL), Lease(url, CREDENTIAL)
    mine.take("this run", None)
    ended: list[bool] = []

    def waits() -> None:
        with (
            held(mine, logging.getLogger(__name__).warning, 60),
            Lookout(behind.rotation, Step.AWAIT_HUMAN_INPUT) as one,
        ):
            time.sleep(0.2)
            ended.append(not one._beside.is_busy)
            other.take("another run", mine.look())
            one._beside.wait(10)
            ended.append(not one._beside.is_busy)

    assert alone(waits).is_completed()
    assert ended == [False, True]
