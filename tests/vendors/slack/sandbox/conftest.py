"""The twin of Slack that rekey's client is tested with, and the SDK before it."""

from __future__ import annotations

import pytest

from tests.vendors.slack import scene as ours
from tests.vendors.slack.sandbox.scene import Scene


@pytest.fixture
def scene(scene: ours.Scene) -> Scene:
    return Scene(scene.slack, scene.server)
