"""One simulated Heroku for these tests; each begins with nothing that goes wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from blocks.consumers.heroku.client import HerokuClient
from deployments.sandbox import made_up
from deployments.sandbox.heroku.app import HerokuSandbox
from deployments.sandbox.heroku.apps import SandboxApp
from deployments.sandbox.heroku.releases import HerokuKnobs
from deployments.sandbox.server import SandboxServer
from tests.vendors.heroku.scene import KEY, SECRET, Scene, _numbers


@pytest.fixture(scope="package")
def running_scene() -> Iterator[Scene]:
    heroku = HerokuSandbox()
    server = SandboxServer({"heroku": heroku.app()})
    server.start()
    yield Scene(heroku, server)
    server.stop()


@pytest.fixture
def scene(running_scene: Scene) -> Iterator[Scene]:
    yield running_scene
    running_scene.server.plan.clear()


@pytest.fixture
def app(scene: Scene) -> SandboxApp:
    variables = {KEY: made_up.alpaca_key_id("PK"), SECRET: made_up.alpaca_secret(), "OTHER": "kept"}
    made = scene.heroku.add_app(f"raxx-api-{next(_numbers)}", variables)
    made.knobs = HerokuKnobs()
    return made


@pytest.fixture
def client(scene: Scene) -> Iterator[HerokuClient]:
    with scene.client() as made:
        yield made
