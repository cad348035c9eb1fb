"""The twin of Slack, fresh for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deployments.sandbox.server import SandboxServer
from deployments.sandbox.slack.app import ALL_SCOPES, SlackKnobs, SlackSandbox
from tests.vendors.slack.sandbox.scene import USER, Scene, _numbers


@pytest.fixture(scope="module")
def running_scene() -> Iterator[Scene]:
    sandbox = SlackSandbox()
    sandbox.add_user(USER)
    server = SandboxServer({"slack": sandbox.app()})
    server.start()
    yield Scene(sandbox, server)
    server.stop()


@pytest.fixture
def scene(running_scene: Scene) -> Iterator[Scene]:
    yield running_scene
    running_scene.server.plan.clear()
    running_scene.sandbox.scopes = set(ALL_SCOPES)
    for name in SlackKnobs.__dataclass_fields__:
        setattr(running_scene.sandbox.knobs, name, getattr(SlackKnobs(), name))


@pytest.fixture
def channel(scene: Scene) -> str:
    return scene.sandbox.add_channel(f"D0TEST{next(_numbers):04}", f"U0TEST{next(_numbers):04}")
