"""Whoever decides in a form proves it, too: by a passkey or a code; what is not proved counts for nothing."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from blocks.errors import ProofRefused
from blocks.issuers.alpaca.pair import Pair
from blocks.model.step import Step
from blocks.operators import enrolment, offline, offline_decisions
from blocks.operators.registry import SUPERADMIN
from blocks.settings import read_settings
from deployments.rehearsal.robot import Carried
from deployments.sandbox.faults import Fault, FaultKind
from tasks.person import prove
from tests.operator import Answer, Operator
from tests.steps.beginning import begun
from tests.steps.holding import RETRY, STAY, break_vault, mend_and
from tests.steps.proving import acted, ask_for, carry_a_code, refusals, unsigned
from tests.steps.watching import PAPER

ITS_OWN = "claimed by "


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
    assert offline_decisions.broken(operator.ledger) == (1, None), "the choice that was proved"


def test_a_code_proves_it_in_prefects_own_form(operator: Operator, capsys: pytest.CaptureFixture[str]) -> None:
    app = carry_a_code(operator, capsys)
    pairs: list[Pair] = []

    def wrong(person: Operator) -> None:
        pairs.append(person.regenerate())
        unsigned(person, pairs[0], f"{(int(app.now()) + 1) % 1000000:06}")

    def right(person: Operator) -> None:
        assert person.form is not None
        assert "The code is wrong, or too old" in person.form.description
        person.fill(choice="I entered it: go on with it", proof=app.now())

    begun(operator, wrong, right, until=Step.VALIDATE, credential=PAPER)

    (row,) = [row for row in operator.steps("await_human_input") if row.facts.is_done]
    assert row.actor == "proved to be test operator (superadmin, code)"
    assert row.facts.fingerprint == pairs[0].fingerprint
    assert operator.tables_with(SecretStr(app.secret)) == []
    assert app.secret not in repr(operator.ledger.rows())


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
