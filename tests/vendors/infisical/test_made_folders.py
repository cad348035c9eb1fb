"""A folder that is made although the answer was lost, or by somebody else in between."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from blocks.errors import Unreachable
from blocks.vaults.infisical.client import InfisicalClient
from deployments.sandbox.faults import FaultKind
from tests.vendors.infisical.vaults import HERE, TestVault, error_of, folder_exists


@pytest.fixture
def client(current: TestVault) -> Iterator[InfisicalClient]:
    with current.client() as made:
        yield made


def test_a_folder_that_was_created_without_an_answer_is_found_by_the_next_try(
    current: TestVault, client: InfisicalClient
) -> None:
    current.fault(FaultKind.DROP_AFTER, path="/api/v1/folders", method="POST")
    error_of(Unreachable, lambda: client.ensure_folder(HERE.child("rekey")))
    client.ensure_folder(HERE.child("rekey"))
    assert folder_exists(client, HERE.child("rekey"))


def test_a_folder_that_somebody_else_made_meanwhile_is_there(current: TestVault, client: InfisicalClient) -> None:
    client.ensure_folder(HERE.child("rekey"))
    current.fault(FaultKind.ANSWER, path="/api/v1/folders", method="GET", status=200, body={"folders": []})

    client.ensure_folder(HERE.child("rekey"))

    assert folder_exists(client, HERE.child("rekey"))
