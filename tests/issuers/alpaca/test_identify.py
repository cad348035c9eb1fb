"""Which account a new pair must open: every field of its identity counts; and what a refusal by both hosts means."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from blocks.issuers.alpaca.account import FIXED, opened
from blocks.issuers.alpaca.identify import refused_everywhere
from blocks.issuers.alpaca.issuer import Alpaca
from blocks.issuers.alpaca.pair import Pair, key_id_of
from blocks.model.rotation import Snapshot
from deployments.sandbox import made_up
from tasks.rotate.whose import identity_problem
from tests.issuers.alpaca.figures import CREATED, account

BEFORE = Snapshot("123456789", facts={"account_id": "an-id", "created_at": CREATED.isoformat(), "currency": "USD"})


def test_the_same_account_is_no_problem() -> None:
    assert identity_problem(Alpaca, BEFORE, opened(account(equity=1, status="ONBOARDING"))) is None


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
    problem = identity_problem(Alpaca, BEFORE, opened(account(**{field: value})))

    assert problem is not None
    assert problem.startswith(told)


def test_no_fact_that_is_compared_is_missing() -> None:
    assert set(opened(account()).facts) == set(FIXED) == set(BEFORE.as_context()) - {"open_orders"}


@pytest.mark.parametrize(
    ("status", "flags", "is_well", "is_suspended"),
    [
        ("ACTIVE", (), True, False),
        ("ACTIVE", ("trade_suspended_by_user",), True, True),
        ("ACTIVE", ("trading_blocked",), False, False),
        ("ACTIVE", ("account_blocked", "trade_suspended_by_user"), False, True),
        ("ONBOARDING", (), False, False),
    ],
)
def test_only_what_its_owner_wants_is_no_fault(
    status: str, flags: tuple[str, ...], is_well: bool, is_suspended: bool
) -> None:
    seen = opened(account(status=status, flags=flags))

    assert (seen.is_well, seen.is_suspended) == (is_well, is_suspended)
    assert seen.told == (f"{status} ({', '.join(flags)})" if flags else status)


@pytest.mark.parametrize(
    ("realm", "prefix", "hint"),
    [
        ("paper", "AK", "Its key ID begins with AK, as live keys do: look at the switcher first."),
        ("live", "PK", "Its key ID begins with PK, as paper keys do: look at the switcher first."),
        ("paper", "PK", ""),
        ("live", "AK", ""),
        ("paper", "CK", ""),
    ],
)
def test_a_pair_that_both_hosts_refuse_is_told_with_what_its_prefix_shows(realm: str, prefix: str, hint: str) -> None:
    pair = Pair(made_up.alpaca_key_id(prefix), SecretStr(made_up.alpaca_secret()))

    wrong = refused_everywhere(realm, pair)

    assert wrong.problem.startswith("Alpaca refuses this pair, on the paper and on the live host.")
    assert wrong.problem.endswith(hint or "click Regenerate again.")
    assert wrong.worth_keeping
    assert not wrong.misplaced
    assert pair.secret.get_secret_value() not in wrong.problem


@pytest.mark.parametrize(("realm", "prefix"), [("paper", "PK"), ("live", "AK")])
def test_a_made_up_pair_has_todays_shape_and_is_never_made_twice(realm: str, prefix: str) -> None:
    made = [Alpaca().made_up(realm) for _ in range(20)]

    assert {key_id_of(one)[:2] for one in made} == {prefix}
    assert {len(one.secret.get_secret_value()) for one in made} == {44}
    assert all(Alpaca.looks_wrong(one) is None for one in made)
    assert len({one.fingerprint for one in made}) == 20
