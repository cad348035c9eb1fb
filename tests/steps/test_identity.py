"""Which account a new pair must open: every field of its identity counts."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from blocks.issuers.alpaca.account import opened
from blocks.issuers.alpaca.issuer import Alpaca
from blocks.issuers.alpaca.models import Account
from blocks.issuers.terms import Identity
from blocks.model.rotation import Snapshot
from tasks.rotate.whose import identity_problem

CREATED = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
BEFORE = Snapshot(
    "123456789",
    facts={
        "account_id": "an-id",
        "created_at": CREATED.isoformat(),
        "currency": "USD",
        "equity": "1000",
        "cash": "1000",
    },
)


def account(**changed: Any) -> Identity:
    """The account of the snapshot, with fields changed."""
    same: dict[str, Any] = {
        "id": "an-id",
        "account_number": "123456789",
        "status": "ACTIVE",
        "created_at": CREATED,
        "currency": "USD",
        "equity": Decimal(1000),
        "cash": Decimal(1000),
        "flags": (),
    }
    return opened(Account(**{**same, **changed}))


def test_the_same_account_is_no_problem() -> None:
    assert identity_problem(Alpaca, BEFORE, account(equity=Decimal(1), status="ONBOARDING")) is None


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("id", "another-id", "id another-id instead of an-id"),
        ("account_number", "987654321", "account number 987654321 instead of 123456789"),
        ("created_at", CREATED.replace(year=2025), "creation time 2025-05-06T07:08:09+00:00 instead of 2024"),
        ("currency", "EUR", "currency EUR instead of USD"),
    ],
)
def test_each_field_tells_another_account(field: str, value: Any, told: str) -> None:
    problem = identity_problem(Alpaca, BEFORE, account(**{field: value}))

    assert problem is not None
    assert problem.startswith(told)
