"""What came along with a value when it was pasted is told at once, by every issuer whose form a person fills in."""

from __future__ import annotations

import re
import unicodedata

import pytest
from pydantic import SecretStr

from blocks.issuer_kinds import kind_called
from blocks.issuers.alpaca.pair import Pair
from blocks.issuers.anthropic.issuer import AnthropicKey
from blocks.issuers.interface import Issuer
from blocks.issuers.pasted import can_be_sent
from blocks.issuers.stripe_restricted import StripeRestricted
from blocks.issuers.terms import By, Wrong
from blocks.listed import ISSUERS
from blocks.look import Look
from blocks.secret import Minted
from deployments.sandbox import made_up

# A declared vendor is one only with a table of the catalog: tests/issuers/declared asks one.
KINDS = [kind_called(word) for word in ISSUERS if word != "declared"]
TYPED = [one for one in KINDS if one.traits.minted_by is By.PERSON]
FAR = ("\u2028", "\u3000", "\ufeff", "\uff21", "\U0001d400", "\u2026", "\u201c", "\u2019", "\u0430")


@pytest.fixture(params=TYPED, ids=lambda kind: kind.word)
def kind(request: pytest.FixtureRequest) -> type[Issuer]:
    """Each issuer of the catalog whose pairs a person types."""
    found: type[Issuer] = request.param
    return found


def typed(kind: type[Issuer]) -> Minted:
    """What can be a pair of this kind."""
    return kind().made_up(kind.realms[0])


def told(kind: type[Issuer], pair: Minted, **instead: str) -> tuple[Wrong | None, list[str]]:
    """What is said of the pair with other values when it was entered, and while it is typed."""
    values = {name: SecretStr(instead.get(name, one.get_secret_value())) for name, one in pair.values.items()}
    hints = kind.hints(kind.realms[0])
    said = [
        one.told
        for name, value in values.items()
        for one in hints.get(name, ())
        if re.search(one.pattern, value.get_secret_value())
    ]
    wrong = kind.looks_wrong(Minted(values))
    assert wrong is None or not any(one.get_secret_value() in wrong.problem for one in values.values())
    return wrong, said


def test_of_what_is_whole_nothing_is_said(kind: type[Issuer]) -> None:
    assert told(kind, typed(kind)) == (None, [])


@pytest.mark.parametrize(
    ("around", "problem"),
    [
        ('"{}"', "Quotes stand around it."),
        ("'{}'", "Quotes stand around it."),
        ("`{}`", "Quotes stand around it."),
        ('{}",', "Quotes stand around it."),
        ("SOME_KEY={}", "A name and = stand before it."),
        ("export SOME_KEY={}", "A name and = stand before it."),
        ('apca_secret="{}"', "A name and = stand before it."),
    ],
)
def test_quotes_and_a_name_around_a_value_are_told_at_once(kind: type[Issuer], around: str, problem: str) -> None:
    pair = typed(kind)
    for name, value in pair.values.items():
        wrong, said = told(kind, pair, **{name: around.format(value.get_secret_value())})

        assert wrong is not None
        assert problem in wrong.problem
        assert said[0].startswith(problem)


def test_whatever_no_request_can_carry_is_told_at_once_and_while_it_is_typed(kind: type[Issuer]) -> None:
    """Its issuer is never asked about that, so its answer would be waited for without end."""
    pair = typed(kind)
    for one in (*map(chr, range(0x500)), *FAR):
        for name, value in pair.values.items():
            whole = value.get_secret_value()
            changed = f"{whole[:-9]}{one}{whole[-8:]}"
            wrong, said = told(kind, pair, **{name: changed})
            assert (wrong is not None) == bool(said), (name, unicodedata.name(one, hex(ord(one))))
            assert wrong is not None or can_be_sent(Minted({name: SecretStr(changed)}))


def test_a_key_that_its_vendor_writes_with_a_name_and_an_equals_sign_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a catalog may declare it; what stands before that came along."""
    monkeypatch.setattr(AnthropicKey, "looks", {"key": Look("sig={base62:20}")})

    whole = f"sig={20 * 'a'}"
    for value, problem in {whole: "", f"KEY={whole}": "A name and = stand", f'"{whole}"': "Quotes stand"}.items():
        wrong = AnthropicKey.looks_wrong(Minted({"key": SecretStr(value)}))
        assert (wrong is None) == (problem == "")
        assert wrong is None or problem in wrong.problem


@pytest.mark.parametrize("padded", [f"{42 * 's'}==", f"{43 * 's'}=", f"{21 * 's'}/{20 * 's'}+{'s'}"])
def test_a_value_that_base64_filled_up_has_no_name_before_it(padded: str) -> None:
    alpaca = kind_called("alpaca")

    assert told(alpaca, Pair(made_up.alpaca_key_id("PK"), SecretStr(padded))) == (None, [])


@pytest.mark.parametrize("around", ['"{}"', "STRIPE_KEY={}", "\u201c{}\u201d"])
def test_a_key_that_may_do_everything_is_not_kept_whatever_stands_around_it(around: str) -> None:
    secrets: dict[type[Issuer], str] = {
        StripeRestricted: "sk_live_" + 30 * "a",
        AnthropicKey: f"sk-ant-admin01-{90 * 'a'}",
    }
    for one, secret in secrets.items():
        wrong, _ = told(one, typed(one), key=around.format(secret))

        assert wrong is not None
        assert "rekey does not keep it" in wrong.problem
        assert not wrong.worth_keeping
