"""An account of the twin, and alpaca-py before it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from deployments.sandbox.alpaca.account import SandboxAccount
from tests.vendors.alpaca.sandbox.scene import trading
from tests.vendors.alpaca.served import ServedAlpaca


@pytest.fixture
def account(alpaca: ServedAlpaca) -> SandboxAccount:
    return alpaca.sandbox.add_account("paper", cash="100000")


@pytest.fixture
def theirs(alpaca: ServedAlpaca, keys: tuple[str, str]) -> Any:
    # Typed Any: each of its methods returns a model or raw data.
    return trading(alpaca, keys)


@pytest.fixture
def prices(account: SandboxAccount) -> Iterator[dict[str, Decimal]]:
    """What the market asks, for this test alone."""
    before = account.market.prices.copy()
    yield account.market.prices
    account.market.prices.update(before)
