"""Each server in turn, and the client before it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from blocks.vaults.infisical.client import InfisicalClient
from tests.vendors.infisical.client.servers import SERVERS
from tests.vendors.infisical.vaults import (
    TestVault,
    Vaults,
    fresh_vault,
)


@pytest.fixture(params=SERVERS, ids="-".join)
def vault(vaults: Vaults, request: pytest.FixtureRequest) -> Iterator[TestVault]:
    with fresh_vault(vaults, *request.param) as fresh:
        yield fresh


@pytest.fixture
def client(vault: TestVault) -> Iterator[InfisicalClient]:
    with vault.block().get_client() as made:
        yield made
