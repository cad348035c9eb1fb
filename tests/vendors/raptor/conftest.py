"""One simulated Raptor for these tests; each begins with nothing that goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from blocks.runtimes.raptor import RaptorClient
from deployments.sandbox.alpaca.app import AlpacaSandbox
from deployments.sandbox.alpaca.state import AlpacaKnobs
from deployments.sandbox.heroku.app import HerokuSandbox
from deployments.sandbox.heroku.releases import HerokuKnobs
from deployments.sandbox.raptor.app import KILL_SWITCH, RaptorKnobs, RaptorSandbox
from deployments.sandbox.server import SandboxServer
from tests.vendors.raptor.scene import APP, NAMES, Scene


@pytest.fixture(scope="package")
def served() -> Iterator[tuple[AlpacaSandbox, HerokuSandbox, RaptorSandbox, SandboxServer]]:
    alpaca, heroku = AlpacaSandbox(), HerokuSandbox()
    urls: dict[Any, str] = {}
    raptor = RaptorSandbox(APP, heroku, urls)
    server = SandboxServer({"paper": alpaca.host("paper"), "live": alpaca.host("live"), "raptor": raptor.app()})
    urls.update({"paper": server.url("paper"), "live": server.url("live")})
    server.start()
    yield alpaca, heroku, raptor, server
    server.stop()


@pytest.fixture
def scene(served: tuple[AlpacaSandbox, HerokuSandbox, RaptorSandbox, SandboxServer]) -> Iterator[Scene]:
    alpaca, heroku, raptor, server = served
    raptor.knobs = RaptorKnobs()
    for field in AlpacaKnobs.__dataclass_fields__:
        setattr(alpaca.knobs, field, getattr(AlpacaKnobs(), field))
    alpaca.knobs.order_price_check = False
    paper, live = alpaca.add_account("paper"), alpaca.add_account("live")
    pairs = {
        name: value
        for account in (paper, live)
        for name, value in zip(NAMES[account.environment], account.regenerate(), strict=True)
    }
    heroku.add_app(APP, {KILL_SWITCH: "0", **pairs}).knobs = HerokuKnobs()
    yield Scene(alpaca, heroku, raptor, server, paper, live)
    server.plan.clear()
    alpaca.delete_account(paper)
    alpaca.delete_account(live)


@pytest.fixture
def client(scene: Scene) -> Iterator[RaptorClient]:
    with scene.client() as made:
        yield made
