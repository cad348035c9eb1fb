"""Rotations of a key whose end can be taken back: both live until everything runs with the new one."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from blocks.model.rotation import Reason
from blocks.model.step import Step
from blocks.secret import Minted
from deployments.cli.main import main
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.issuers.anthropic import MODEL, an_admin_key
from tests.issuers.anthropic.conftest import NAME, Bench
from tests.issuers.postmark.test_rotation import alien_words, texts_of
from tests.operator import Answer, Operator
from tests.steps.beginning import begun
from tests.steps.watching import watched

ADMIN = "/v1/organizations/api_keys"


def text_of(person: Operator) -> str:
    """What the form says that is shown."""
    assert person.form is not None
    return person.form.description


def test_the_old_key_is_made_inactive_and_how_that_is_taken_back_is_said_everywhere(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    """A person enters an admin key first, then one that gets no token of the model; nothing is down meanwhile."""
    (old,) = bench.twin.keys.living.values()
    seen: list[bool] = []
    made: list[Minted] = []

    class Looking(Fault):
        def strike(self) -> None:
            seen.append(bench.used <= set(bench.twin.keys.living.values()))

    for vendor in ("infisical", "heroku"):
        bench.operator.estate.server.plan.add(Looking(vendor, FaultKind.SLOW, seconds=0.0, times=None))

    def first(_: Operator) -> Minted:
        # Not rekey's own, which other tests have, too: Prefect's database keeps what was typed into its form.
        return Minted({"key": SecretStr(an_admin_key())})

    def may_too_little(person: Operator) -> Minted:
        assert "which may end every key: rekey does not keep it." in text_of(person)
        made.append(bench.mint(person))
        bench.twin.models.clear()
        return made[-1]

    def right(person: Operator) -> Minted:
        assert f"Anthropic does not let it use {MODEL} (403)" in text_of(person)
        bench.twin.models.add(MODEL)
        return made[-1]

    outcome = bench.operator.rotate(first, may_too_little, right, credential=NAME)

    assert outcome.state.is_completed(), outcome.message
    assert bench.statuses == ["inactive", "active"]
    assert bench.used == {made[-1].secret.get_secret_value()} == set(bench.twin.keys.living.values())
    assert len(seen) > 10
    assert all(seen)
    (kept,) = bench.kept
    assert bench.folder == {f"ANTHROPIC_API_KEY__{kept.mark.upper()}"}
    page = f"{bench.operator.estate.url('issuers')}/anthropic/keys"
    back = f"make the key that ends with {old[-4:]} active again at {page}"
    proofs = bench.operator.steps("retire")[-1].context["proofs"]
    assert any("is dead: refused 6 times in a row" in one for one in proofs)
    assert any(back in one for one in proofs)
    assert back in outcome.message
    assert back.partition(" at ")[0] in str(bench.operator.estate.slack.messages)
    assert back.split(" at ", maxsplit=1)[0] in bench.operator.report(NAME)
    capsys.readouterr()
    assert main(["status"]) == 0
    assert f"{NAME}: the old {kept.mark} is refused, and ends for good by" in " ".join(capsys.readouterr().out.split())
    assert bench.operator.ledger.verify() is None


@pytest.mark.long
def test_without_an_admin_key_a_person_disables_the_old_one_and_never_deletes_it(bench: Bench) -> None:
    """The wrong one first: that is found out, the form says what to do, and another new key is asked for."""
    bench.take_the_admin_key_out()
    keys = bench.twin.keys
    (old,) = keys.living.values()
    made: list[str] = []

    def mint(person: Operator) -> Minted:
        found = bench.mint(person)
        made.append(found.secret.get_secret_value())
        return found

    def disables(wrong: bool) -> Answer:
        def answer(person: Operator) -> None:
            assert "### anthropic-raxx: disable the old one now" in text_of(person)
            assert "Do not delete it." in text_of(person)
            keys.delete(made[-1] if wrong else old)
            person.fill(ended=True)

        return answer

    def enters_another(person: Operator) -> None:
        assert "the wrong one was disabled at Anthropic" in text_of(person)
        person.choose("enter another key")

    outcome = bench.operator.rotate(
        mint, disables(wrong=True), enters_another, mint, disables(wrong=False), credential=NAME
    )

    assert outcome.state.is_completed(), outcome.message
    assert bench.statuses == ["inactive", "inactive", "active"]
    assert bench.used == {made[-1]}
    assert len(bench.kept) == 1
    said = str([row.context for row in bench.operator.ledger.rows(credential=NAME)])
    assert "its workspace is not compared" in said, "which proof is lacking"
    assert "said that the old key" in said
    assert "A person is asked to disable the old key" in said
    assert alien_words(texts_of(bench.operator, outcome.descriptions, outcome.message, NAME)) == []


@pytest.mark.long
def test_one_that_is_accepted_a_while_after_its_end_is_waited_for(bench: Bench) -> None:
    """Every answer in a row has to be a refusal."""
    bench.twin.knobs.late = 4

    outcome = bench.operator.rotate(bench.mint, credential=NAME)

    assert outcome.state.is_completed(), outcome.message
    assert bench.statuses == ["inactive", "active"]
    assert bench.twin.knobs.late == 0


def test_a_new_key_of_another_workspace_is_told_and_nothing_is_changed(bench: Bench) -> None:
    used = bench.used

    def elsewhere(person: Operator) -> Minted:
        found = bench.mint(person)
        bench.twin.keys.all[-1].workspace = "wrkspc_01Other"
        return found

    def right(person: Operator) -> Minted:
        assert "workspace wrkspc_01Other instead of wrkspc_01Sandbox" in text_of(person)
        return bench.mint(person)

    begun(bench.operator, elsewhere, right, until=Step.VALIDATE, credential=NAME)

    assert bench.statuses == ["active", "active", "active"]
    assert bench.used == used


@pytest.mark.long
def test_an_admin_key_that_may_not_update_holds_the_rotation_with_both_keys_living(bench: Bench) -> None:
    plan = bench.operator.estate.server.plan
    body = {"type": "error", "error": {"type": "permission_error", "message": "no"}}
    plan.add(Fault("issuers", FaultKind.ANSWER, "POST", f"{ADMIN}/.*", 403, times=None, body=body))

    def mend(person: Operator) -> None:
        assert "does not let the admin key of its block update API key (403)" in text_of(person)
        assert bench.statuses == ["active", "active"]
        plan.clear()
        person.choose("retry this step")

    outcome = bench.operator.rotate(bench.mint, mend, credential=NAME)

    assert outcome.state.is_completed(), outcome.message
    assert bench.statuses == ["inactive", "active"]


def test_an_admin_key_that_lists_nothing_lets_nobody_mint(bench: Bench) -> None:
    bench.twin.knobs.lists_nothing = True

    outcome = bench.operator.rotate(credential=NAME)

    assert outcome.state.is_failed()
    assert "one of another organization" in outcome.message
    assert outcome.descriptions == []


@pytest.mark.long
def test_after_a_suspected_compromise_nobody_is_told_how_to_take_it_back(bench: Bench) -> None:
    """It is archived by the next run of watch."""
    outcome = bench.operator.rotate(bench.mint, credential=NAME, reason=Reason.COMPROMISE)

    assert outcome.state.is_completed(), outcome.message
    assert "active again" not in outcome.message
    assert bench.statuses == ["inactive", "active"]
    watched()
    assert bench.statuses == ["archived", "active"]
    assert (bench.kept, bench.folder) == ([], set())
