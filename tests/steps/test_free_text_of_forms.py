"""What somebody writes into a form that Prefect took is looked at before a proof is; the form comes back."""

from __future__ import annotations

import pytest

from blocks.model.step import Step
from blocks.operators.act import texts_of
from blocks.operators.approval import DO_NOT
from blocks.settings import read_settings
from deployments.sandbox import made_up
from tasks.person.ask import _proved
from tasks.person.question import Question
from tasks.rotate.approve_form import form_of
from tests.steps.live import live_rotation


def test_no_secret_in_a_reason_is_read_from_a_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signature of it would stay in the ledger with what was signed."""
    monkeypatch.setenv("REKEY_LEDGER_URL", "sqlite:////nowhere/ledger.db")
    read_settings()
    form, secret = form_of("a" * 64), made_up.key("HRKU-{base62:40}")
    asked = Question(form, Step.APPROVE, lambda _: "", "an approval")

    written = form.model_validate({"operator": "Sam", "choice": DO_NOT, "why": secret})
    entry, told = _proved(live_rotation(), asked, written, "paused-1", "")

    assert entry is None
    assert "looks like a secret (a token of Heroku)" in told
    assert secret not in told


def test_a_choice_that_looks_like_a_secret_is_in_rekeys_own_words_and_loses_no_pair() -> None:
    """What names an order or an account of a vendor's may look like anything."""
    offered, pair = f"give up {made_up.key('{base62:40}')}", made_up.alpaca_secret()
    values = {"operator": "Sam", "choice": offered, "secret": pair, "why": "not today"}

    assert texts_of(values, ("key_id", "secret")) == ["not today"]
