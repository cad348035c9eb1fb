"""The twin of Raptor, fresh for each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from deployments.sandbox.alpaca.app import AlpacaSandbox
from deployments.sandbox.alpaca.state import AlpacaKnobs
from deployments.sandbox.heroku.app import HerokuSandbox
from deployments.sandbox.heroku.releases import HerokuKnobs
from deployments.sandbox.raptor.app import KILL_SWITCH, RaptorKnobs, RaptorSandbox
from deployments.sandbox.server import SandboxServer
from tests.vendors.raptor.sandbox.scene import APP, LIVE, PAPER, Scene


@pytest.fixture(scope="module")
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
    heroku.add_app(APP, {KILL_SWITCH: "0"}).knobs = HerokuKnobs()
    for field in AlpacaKnobs.__dataclass_fields__:
        setattr(alpaca.knobs, field, getattr(AlpacaKnobs(), field))
    paper, live = alpaca.add_account("paper"), alpaca.add_account("live")
    scene = Scene(alpaca, heroku, raptor, server, paper, live)
    scene.install(paper, PAPER)
    scene.install(live, LIVE)
    yield scene
    server.plan.clear()
    alpaca.delete_account(paper)
    alpaca.delete_account(live)
