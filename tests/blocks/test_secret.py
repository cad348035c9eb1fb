"""A pair is shown as a fingerprint, whoever prints it and however."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

import pytest
from pydantic import SecretStr

from blocks.issuers.alpaca.pair import KEY_ID, Pair
from blocks.secret import FINGERPRINT_LENGTH, Minted, fingerprint
from deployments.sandbox import made_up


def made_up_pair() -> Pair:
    return Pair(made_up.alpaca_key_id("PK"), SecretStr(made_up.alpaca_secret()))


def test_a_fingerprint_is_the_first_twelve_hex_digits_of_sha_256() -> None:
    secret = SecretStr(made_up.alpaca_secret())

    digest = hashlib.sha256(secret.get_secret_value().encode()).hexdigest()

    assert fingerprint(secret) == digest[:12]
    assert FINGERPRINT_LENGTH == 12


def test_a_pair_shows_neither_half_in_any_of_its_texts() -> None:
    """Not in repr, str, a format, a list of pairs, or an exception that holds one."""
    pair = made_up_pair()

    shown = [
        repr(pair),
        str(pair),
        f"{pair}",
        f"{[pair]}",
        f"{ {'pair': pair} }",
        str(ValueError(pair)),
        f"{asdict(pair)!r}",
    ]

    assert [text for text in shown if pair.secret.get_secret_value() in text] == []
    assert [text for text in shown if pair.key_id in text] == []
    assert repr(pair) == f"Minted({pair.fingerprint})"


def test_a_secret_cannot_be_written_as_json() -> None:
    """So that no ledger row, event or artifact can carry one by mistake."""
    with pytest.raises(TypeError, match="SecretStr is not JSON serializable"):
        json.dumps({"secret": made_up_pair().secret})


def test_two_pairs_are_the_same_only_when_both_halves_are() -> None:
    one, other = made_up_pair(), made_up_pair()

    assert one.same_as(Pair(one.key_id, SecretStr(one.secret.get_secret_value())))
    assert not one.same_as(Pair(one.key_id, other.secret))
    assert not one.same_as(Pair(other.key_id, one.secret))


def values(**plain: str) -> dict[str, SecretStr]:
    return {name: SecretStr(value) for name, value in plain.items()}


@pytest.mark.parametrize("fields", [("token",), ("key_id", "secret"), ("account", "user", "password")])
def test_a_credential_has_as_many_fields_as_its_issuer_mints_and_the_last_names_it(fields: tuple[str, ...]) -> None:
    plain = {name: made_up.alpaca_secret() for name in fields}
    minted = Minted(values(**plain))

    assert minted.fingerprint == fingerprint(SecretStr(plain[fields[-1]]))
    assert minted.same_as(Minted(values(**plain)))
    for name in fields:
        assert not minted.same_as(Minted(values(**{**plain, name: made_up.alpaca_secret()})))
    shown = [repr(minted), str(minted), f"{[minted]}", str(ValueError(minted)), f"{asdict(minted)!r}"]
    assert [text for text in shown for value in plain.values() if value in text] == []


def test_the_same_values_in_other_fields_are_another_credential() -> None:
    value = made_up.alpaca_secret()

    assert not Minted(values(token=value)).same_as(Minted(values(secret=value)))
    assert not Minted(values(secret=value)).same_as(Minted(values(key_id=value, secret=value)))
    assert not Minted(values(key_id=value, secret=value)).same_as(Minted(values(secret=value)))


def test_a_credential_without_any_value_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="at least one value"):
        Minted({})


@pytest.mark.parametrize("length", [16, 20, 26, 40])
def test_what_can_be_a_key_id_is_not_told_by_its_prefix(length: int) -> None:
    """The prefix is a hint, never a gate: Alpaca may use another one tomorrow."""
    assert KEY_ID.fullmatch("ZZ" + "7" * (length - 2))


@pytest.mark.parametrize(
    "text", ["", "A" * 15, "A" * 41, "a" * 26, "PK 4567890123456789012345", "PK-4567890123456789012345"]
)
def test_what_cannot_be_a_key_id_is_told_by_length_and_characters(text: str) -> None:
    assert not KEY_ID.fullmatch(text)
