"""The twin with a pair, and a client of rekey's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deployments.sandbox.aws.app import AwsAccount
from tests.vaults.kinds import aws
from tests.vaults.scene import Scene


@pytest.fixture
def account() -> AwsAccount:
    return AwsAccount()


@pytest.fixture
def scene(account: AwsAccount) -> Iterator[Scene]:
    with aws(account) as made:
        yield made
