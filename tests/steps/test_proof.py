"""Who answers a form proves it, where the credential asks for that: the run itself looks, whoever resumes it."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from pydantic import SecretStr

from blocks.check import Check, Depth, Outcome
from blocks.errors import ProofRefused
from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.row import Action, Row
from blocks.operators import enrolment, offline, registration, registry
from blocks.operators.passkeys import Site
from blocks.operators.registry import SUPERADMIN
from blocks.settings import read_settings
from deployments.cli.main import main
from deployments.rehearsal.authenticator import Authenticator
from deployments.rehearsal.robot import Carried
from deployments.sandbox import made_up
from deployments.sandbox.estate import VAULT_ENVIRONMENT
from deployments.sandbox.faults import Fault, FaultKind
from tasks.health.examine import examine
from tasks.person import prove
from tests.another_process import another_process
from tests.operator import Answer, Operator
from tests.steps.holding import RETRY, STAY, break_vault, mend_and
from tests.steps.support import alone, told

ITS_OWN = "claimed by "


def ask_for(operator: Operator, proof: str, credential: str = "alpaca-paper") -> None:
    """Let the catalog ask for this proof."""
    catalog = Path(os.environ["REKEY_CATALOG"])
    table = f"[credential.{credential}]\n"
    assert table in catalog.read_text()
    catalog.write_text(catalog.read_text().replace(table, f'{table}proof = "{proof}"\n'))
    assert operator.ledger


def acted(operator: Operator) -> list[Row]:
    return operator.ledger.rows(actions=(Action.OPERATOR_ACTED,))


def refusals(operator: Operator) -> list[str]:
    return [row.facts.problem for row in operator.ledger.rows(actions=(Action.OPERATOR_REFUSED,))]


@pytest.fixture
def passkey(operator: Operator) -> Authenticator:
    """A paper credential that asks for a passkey, and somebody who has one."""
    ask_for(operator, "passkey")
    return operator.enrol()


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
    assert f"| test operator | await_human_input (pair {entered.facts.fingerprint}) | by passkey |" in operator.report()
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


def unsigned(person: Operator, pair: Pair, proof: str) -> None:
    """Resume the run past the console."""
    assert person.form is not None
    person.submit(person.form.run_id, pair, proof=proof)


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

    outcome = operator.rotate(entered, whose)

    assert outcome.state.is_completed(), outcome.message
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

    outcome = operator.rotate(entered, nobodys, asked_again)

    assert outcome.state.is_completed(), outcome.message
    assert refusals(operator) == ["Nobody of that name is enrolled."]
    assert Action.MISROTATION.value not in operator.actions()


def of_another_choice(person: Operator) -> None:
    """Sign one choice, and send another one."""
    assert person.form is not None
    signed = person.robot.proved(person.form.run_id, {"choice": RETRY})
    person.fill(**{**signed, "choice": STAY})


def in_the_name_of(name: str, role: str, *, removed: bool = False) -> Answer:
    """Answer as somebody else, who is enrolled just now."""

    def answered(person: Operator) -> None:
        by, one = person.robot.carries, person.enrol(name, role)
        if removed:
            enrolment.remove(person.ledger, name, "claimed by somebody")
        person.robot.carries = Carried(name, one, person.ledger)
        person.choose(STAY)
        person.robot.carries = by

    return answered


def test_a_choice_that_is_not_proved_counts_for_nothing(operator: Operator) -> None:
    """The form of a held rotation comes again with the reason, until somebody proves to be who may choose."""
    ask_for(operator, "passkey", "alpaca-live")
    operator.enrol()

    outcome = operator.rotate(
        Operator.be_ready,
        break_vault,
        of_another_choice,
        in_the_name_of("Robin", "ops"),
        in_the_name_of("Kim", SUPERADMIN, removed=True),
        mend_and(RETRY),
        credential="alpaca-live",
    )

    assert outcome.state.is_completed(), outcome.message
    assert outcome.descriptions[2].startswith("### Choose how to go on")
    for said, why in zip(
        outcome.descriptions[3:],
        (
            "it signs something else than this form",
            "Robin has the role ops, and this asks for superadmin",
            "Kim is no operator any more",
        ),
        strict=True,
    ):
        assert why in said
    assert len(refusals(operator)) == 3
    assert [row.facts.act["step"] for row in acted(operator) if row.facts.act] == [
        "await_readiness",
        "await_human_input",
        "hold",
    ]
    assert offline.broken(operator.ledger)[1] is None


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


def test_a_code_proves_it_in_prefects_own_form(operator: Operator, capsys: pytest.CaptureFixture[str]) -> None:
    ask_for(operator, "code")
    catalog = Path(os.environ["REKEY_CATALOG"])
    place = f'[operators]\nenvironment = "{VAULT_ENVIRONMENT}"\npath = "/operators"\n'
    catalog.write_text(f"{place}\n{catalog.read_text()}")
    operator.enrol()
    superadmin, operator.robot.carries = operator.robot.carries, None
    assert superadmin is not None
    assert main(["operator", "code", "test operator"]) == 0
    told = capsys.readouterr().out
    address, link = (next(word for word in told.split() if word.startswith(one)) for one in ("otpauth:", "http"))
    secret, token = SecretStr(parse_qs(urlsplit(address).query)["secret"][0]), SecretStr(link.rpartition("#")[2])
    # None counts before a superadmin approved it.
    known = registry.of(operator.ledger)
    assert known.operators["test operator"].code is None
    signed = superadmin.authenticator.sign(
        registration.approving(enrolment.link_of(known, token)).challenge, superadmin.name
    )
    registration.approve(operator.ledger, Site.of(read_settings().console_url), token, signed)
    app = pyotp.TOTP(secret.get_secret_value())
    pairs: list[Pair] = []

    def wrong(person: Operator) -> None:
        pairs.append(person.regenerate())
        unsigned(person, pairs[0], f"{(int(app.now()) + 1) % 1000000:06}")

    def right(person: Operator) -> None:
        assert person.form is not None
        assert "The code is wrong, or too old" in person.form.description
        person.fill(choice="I entered it: go on with it", proof=app.now())

    outcome = operator.rotate(wrong, right)

    assert outcome.state.is_completed(), outcome.message
    (row,) = [row for row in operator.steps("await_human_input") if row.facts.is_done]
    assert row.actor == "proved to be test operator (superadmin, code)"
    assert row.facts.fingerprint == pairs[0].fingerprint
    assert operator.tables_with(secret) == []
    assert secret.get_secret_value() not in repr(operator.ledger.rows())


@pytest.mark.usefixtures("passkey")
def test_rekey_itself_tries_again_where_people_have_to_prove_who_they_are(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REKEY_HELD_AGAIN_S", "[1]")

    def break_it(person: Operator) -> Pair:
        person.estate.server.plan.add(Fault("infisical", FaultKind.ANSWER, status=503, times=None))
        return person.regenerate()

    def mend(person: Operator) -> None:
        assert person.form is not None
        assert "proof" in person.form.fields
        person.estate.server.plan.clear()

    outcome = operator.rotate(break_it, mend)

    assert outcome.state.is_completed(), outcome.message
    assert operator.steps("hold")[-1].facts.proofs == ["rekey chose: retry this step."]
    assert operator.steps("hold")[-1].actor.startswith("rekey (run ")
    assert len(acted(operator)) == 1
    assert refusals(operator) == []


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

    outcome = operator.rotate(*(() if signs else (whose,)))

    assert outcome.state.is_completed(), outcome.message
    assert [row.facts.act["step"] for row in acted(operator) if row.facts.act] == [
        "await_human_input" if signs else "proof"
    ]
    (entered,) = [row.facts for row in operator.steps("await_human_input") if row.facts.is_done]
    assert (entered.operator, entered.fingerprint) == ("test operator", pair.fingerprint)
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


@pytest.mark.long
def test_without_a_word_in_the_catalog_nothing_is_asked_for_before_somebody_is_enrolled(operator: Operator) -> None:
    def plain(person: Operator) -> Pair:
        assert person.form is not None
        assert "proof" not in person.form.fields
        return person.regenerate()

    def proved(person: Operator) -> Pair:
        assert person.form is not None
        assert "A one-time code is taken, too" in person.form.description
        assert person.form.fields["proof"]["title"] == "Proof"
        return person.regenerate()

    assert operator.rotate(plain).state.is_completed()
    operator.enrol()
    assert operator.rotate(proved).state.is_completed()

    claimed, signed = (row.actor for row in operator.steps("await_human_input") if row.facts.is_done)
    assert claimed.startswith(ITS_OWN)
    assert signed == "proved to be test operator (superadmin, passkey)"
    assert read_settings().console_url == "http://localhost:4280"


@pytest.mark.parametrize(
    ("read", "kept"),
    [
        ({"choice": "stop here"}, {"choice": "retry this step"}),
        ({"choice": "stop here"}, {"choice": "stop here", "confirm": "alpaca-live"}),
        ({"secret": SecretStr("a")}, {"secret": "b"}),
    ],
)
def test_what_was_changed_after_it_was_read_is_refused(read: dict[str, object], kept: dict[str, object]) -> None:
    """Whoever may write to Prefect's store could sign one entry, and let the run act by another one."""
    same = {name: one.get_secret_value() if isinstance(one, SecretStr) else one for name, one in read.items()}

    prove._refuse_another(read, same)
    with pytest.raises(ProofRefused, match="changed in Prefect"):
        prove._refuse_another(read, kept)
