"""The twin with a pair, and a client of rekey's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deployments.sandbox.hashicorp.app import HashicorpVault
from tests.vaults.kinds import hashicorp
from tests.vaults.scene import Scene


@pytest.fixture
def twin() -> HashicorpVault:
    return HashicorpVault()


@pytest.fixture
def scene(twin: HashicorpVault) -> Iterator[Scene]:
    with hashicorp(twin) as made:
        yield made
