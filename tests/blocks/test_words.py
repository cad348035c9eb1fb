"""What an issuer mints is called in its own word wherever a sentence leaves, and nowhere inside of names or code."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from blocks.catalog import load_catalog
from blocks.issuer_kinds import kind_of, words_of
from blocks.model.rotation import Todo
from blocks.model.words import Words, words_for
from blocks.settings import read_settings
from deployments.sandbox.estate import ONLY_HERE, Estate
from tasks.person.forms import entry_of
from tasks.rotate.hold_form import MayEnd, NotBegun, end_of, in_words_of


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Old pair 1a2b is dead, pair 3c4d is in use.", "Old token 1a2b is dead, token 3c4d is in use."),
        ("Pairs are left; the vault's pair's death", "Tokens are left; the vault's token's death"),
        ("the **pair** of (pair 1), `the pair`", "the **token** of (token 1), `the pair`"),
        (
            "https://pair.example.com/pair raxx-pair-api repaired",
            "https://pair.example.com/pair raxx-pair-api repaired",
        ),
        ("choose 'enter another pair'", "choose 'enter another token'"),
    ],
)
def test_a_sentence_has_the_issuers_own_word_and_names_stay(text: str, told: str) -> None:
    assert words_for("token").said(text) == told
    assert Words().said(text) == text


def test_of_a_single_key_nobody_is_told_to_regenerate_a_pair() -> None:
    words = words_for("key")
    told = [words.click, words.clicked, words.nobody_clicked, words.nobody_has, *words.orders.values()]

    assert set(words.orders) == set(Todo)
    assert not any("pair" in one or "egenerate" in one or "both" in one for one in told)
    assert Words().orders[Todo.REGENERATE] == "click Regenerate, and enter the pair that it shows"


@pytest.mark.parametrize(
    ("name", "thing"),
    [
        ("alpaca-paper", "pair"),
        ("postmark-server", "token"),
        ("github-deploy", "token"),
        ("stripe-test", "key"),
        ("anthropic-raxx", "key"),
        ("oanda-practice", "token"),
    ],
)
def test_every_form_asks_for_it_by_that_word(name: str, thing: str, tmp_path: Path) -> None:
    with Estate() as estate:
        path = tmp_path / "catalog.toml"
        path.write_text(estate.catalog(read_settings().catalog.read_text() + ONLY_HERE.read_text()))
        credential = load_catalog(path).get(name)
    form = str(entry_of(credential, kind_of(credential), may_stop=True).model_json_schema())

    assert words_of(credential).thing == thing
    assert ("Regenerate" in form, "old pair" in form) == (thing == "pair", thing == "pair")
    assert f"rekey proves that the old {thing} lives" in form
    held = in_words_of(credential, MayEnd)
    wanted = ["retry this step", f"enter another {thing}", "stop and stay held", "stop here, nothing was touched"]
    assert held.model_json_schema()["properties"]["choice"]["enum"] == wanted
    # A form that an older rekey showed is answered in the words that it had.
    older = {"choice": "enter another pair", "operator": "somebody"}
    assert held.model_validate(older).choice == f"enter another {thing}"
    with pytest.raises(ValidationError):
        held.model_validate({**older, "choice": "enter nothing"})
    older = {"choice": "stop here, trading goes on", "operator": "somebody"}
    ends = "stop here, nothing was touched"
    for shown in (held, in_words_of(credential, NotBegun)):
        assert (shown.model_validate(older).choice, end_of(credential)) == (ends, ends)


def test_only_where_trading_was_stopped_the_way_back_lets_it_go_on() -> None:
    live = load_catalog(read_settings().catalog).get("alpaca-live")

    assert live.brakes
    assert end_of(live) == "stop here, trading goes on"
    assert in_words_of(live, MayEnd) is MayEnd
    assert in_words_of(live, NotBegun) is NotBegun
