"""What Alpaca says when its allowance is used up. What all clients promise: tests/vendors/test_client_contract.py."""

from __future__ import annotations

import pytest

from blocks.errors import RateLimited
from blocks.issuers.alpaca.pair import Pair
from tests.vendors.alpaca.served import ServedAlpaca, pair_of


@pytest.fixture
def pair(alpaca: ServedAlpaca) -> Pair:
    return pair_of(alpaca.sandbox.add_account("paper"))


def test_a_used_up_allowance_is_a_rate_limit_that_says_how_long_to_wait(alpaca: ServedAlpaca, pair: Pair) -> None:
    alpaca.sandbox.knobs.rate_limit_per_minute = 1
    with alpaca.client() as client:
        client.account(pair)
        with pytest.raises(RateLimited) as raised:
            client.account(pair)
    assert (raised.value.operation, raised.value.status, raised.value.code) == ("read account", 429, "42910000")
    # Alpaca sends no Retry-After: the wait comes from X-RateLimit-Reset, a minute after the first request.
    # The moment is rounded up and the answer's Date down, which the server renews once a second.
    assert 30 < (raised.value.retry_after_s or 0) <= 64
