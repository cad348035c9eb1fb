"""One simulated Slack for these tests; each begins with nothing that goes wrong."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from blocks.consumers.person.slack import SlackClient
from deployments.sandbox.server import SandboxServer
from deployments.sandbox.slack.app import ALL_SCOPES, SlackKnobs, SlackSandbox
from tests.vendors.slack.scene import USER, Scene

_numbers = itertools.count(1)


@pytest.fixture(scope="package")
def running_scene() -> Iterator[Scene]:
    slack = SlackSandbox()
    slack.add_user(USER)
    server = SandboxServer({"slack": slack.app()})
    server.start()
    yield Scene(slack, server)
    server.stop()


@pytest.fixture
def scene(running_scene: Scene) -> Iterator[Scene]:
    yield running_scene
    running_scene.server.plan.clear()
    running_scene.slack.scopes = set(ALL_SCOPES)
    for name in SlackKnobs.__dataclass_fields__:
        setattr(running_scene.slack.knobs, name, getattr(SlackKnobs(), name))


@pytest.fixture
def channel(scene: Scene) -> str:
    return scene.slack.add_channel(f"D0TEST{next(_numbers):04}", f"U0TEST{next(_numbers):04}")


@pytest.fixture
def client(scene: Scene) -> Iterator[SlackClient]:
    with scene.client() as made:
        yield made
