"""The brakes and the running applications of this repository before their twins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from blocks.brakes.heroku.variable import HerokuBrake
from blocks.runtimes.http_json import HttpJsonClient
from blocks.runtimes.raptor import Raptor
from deployments.kit.shipped.common import TIMEOUT_S, all_blocks, block_of
from deployments.kit.stands import BrakeStand, RuntimeStand
from deployments.sandbox import made_up
from deployments.sandbox.estate import APPS, Estate
from deployments.sandbox.server import SandboxServer

RUNTIME, BRAKE = "raptor-prod", "TRADING_LIVE_DISABLED"
APP = APPS[RUNTIME]


@contextmanager
def heroku_brake() -> Iterator[BrakeStand]:
    """A config var that stops trading."""
    with Estate() as estate:
        brake = HerokuBrake(app=APP, variable=BRAKE, runtime=RUNTIME)

        def is_engaged() -> bool:
            return estate.heroku.variables(APP).get(BRAKE) == brake.engaged

        def turn(value: str) -> None:
            estate.heroku.set_by_hand(APP, BRAKE, value)

        write = ("PATCH", ".*/config-vars")
        yield BrakeStand(estate.server, "heroku", brake, is_engaged, turn, write, blocks=all_blocks(estate))


def _runtime(estate: Estate, client: Any) -> RuntimeStand:
    def trade(is_on: bool) -> None:
        estate.heroku.set_by_hand(APP, BRAKE, "0" if is_on else "1")

    number = estate.paper.number
    return RuntimeStand(estate.server, RUNTIME, client, "paper", number, "/health/trading", "live_enabled", trade)


@contextmanager
def raptor() -> Iterator[RuntimeStand]:
    """Raxx's trading API."""
    with Estate() as estate, block_of(estate, Raptor, RUNTIME).get_client() as client:
        yield _runtime(estate, client)


@contextmanager
def http_json() -> Iterator[RuntimeStand]:
    """An application with a page of JSON."""
    account, is_on = made_up.identifier(), [True]

    async def page(_: Request) -> JSONResponse:
        return JSONResponse({"trading": {"account": account, "status": "ACTIVE"}, "live_enabled": is_on[0]})

    def trade(now: bool) -> None:
        is_on[0] = now

    server = SandboxServer({"page": Starlette(routes=[Route("/{rest:path}", page)])})
    server.start()
    with HttpJsonClient(
        server.url("page"),
        path="/account",
        subject="trading.account",
        status="trading.status",
        read_timeout_s=TIMEOUT_S,
    ) as client:
        yield RuntimeStand(server, "page", client, "paper", account, "/health", "live_enabled", trade)
    server.stop()
