"""One simulated Alpaca for these tests; each begins with nothing that goes wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from blocks.issuers.alpaca.client import AlpacaClient
from blocks.issuers.alpaca.pair import Pair
from deployments.sandbox.alpaca.account import SandboxAccount
from tests.vendors.alpaca.served import ServedAlpaca, pair_of, served_alpaca


@pytest.fixture(scope="package")
def shared() -> Iterator[ServedAlpaca]:
    with served_alpaca() as served:
        yield served


@pytest.fixture
def alpaca(shared: ServedAlpaca) -> Iterator[ServedAlpaca]:
    yield shared
    shared.calm()


@pytest.fixture
def account(alpaca: ServedAlpaca) -> SandboxAccount:
    return alpaca.sandbox.add_account("paper", cash="1000000")


@pytest.fixture
def pair(account: SandboxAccount) -> Pair:
    return pair_of(account)


@pytest.fixture
def keys(account: SandboxAccount) -> tuple[str, str]:
    return account.regenerate()


@pytest.fixture
def client(alpaca: ServedAlpaca) -> Iterator[AlpacaClient]:
    with alpaca.client() as opened:
        yield opened
