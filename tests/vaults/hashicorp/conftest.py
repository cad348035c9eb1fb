"""The twin with a pair and a client of rekey's; and alone, with the client that others wrote."""

from __future__ import annotations

from collections.abc import Iterator

import hvac
import pytest

from deployments.sandbox.hashicorp.app import HashicorpVault
from deployments.sandbox.server import SandboxServer
from tests.vaults.kinds import hashicorp
from tests.vaults.scene import Scene


@pytest.fixture
def twin() -> HashicorpVault:
    return HashicorpVault()


@pytest.fixture
def scene(twin: HashicorpVault) -> Iterator[Scene]:
    with hashicorp(twin) as made:
        yield made


@pytest.fixture
def url(twin: HashicorpVault) -> Iterator[str]:
    server = SandboxServer({"vault": twin.app()})
    server.start()
    yield server.url("vault")
    server.stop()


@pytest.fixture
def client(twin: HashicorpVault, url: str) -> hvac.Client:
    return hvac.Client(url=url, token=twin.token)
