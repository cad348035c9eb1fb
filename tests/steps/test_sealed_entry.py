"""A pair that is entered sealed: Prefect holds ciphertext, and nothing that is left in the end opens it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from blocks.issuers.alpaca.pair import Pair
from blocks.ledger import history
from blocks.sealed.envelope import seal_entry
from blocks.sealed.keys import new_key
from blocks.sealed.run_input import filled_in
from blocks.settings import read_settings
from deployments.rehearsal import proof
from deployments.sandbox import made_up
from tests.operator import Operator
from tests.steps.sealed_hands import Hands, entry_rows, well
from tests.steps.watching import LIVE

pytestmark = pytest.mark.usefixtures("_nothing_is_remembered")


def refused(answer: dict[str, Any]) -> str:
    """Why Prefect's server did not take a form."""
    assert answer["status"] == "REJECT", answer
    return str(answer["details"]["reason"])


def kept_in_prefect(person: Operator) -> str:
    """All that Prefect keeps of the forms of this run."""
    assert person.form is not None
    return person.api.post(f"/flow_runs/{person.form.run_id}/input/filter", json={"prefix": "", "limit": 200}).text


@pytest.mark.long
def test_a_whole_paper_rotation_leaves_no_byte_of_the_secret_outside_the_vault(demanded: Operator) -> None:
    before, hands = proof.observe(demanded.estate), Hands()
    shown: list[str] = []

    def look_and_enter(person: Operator) -> None:
        assert person.form is not None
        assert set(person.form.fields) <= {"sealed", "operator", "stop_here"}
        shown.append(person.form.description)
        hands.enter(person)

    outcome = demanded.rotate(look_and_enter)

    assert outcome.state.is_completed(), outcome.message
    well(demanded, before, hands)
    assert entry_rows(demanded) == ["sealed"]
    assert f"**Enter the pair at {read_settings().console_url}**" in shown[0]
    assert "`rekey resume alpaca-paper`" in shown[0]


def test_a_whole_live_rotation_leaves_no_byte_of_the_secret_outside_the_vault(demanded: Operator) -> None:
    before, hands = proof.observe(demanded.estate, "live"), Hands()

    outcome = demanded.rotate(Operator.be_ready, hands.enter, credential=LIVE)

    assert outcome.state.is_completed(), outcome.message
    well(demanded, before, hands)
    assert entry_rows(demanded) == ["sealed"]


@pytest.mark.long
def test_a_sealed_entry_is_opened_when_an_operator_signed_it(demanded: Operator) -> None:
    """Once anybody is enrolled: the signature is of the hash of the sealed text."""
    before, hands = proof.observe(demanded.estate), Hands()
    demanded.enrol()

    outcome = demanded.rotate(hands.enter)

    assert outcome.state.is_completed(), outcome.message
    well(demanded, before, hands)
    assert entry_rows(demanded) == ["sealed"]
    (row,) = [one for one in demanded.steps("await_human_input") if one.context["outcome"] == "done"]
    assert row.actor.startswith("proved to be test operator")


def test_a_form_that_takes_sealed_entries_alone_refuses_plain_text_before_it_is_stored(demanded: Operator) -> None:
    """Whoever resumes the run through Prefect's API is told where to enter it, and nothing is kept."""
    before, hands = proof.observe(demanded.estate), Hands()

    def plain_first(person: Operator) -> None:
        assert person.form is not None
        pair = Pair(made_up.alpaca_key_id("PK"), SecretStr(made_up.alpaca_secret()))
        typed = {"key_id": pair.key_id, "secret": pair.secret.get_secret_value(), "switcher_says_paper": True}
        told = refused(person.fill(**typed))
        assert read_settings().console_url in told
        assert "rekey resume alpaca-paper" in told
        assert pair.secret.get_secret_value() not in told
        assert read_settings().console_url in refused(person.fill(sealed=pair.secret.get_secret_value()))
        assert "-response" not in kept_in_prefect(person)
        hands.pairs.append(pair)
        hands.look(person)
        hands.enter(person)

    outcome = demanded.rotate(plain_first)

    assert outcome.state.is_completed(), outcome.message
    well(demanded, before, hands)


def test_what_was_sealed_for_another_rotation_or_plan_brings_the_form_back_and_loses_nothing(
    demanded: Operator,
) -> None:
    before, hands = proof.observe(demanded.estate), Hands()

    def wrong_first(person: Operator) -> None:
        assert person.form is not None
        pair = person.regenerate()
        hands.pairs.append(pair)
        known = history.of(person.ledger, person.ledger.rows()[-1].rotation)
        assert known.sealing is not None
        rotation = known.rows[0].rotation
        wrongly = {
            "rotation": seal_entry(known.sealing, "r-20260101-000000-0000", known.plan, pair.values),
            "plan": seal_entry(known.sealing, rotation, "0" * 64, pair.values),
            "key": seal_entry(new_key().public.as_context(), rotation, known.plan, pair.values),
        }
        hands.texts += wrongly.values()
        assert person.fill(sealed=hands.texts[0])["status"] == "ACCEPT"

    def right(person: Operator) -> None:
        assert person.fill(sealed=person.sealed(hands.pairs[0]))["status"] == "ACCEPT"

    def second(person: Operator) -> None:
        assert person.fill(sealed=hands.texts[1])["status"] == "ACCEPT"

    def third(person: Operator) -> None:
        assert person.fill(sealed=hands.texts[2])["status"] == "ACCEPT"

    outcome = demanded.rotate(wrong_first, second, third, right)

    assert outcome.state.is_completed(), outcome.message
    told = "sealed for another rotation, for another plan or key of this one, or it was changed on its way."
    assert [told in one for one in outcome.descriptions] == [False, True, True, True]
    assert all("Enter it again" in one for one in outcome.descriptions[1:])
    well(demanded, before, hands)
    # The forms that did not open are deleted with the others.
    assert entry_rows(demanded) == ["sealed"]


@pytest.mark.long
def test_where_plain_entry_is_allowed_a_sealed_one_is_taken_as_well(operator: Operator) -> None:
    """As the console fills the form in: what the schema demands is sent empty."""
    before, hands = proof.observe(operator.estate), Hands()

    def enter(person: Operator) -> None:
        assert person.form is not None
        assert set(person.form.fields) >= {"key_id", "secret", "sealed"}
        pair = person.regenerate()
        hands.pairs.append(pair)
        schema = {"properties": person.form.fields, "required": [*person.form.fields]}
        given = {"sealed": person.sealed(pair), "operator": "test operator"}
        values = {**filled_in(schema, given)}
        assert person._resumed(person.form.run_id, values)["status"] == "ACCEPT"

    outcome = operator.rotate(enter)

    assert outcome.state.is_completed(), outcome.message
    well(operator, before, hands)
    assert entry_rows(operator) == ["sealed"]
