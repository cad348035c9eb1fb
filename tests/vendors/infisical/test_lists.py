"""Some servers count lists, so a pair and what is in flight beside it are read in one, where the vault shows both."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from blocks.errors import RateLimited, StepError
from blocks.issuers.alpaca.pair import Pair
from blocks.model.places import VaultPlace
from blocks.secret import Minted
from blocks.vaults import pending
from deployments.sandbox import made_up
from deployments.sandbox.faults import FaultKind
from tests.vendors.infisical.raw import RAW
from tests.vendors.infisical.vaults import HERE, KEY, PATH, SECRET, TestVault, error_of

PLACE = VaultPlace(environment="prod", path=PATH, names={"key_id": KEY, "secret": SECRET})
FOLDER = f"{PATH}/rekey"


def a_pair() -> Pair:
    return Pair(made_up.alpaca_key_id("PK"), SecretStr(made_up.alpaca_secret()))


def put(vault: TestVault, path: str, names: tuple[str, ...], pair: Pair) -> None:
    values = dict(zip(names, (pair.key_id, pair.secret.get_secret_value()), strict=True))
    vault.sandbox.put(vault.project_id, "prod", path, values)


def looked(vault: TestVault, *, lists: int) -> tuple[Minted, list[Minted]]:
    """The current pair and those in flight, seen in so many lists of secrets."""
    vault.server.journal.clear()
    with vault.client() as client:
        current, seen = pending.look_at_both(client, PLACE)
    assert vault.requests(RAW, at_least=lists) == lists
    return current.pair, seen.pairs(PLACE)


def test_the_pair_and_those_in_flight_are_read_in_one_list(vault: TestVault) -> None:
    """What lies deeper, beside or in a folder whose name only begins alike is none of them."""
    current, kept, other = a_pair(), a_pair(), a_pair()
    put(vault, PATH, (KEY, SECRET), current)
    put(vault, FOLDER, pending.names_of(PLACE, kept.fingerprint), kept)
    for path in (f"{FOLDER}/deeper", f"{FOLDER}-too", f"{PATH}-too"):
        put(vault, path, (KEY, SECRET), other)
        put(vault, path, pending.names_of(PLACE, other.fingerprint), other)

    found, in_flight = looked(vault, lists=1)

    assert found.same_as(current)
    assert [one.fingerprint for one in in_flight] == [kept.fingerprint]


def test_a_folder_that_shows_nothing_is_looked_at_by_itself(vault: TestVault) -> None:
    """It may be missing or empty, which nobody could tell apart."""
    current = a_pair()
    put(vault, PATH, (KEY, SECRET), current)

    with vault.client() as client:
        missing = pending.look_at_both(client, PLACE)[1]
        client.ensure_folder(HERE.child("rekey"))
        empty = pending.look_at_both(client, PLACE)[1]

    assert (missing.stored, empty.stored) == (None, {})


def test_a_list_of_several_folders_that_goes_wrong_is_no_answer(vault: TestVault) -> None:
    """A server may not know it, or the folders below may be too many: each is looked at by itself then."""
    current, kept = a_pair(), a_pair()
    put(vault, PATH, (KEY, SECRET), current)
    put(vault, FOLDER, pending.names_of(PLACE, kept.fingerprint), kept)
    vault.fault(FaultKind.ANSWER, method="GET", path=RAW, status=500, times=1)

    found, in_flight = looked(vault, lists=3)

    assert found.same_as(current)
    assert [one.fingerprint for one in in_flight] == [kept.fingerprint]


def test_half_a_pair_is_told_as_ever(vault: TestVault) -> None:
    vault.put(**{KEY: "half"})

    with vault.client() as client, pytest.raises(StepError, match=f"{SECRET} is not in {PATH}"):
        pending.look_at_both(client, PLACE)


def test_a_vault_that_takes_no_more_lists_is_not_asked_for_more(vault: TestVault) -> None:
    vault.sandbox.knobs.rate_limits = True
    vault.sandbox.knobs.rates = {"secrets": 0, "read": 99, "write": 99}

    with vault.client() as client:
        error = error_of(RateLimited, lambda: pending.look_at_both(client, PLACE))

    assert "A step of a rotation waits as long as it says and goes on by itself" in error.remedy
    assert vault.requests(RAW, at_least=1) == 1
