"""A form of Prefect's as the console shows it: the same fields, and text of which nothing is obeyed."""

from __future__ import annotations

import pytest

from blocks.catalog import load_catalog
from blocks.issuers.alpaca.issuer import Alpaca
from blocks.issuers.terms import Situation
from blocks.text import IN_PREFECT
from deployments.console import waiting_form
from deployments.console.waiting_form import form_of, html_of
from deployments.local.ask_prefect import Shown
from tasks.person import forms, question
from tasks.person.forms import entry_of
from tasks.rotate import readiness_form
from tasks.rotate.hold_form import Held
from tasks.rotate.instructions import Form, instructions
from tests.steps.support import SHIPPED

MINT = Alpaca.form("paper")


def test_the_form_for_a_pair_masks_both_values_and_has_every_switch() -> None:
    schema = entry_of(load_catalog(SHIPPED).get("alpaca-paper"), Alpaca, may_stop=True).model_json_schema()

    found = form_of("run", Shown("paused-1", "words", schema), MINT)

    kinds = {one.name: (one.kind, one.is_minted) for one in found.fields}
    assert {name: kinds[name][1] for name in Alpaca.fields} == dict.fromkeys(Alpaca.fields, True)
    assert kinds["switcher_says_paper"] == kinds["stop_here"] == ("switch", False)
    assert found.asks_for_a_pair


def test_a_form_that_takes_only_what_is_sealed_asks_for_the_pair_on_the_page() -> None:
    schema = {"properties": {"sealed": {"type": "string"}, "operator": {"type": "string"}}, "required": ["sealed"]}

    found = form_of("run", Shown("paused-1", "words", schema), MINT)

    assert [(one.name, one.is_minted, one.is_local) for one in found.fields] == [
        ("key_id", True, True),
        ("secret", True, True),
        ("switcher_says_paper", False, True),
    ]
    assert found.asks_for_a_pair
    assert waiting_form.STOPS == forms.STOPS


@pytest.mark.parametrize("entry", ["any", "sealed"])
@pytest.mark.parametrize("name", ["alpaca-paper", "alpaca-live"])
def test_what_is_said_for_prefects_page_alone_is_left_out(name: str, entry: str) -> None:
    """The text that the run saved, and signs, stays what it is."""
    credential = load_catalog(SHIPPED).get(name).model_copy(update={"entry": entry})
    situation = Situation("https://dashboard.example.com/x", credential.realm)
    saved = instructions(Form(credential, may_stop=True), Alpaca(), situation, question.INCOMPLETE)
    schema = entry_of(credential, Alpaca, may_stop=True).model_json_schema()

    found = form_of("run", Shown("paused-1", saved, schema), Alpaca.form(credential.realm))

    said = [found.text, *(f"{one.title} {one.description}" for one in found.fields)]
    for word in ("Prefect's form", "V2 pages", "menu", "ealed entry", "takes no pair", "rekey resume"):
        assert [text for text in said if word in text] == []
    assert IN_PREFECT in saved
    # Nothing else of a line is lost, and no line after it.
    assert "Fill in every field." in found.text
    assert "What happens next" in found.text
    (secret,) = [one for one in found.fields if one.name == "secret"]
    assert secret.description == "Shown only once, beside the key ID. Paste it."


def test_the_form_that_asks_whether_somebody_is_ready_ends_the_rotation_too() -> None:
    """The page's script demands nothing else then: it knows the switch by its name."""
    credential = load_catalog(SHIPPED).get("alpaca-live")
    schema = readiness_form.form_of(credential, may_be_open=False, may_stop=True).model_json_schema()

    found = form_of("run", Shown("paused-1", "words", schema), Alpaca.form("live"))

    asked = {one.name: (one.kind, one.is_required) for one in found.fields}
    assert asked[waiting_form.STOPS] == ("switch", False)
    assert asked["why"] == ("text", False)
    assert asked["confirm"] == ("text", True)


def test_the_form_of_a_held_rotation_is_a_choice() -> None:
    found = form_of("run", Shown("paused-1", "words", Held.model_json_schema()), MINT)

    (choice,) = [one for one in found.fields if one.kind == "choice"]
    assert choice.options == ("retry this step", "enter another pair", "stop and stay held")
    assert not found.asks_for_a_pair


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "[a](data:text/html,x)",
        "![a](https://attacker.example/x.png)",
        "<https://attacker.example/ onclick=alert(1)>",
        "[a](file:///etc/passwd)",
        "[a](/rotations/r-1/answer)",
    ],
)
def test_nothing_of_a_text_is_obeyed(hostile: str) -> None:
    html = html_of(hostile)

    assert "<script" not in html
    assert "<img" not in html
    assert "onclick=" not in html.replace("&quot;", "") or "<a" not in html
    assert 'href="http' in html or "<a" not in html


def test_a_link_opens_a_tab_that_learns_nothing_of_the_page() -> None:
    html = html_of("[the dashboard](https://app.alpaca.example/x)")

    assert 'href="https://app.alpaca.example/x" target="_blank" rel="noopener noreferrer"' in html
