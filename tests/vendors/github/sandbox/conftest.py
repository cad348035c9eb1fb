"""The twin of GitHub, fresh for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deployments.sandbox.github.app import GithubSandbox
from deployments.sandbox.github.store import GithubKnobs
from deployments.sandbox.server import SandboxServer
from tests.vendors.github.sandbox.scene import Scene, _numbers


@pytest.fixture(scope="module")
def running_scene() -> Iterator[Scene]:
    sandbox = GithubSandbox()
    server = SandboxServer({"github": sandbox.app()})
    server.start()
    yield Scene(sandbox, server)
    server.stop()


@pytest.fixture
def scene(running_scene: Scene) -> Iterator[Scene]:
    yield running_scene
    running_scene.server.plan.clear()
    for name in GithubKnobs.__dataclass_fields__:
        setattr(running_scene.sandbox.knobs, name, getattr(GithubKnobs(), name))


@pytest.fixture
def repository(scene: Scene) -> str:
    name = f"raxx/raxx-{next(_numbers)}"
    scene.sandbox.add_repository(name)
    scene.sandbox.add_environment(name, "prod")
    scene.sandbox.add_environment(name, "prod/eu")
    return name
