"""The twin of Heroku, fresh for each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import heroku3
import heroku3.api
import pytest

from deployments.sandbox import made_up
from deployments.sandbox.heroku.app import HerokuSandbox
from deployments.sandbox.heroku.releases import HerokuKnobs
from deployments.sandbox.server import SandboxServer
from tests.vendors.heroku.sandbox.scene import Scene


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[HerokuSandbox, str]]:
    heroku = HerokuSandbox()
    server = SandboxServer({"heroku": heroku.app()})
    server.start()
    yield heroku, server.url("heroku")
    server.stop()


@pytest.fixture
def scene(served: tuple[HerokuSandbox, str]) -> Scene:
    heroku, url = served
    heroku.apps.clear()
    heroku.knobs.page_size = HerokuKnobs().page_size
    app = heroku.add_app("raxx-api-prod", {"A": "1", "B": made_up.alpaca_secret()}, types={"web": 2, "worker": 1})
    app.knobs = HerokuKnobs()
    return Scene(heroku, url, app)


@pytest.fixture
def heroku_by_key(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Any:
    """heroku3 as its README uses it; only the host is another."""
    monkeypatch.setattr(heroku3.api, "HEROKU_URL", scene.url)
    return heroku3.from_key(scene.heroku.token)
