"""One estate for all tests that put odd or hostile answers before every client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from blocks.issuers.alpaca.pair import Pair
from deployments.sandbox import made_up
from deployments.sandbox.estate import PAPER, REPOSITORY, Estate
from tests.vendors.hostile import Vendors


@pytest.fixture(scope="module")
def running() -> Iterator[Estate]:
    """With a secret at GitHub."""
    with Estate() as estate:
        estate.github.edit_by_hand(REPOSITORY, PAPER[0], made_up.token(""))
        yield estate


@pytest.fixture
def vendors(running: Estate) -> Iterator[Vendors]:
    """Without faults of another test."""
    values = running.vault_values()
    yield Vendors(running, Pair(values[PAPER[0]], SecretStr(values[PAPER[1]])))
    running.server.plan.clear()
