"""What cannot be a pair of Alpaca's by its looks alone; and no message repeats what was typed."""

from __future__ import annotations

import re

import pytest
from pydantic import SecretStr

from blocks.issuers.alpaca.looks import hints, looks_wrong
from blocks.issuers.alpaca.pair import Pair
from blocks.issuers.terms import Wrong
from deployments.sandbox import made_up

KEY_ID = "PK" + 24 * "A"
SECRET = 44 * "s"


def found(key_id: str = KEY_ID, secret: str = SECRET) -> Wrong | None:
    """What is wrong with this pair."""
    wrong = looks_wrong(Pair(key_id, SecretStr(secret)))
    assert wrong is None or (key_id not in wrong.problem and secret not in wrong.problem)
    return wrong


def hinted(realm: str, key_id: str, secret: str) -> list[str]:
    """What is said while this pair is typed."""
    typed = {"key_id": key_id.strip(), "secret": secret.strip()}
    known = hints(realm).items()
    return [one.told for name, each in known for one in each if re.search(one.pattern, typed[name])]


@pytest.mark.parametrize("realm", ["paper", "live"])
def test_while_it_is_typed_nothing_is_said_of_a_pair_that_can_be_one(realm: str) -> None:
    prefix = {"paper": "PK", "live": "AK"}

    assert hinted(realm, made_up.alpaca_key_id(prefix[realm]), made_up.alpaca_secret()) == []
    other = next(one for name, one in prefix.items() if name != realm)
    assert hinted(realm, made_up.alpaca_key_id(other), made_up.alpaca_secret()) == [
        f"This looks like a key of {'live' if realm == 'paper' else 'paper'} trading: "
        f"{realm} keys begin with {prefix[realm]}."
    ]


@pytest.mark.parametrize("length", [40, 44, 32, 128])
@pytest.mark.parametrize("prefix", ["PK", "AK", "CK", "XX"])
def test_lengths_and_prefixes_of_today_and_of_tomorrow_can_be_a_pair(prefix: str, length: int) -> None:
    assert found(prefix + 18 * "B", length * "s") is None


def test_what_the_sandbox_makes_up_can_be_a_pair() -> None:
    assert found(made_up.alpaca_key_id("PK"), made_up.alpaca_secret()) is None


@pytest.mark.parametrize(
    ("key_id", "secret", "problem"),
    [
        (SECRET, KEY_ID, "The secret field holds a key ID"),
        (KEY_ID, KEY_ID, "The secret field holds a key ID"),
        ("PK123", SECRET, "The key ID is not 16 to 40 capital letters and digits."),
        (KEY_ID.lower(), SECRET, "The key ID is not 16 to 40 capital letters and digits."),
        (KEY_ID, f"{SECRET[:20]} {SECRET[20:]}", "The secret has white space inside"),
        (KEY_ID, 31 * "s", "The secret has 31 characters; Alpaca's have 40 or 44."),
        (KEY_ID, 129 * "s", "The secret has 129 characters; Alpaca's have 40 or 44."),
        (KEY_ID, 40 * "s" + "${A}", "The secret holds characters that no Alpaca secret has."),
        (KEY_ID, 40 * "s" + "\u200b", "The secret holds characters that no Alpaca secret has."),
    ],
)
def test_what_cannot_be_one_is_told_with_what_to_do(key_id: str, secret: str, problem: str) -> None:
    wrong = found(key_id, secret)

    assert wrong is not None
    assert hinted("paper", key_id, secret) != []
    assert wrong.problem.startswith(problem)
    assert wrong.problem.endswith("Copy both values again from the dashboard page, which still shows them.")
    assert not wrong.misplaced


@pytest.mark.parametrize(
    ("secret", "kept"),
    [(20 * "s" + " " + 20 * "s", True), (31 * "s", True), (129 * "s", False), (40 * "s" + "${A}", False)],
)
def test_it_is_kept_only_where_the_vault_would_return_it_as_it_is(secret: str, kept: bool) -> None:
    """It may be somebody's real secret, shown once."""
    wrong = found(secret=secret)

    assert wrong is not None
    assert wrong.worth_keeping is kept
