"""Whoever entered a pair that no run came to read is named, as the form says it; and who is unknown stays so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from deployments.sandbox import made_up
from tasks.run.typed_name import CODE, PASSKEY, UNKNOWN, proof_in, typed_in
from tests.another_process import another_process
from tests.operator import Operator


@pytest.mark.long
def test_what_was_entered_after_its_machine_was_lost_is_by_whoever_says_so(operator: Operator, tmp_path: Path) -> None:
    with another_process(operator, tmp_path) as process:
        dead = process.form("key_id").run_id
        process.kill()
    pair = operator.regenerate()
    operator.submit(dead, pair, operator="  Ada   Lovelace ")

    outcome = operator.rotate()

    assert outcome.state.is_completed(), outcome.message
    (entered,) = [row for row in operator.steps("await_human_input") if row.facts.is_done]
    assert (entered.actor, entered.facts.operator) == ("claimed by Ada Lovelace", "Ada Lovelace")
    assert "| Claimed by | Ada Lovelace |" in operator.report()
    assert (
        f"| Ada Lovelace | entered the new pair (pair {pair.fingerprint}) | nobody checked who |" in operator.report()
    )
    assert operator.tables_with(pair.secret) == []


@pytest.mark.parametrize("typed", [None, "", " ", "a\u202eb", "--", "x" * 81])
def test_without_a_name_that_can_be_read_it_is_unknown_who_it_was(typed: str | None) -> None:
    assert typed_in({} if typed is None else {"operator": typed}) == UNKNOWN


def test_a_secret_in_the_field_for_the_name_is_no_name() -> None:
    secret = made_up.token("")
    assert typed_in({"operator": secret}, SecretStr(secret)) == "name withheld (it looked like a key)"


@pytest.mark.parametrize(
    "name",
    [
        "christopher@raxx.app",
        "christopher.1988@trading.raxx.example",
        "Jo Wolfeschlegelsteinhausen",
        "Leutheusser-Schnarrenberger",
        "Anna-Lena O\u2019Shaughnessy-McAllister",
        "\u03a0\u03b1\u03c0\u03b1\u03b4\u03b7\u03bc\u03b7\u03c4\u03c1\u03af\u03bf\u03c5-\u03a7\u03b1\u03c4\u03b6\u03ae",
    ],
)
def test_an_address_and_a_long_name_of_a_person_are_recorded(name: str) -> None:
    """Who decided is what the ledger is for."""
    assert typed_in({"operator": name}) == name


@pytest.mark.parametrize(
    "key",
    [
        lambda: made_up.alpaca_key_id("PK"),
        lambda: made_up.token("", 24),
        lambda: made_up.key("{uuid}"),
        lambda: made_up.key("{hex:64}"),
        lambda: made_up.key("HRKU-{base62:40}"),
        lambda: f"{made_up.token('')}@raxx.app",
        lambda: f"Ada {made_up.token('')}",
        # Without a digit, which is rare.
        lambda: "PKAAAAAAAAAAAAAAAAAA",
        lambda: "aBcDeFgHiJkLmNoPqRsT",
    ],
)
def test_whatever_looks_like_a_key_of_any_issuer_is_withheld(key: Callable[[], str]) -> None:
    assert typed_in({"operator": key()}) == "name withheld (it looked like a key)"


@pytest.mark.parametrize(("given", "kind"), [("rekey-act-1.AAAA", PASSKEY), ("123456", CODE), ("", ""), ("12", "")])
def test_what_was_given_as_a_proof_is_named(given: str, kind: str) -> None:
    assert proof_in({"proof": given}) == kind
