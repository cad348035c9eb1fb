"""The twin of GitHub that rekey's client is tested with, and the clients of others before it."""

from __future__ import annotations

import pytest

from tests.vendors.github import scene as ours
from tests.vendors.github.sandbox.scene import Scene


@pytest.fixture
def scene(scene: ours.Scene) -> Scene:
    return Scene(scene.github, scene.server)


@pytest.fixture
def repository(repository: str, scene: Scene) -> str:
    scene.sandbox.add_environment(repository, "prod")
    return repository
