"""Who answers a form proves it, where the credential asks for that: the run itself looks, whoever resumes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from blocks.catalog import load_catalog
from blocks.check import Check, Depth, Outcome
from blocks.issuers.alpaca.pair import Pair
from blocks.ledger import history
from blocks.ledger.row import Action
from blocks.model.step import Step
from blocks.operators import offline
from blocks.operators.registry import SUPERADMIN
from deployments.rehearsal.authenticator import Authenticator
from deployments.rehearsal.robot import Carried
from deployments.sandbox import made_up
from tasks.health.examine import examine
from tasks.person import prove
from tasks.rotate.report import report
from tests.another_process import another_process
from tests.operator import Operator
from tests.steps.beginning import begun
from tests.steps.live import live_rotation
from tests.steps.proving import acted, ask_for, refusals, unsigned
from tests.steps.support import SHIPPED, alone, told
from tests.steps.watching import PAPER


@pytest.mark.usefixtures("passkey")
def test_a_rotation_by_passkey_says_who_it_was(operator: Operator) -> None:
    outcome = operator.rotate(Operator.regenerate)

    assert outcome.state.is_completed(), outcome.message
    assert (
        "proves to be an operator, by a passkey. In Prefect's form: a passkey is asked for on rekey's console"
        in outcome.descriptions[0]
    )
    assert "nobody checks" not in outcome.descriptions[0]
    (entered,) = [row for row in operator.steps("await_human_input") if row.facts.is_done]
    assert entered.actor == "proved to be test operator (superadmin, passkey)"
    (kept,) = acted(operator)
    assert (entered.facts.how, entered.facts.role, entered.facts.proved_in) == ("passkey", SUPERADMIN, kept.sequence)
    assert kept.facts.act is not None
    assert kept.facts.act["chosen"]["pair"] == entered.facts.fingerprint
    assert offline.broken(operator.ledger) == (1, None)
    assert operator.ledger.verify() is None
    assert "| Proved to be | test operator |" in operator.report()
    assert (
        f"| test operator | entered the new pair (pair {entered.facts.fingerprint}) | by passkey |" in operator.report()
    )
    assert "Claimed by" not in operator.report()


@pytest.mark.usefixtures("passkey")
@pytest.mark.long
def test_prefects_own_form_is_refused_before_anything_is_stored(operator: Operator) -> None:
    """Its schema names the console; the entry of somebody who goes past the server is refused by the run (below)."""

    def without(person: Operator) -> None:
        assert person.form is not None
        values = {
            "key_id": "PK" + "X" * 18,
            "secret": "y" * 40,
            "operator": "test operator",
            "switcher_says_paper": True,
        }
        for proof in ({}, {"proof": ""}, {"proof": "123456"}):
            answer = person.api.post(f"/flow_runs/{person.form.run_id}/resume", json={"run_input": {**values, **proof}})
            assert answer.json()["status"] == "REJECT"
            assert "an answer at http://localhost:4280" in answer.json()["details"]["reason"]
            assert "y" * 40 not in answer.text

    def then_with(person: Operator) -> Pair:
        without(person)
        return person.regenerate()

    assert operator.rotate(then_with).state.is_completed()
    assert refusals(operator) == []


@pytest.mark.usefixtures("passkey")
def test_a_pair_without_a_proof_is_kept_and_not_looked_at_before_there_is_one(operator: Operator) -> None:
    pairs: list[Pair] = []

    def entered(person: Operator) -> None:
        pairs.append(person.regenerate())
        unsigned(person, pairs[0], "rekey-act-1.AAAA")

    def whose(person: Operator) -> None:
        assert person.form is not None
        assert "who entered this pair?" in person.form.description
        assert f"fingerprint {pairs[0].fingerprint}" in person.form.description
        assert "no signature of rekey" in person.form.description
        assert not [row for row in person.steps("validate") if row.facts.is_done]
        person.choose("I entered it: go on with it")

    begun(operator, entered, whose, until=Step.VALIDATE, credential=PAPER)

    assert len(refusals(operator)) == 1
    (row,) = [row for row in operator.steps("await_human_input") if row.facts.is_done]
    assert (row.actor, row.facts.fingerprint) == (
        "proved to be test operator (superadmin, passkey)",
        pairs[0].fingerprint,
    )


def test_what_is_nobodys_is_deleted_and_asked_for_again(operator: Operator, passkey: Authenticator) -> None:
    strangers = Pair(made_up.alpaca_key_id("PK"), SecretStr(made_up.alpaca_secret()))

    def entered(person: Operator) -> None:
        carried, person.robot.carries = person.robot.carries, Carried("Eve", Authenticator(passkey.site), person.ledger)
        assert person.form is not None
        person.submit(person.form.run_id, strangers)
        person.robot.carries = carried

    def nobodys(person: Operator) -> None:
        person.choose("nobody of us entered it: delete it, and ask again")

    def asked_again(person: Operator) -> Pair:
        assert person.form is not None
        assert "What was entered before was of nobody" in person.form.description
        assert person.tables_with(strangers.secret) == []
        return person.regenerate()

    begun(operator, entered, nobodys, asked_again, until=Step.VALIDATE, credential=PAPER)

    assert refusals(operator) == ["Nobody of that name is enrolled."]
    assert Action.MISROTATION.value not in operator.actions()


@pytest.mark.usefixtures("passkey")
def test_five_refusals_hold_the_rotation_and_alert(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prove, "WITHIN", timedelta(seconds=20))

    def guess(person: Operator) -> None:
        person.fill(choice="I entered it: go on with it", proof="rekey-act-1.AAAA")

    def entered(person: Operator) -> None:
        unsigned(person, person.regenerate(), "rekey-act-1.AAAA")

    outcome = operator.rotate(
        entered, guess, guess, guess, guess, lambda one: one.choose("I entered it: go on with it")
    )

    assert outcome.state.is_completed(), outcome.message
    assert len(refusals(operator)) == 5
    held = operator.ledger.newest(actions=(Action.HELD,))
    assert held is not None
    assert "5 times within" in held.facts.reason
    assert any("somebody who is no operator tries to act" in str(one) for one in operator.estate.slack.messages)


@pytest.mark.parametrize(
    "signs", [pytest.param(True, id="signed", marks=pytest.mark.long), pytest.param(False, id="not signed")]
)
@pytest.mark.usefixtures("passkey")
def test_what_was_entered_into_a_dead_run_counts_as_far_as_it_is_proved(
    operator: Operator, tmp_path: Path, signs: bool
) -> None:
    with another_process(operator, tmp_path) as process:
        dead = process.form("key_id").run_id
        process.kill()
    pair = operator.regenerate()
    operator.submit(dead, pair, **({} if signs else {"proof": "rekey-act-1.AAAA"}))

    def whose(person: Operator) -> None:
        assert person.form is not None
        assert f"A pair was entered (fingerprint {pair.fingerprint})" in person.form.description
        person.choose("I entered it: go on with it")

    begun(operator, *(() if signs else (whose,)), until=Step.VALIDATE, credential=PAPER)

    assert [row.facts.act["step"] for row in acted(operator) if row.facts.act] == [
        "await_human_input" if signs else "proof"
    ]
    (entered,) = [row for row in operator.steps("await_human_input") if row.facts.is_done]
    assert (entered.facts.operator, entered.facts.fingerprint) == ("test operator", pair.fingerprint)
    assert (entered.actor, entered.facts.how) == ("proved to be test operator (superadmin, passkey)", "passkey")
    rotation = replace(live_rotation(), credential=load_catalog(SHIPPED).get(PAPER))
    told = report(rotation, history.of(operator.ledger, entered.rotation), "0" * 64)
    assert "| Proved to be | test operator |" in told
    assert operator.tables_with(pair.secret) == []


def test_a_rotation_that_nobody_could_answer_does_not_begin_and_health_says_so(operator: Operator) -> None:
    ask_for(operator, "passkey")
    checks: list[Check] = []
    assert alone(lambda: checks.extend(examine("alpaca-paper", Depth.LIGHT))).is_completed()
    (found,) = [one for one in checks if one.subject == "operators"]
    assert found.outcome is Outcome.FAILED
    assert "no operator with the role ops has that" in found.told

    state = operator.rotate().state

    assert "no operator with the role ops has that" in told(state)
    assert "`rekey operator add NAME --role ops`" in told(state)
