"""One simulated GitHub for these tests; each begins with nothing that goes wrong."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from blocks.consumers.github.client import GithubClient
from deployments.sandbox.github.app import GithubSandbox
from deployments.sandbox.github.knobs import GithubKnobs
from deployments.sandbox.server import SandboxServer
from tests.vendors.github.scene import Scene

_numbers = itertools.count(1)


@pytest.fixture(scope="package")
def running_scene() -> Iterator[Scene]:
    github = GithubSandbox()
    server = SandboxServer({"github": github.app()})
    server.start()
    yield Scene(github, server)
    server.stop()


@pytest.fixture
def scene(running_scene: Scene) -> Iterator[Scene]:
    yield running_scene
    running_scene.server.plan.clear()
    for name in GithubKnobs.__dataclass_fields__:
        setattr(running_scene.github.knobs, name, getattr(GithubKnobs(), name))


@pytest.fixture
def repository(scene: Scene) -> str:
    name = f"raxx/raxx-{next(_numbers)}"
    scene.github.add_repository(name)
    scene.github.add_environment(name, "prod/eu")
    return name


@pytest.fixture
def client(scene: Scene) -> Iterator[GithubClient]:
    with scene.client() as made:
        yield made
