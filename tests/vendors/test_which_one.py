"""An operator with several applications is told which one is meant."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from blocks.consumers.heroku.client import HerokuClient
from blocks.errors import Missing
from blocks.runtimes.raptor import RaptorClient
from deployments.sandbox.estate import Estate
from deployments.sandbox.faults import Fault, FaultKind


def test_an_app_that_heroku_does_not_know_is_named(estate: Estate) -> None:
    with (
        HerokuClient(estate.url("heroku"), SecretStr(estate.heroku.token)) as client,
        pytest.raises(Missing, match=r"read newest release of raxx-api-produ failed: not found"),
    ):
        client.newest_release("raxx-api-produ")


def test_each_running_instance_has_its_own_name(estate: Estate) -> None:
    estate.server.plan.add(Fault("mq-a", FaultKind.ANSWER, "GET", "/health/trading", 500))
    estate.raptors["raptor-prod"].knobs.health_answer = (200, {})
    with (
        RaptorClient(estate.url("mq-a"), name="mq-a") as algorithms,
        RaptorClient(estate.url("raptor-prod"), name="raptor-prod") as production,
    ):
        assert algorithms.trading_health().reason.startswith("Raptor mq-a: read trading health failed")
        assert production.trading_health().reason.startswith("Raptor raptor-prod: the health page has no live_enabled")
