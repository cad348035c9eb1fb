"""The hash that is signed is the same for everybody who makes it, and differs with every part of the act."""

from __future__ import annotations

import hashlib

import pytest
from pydantic import SecretStr

from blocks.errors import ProofRefused
from blocks.model.plan import canonical
from blocks.operators import assertion
from blocks.operators.act import Act, shown
from blocks.operators.assertion import Assertion
from blocks.sealed.keys import text_of
from tests.operators.conftest import act


def test_the_challenge_is_the_hash_of_this_very_text() -> None:
    """Written out, so that a browser's script can be compared with it."""
    text = (
        '{"chosen":{"choice":"B\\u00e4r"},"form":"paused-r-1-a1b2c3","rotation":"r-1","sealed":"","shown":"'
        + "a" * 64
        + '","step":"hold"}'
    )

    signed = act(step="hold", chosen={"choice": "Bär"}, sealed="")

    assert signed.challenge == hashlib.sha256(text.encode("ascii")).digest()


@pytest.mark.parametrize("other", ["rotation", "step", "form", "shown", "sealed"])
def test_every_part_of_an_act_changes_its_challenge(other: str) -> None:
    assert act(**{other: "something else"}).challenge != act().challenge
    assert act(chosen={other: True}).challenge != act().challenge


def test_an_act_comes_back_from_the_ledger_as_it_was() -> None:
    assert Act.from_context(act().as_context()) == act()


def test_a_secret_cannot_be_part_of_an_act() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        canonical({"secret": SecretStr("x")})


def test_what_was_shown_is_its_text_and_its_schema() -> None:
    assert shown("Enter it", {"a": 1}) == shown("Enter it", {"a": 1})
    assert len({shown("Enter it", {"a": 1}), shown("Enter it", {"a": 2}), shown("Enter", {"a": 1})}) == 3


def test_an_assertion_travels_as_one_text() -> None:
    one = Assertion("Bär", "AA", "AQ", "Ag", "Aw")

    assert assertion.read(one.text) == one
    assert one.text.startswith("rekey-act-1.")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "123456",
        "rekey-act-1.",
        "rekey-act-2.e30",
        f"rekey-act-1.{text_of(b'{}')}",
        f"rekey-act-1.{text_of(b'[1]')}",
        f"rekey-act-1.{text_of(b'[' * 2000)}",
        f"rekey-act-1.{text_of(canonical({'operator': 1}))}",
        f"rekey-act-1.{text_of(canonical(dict.fromkeys(['operator', 'signature'], 'x')))}",
        f"rekey-act-1.{'A' * 5000}",
    ],
)
def test_what_is_no_assertion_is_refused_and_never_repeated(text: str) -> None:
    with pytest.raises(ProofRefused) as caught:
        assertion.read(text)
    assert len(text) < 12 or text[12:] not in str(caught.value) or not text[12:]
