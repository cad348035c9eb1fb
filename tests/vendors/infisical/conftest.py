"""The simulated vaults of both ages, served once; each test has a project of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.vendors.infisical.raw import Raw
from tests.vendors.infisical.vaults import PROFILES, TestVault, Vaults, fresh_vault, running_vaults


@pytest.fixture(scope="package")
def vaults() -> Iterator[Vaults]:
    with running_vaults() as running:
        yield running


@pytest.fixture(params=PROFILES)
def vault(vaults: Vaults, request: pytest.FixtureRequest) -> Iterator[TestVault]:
    with fresh_vault(vaults, request.param) as fresh:
        yield fresh


@pytest.fixture
def current(vaults: Vaults) -> Iterator[TestVault]:
    with fresh_vault(vaults, "current") as fresh:
        yield fresh


@pytest.fixture
def raw(vault: TestVault) -> Raw:
    return Raw(vault)
