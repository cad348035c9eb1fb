"""What cannot be the new pair leads back to the form with the reason, as often as needed, and nothing is lost."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from pydantic import SecretStr

from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.row import Action
from blocks.model.step import Step
from deployments.rehearsal import proof
from deployments.sandbox.estate import APPS, LIVE, LIVE_RUNTIMES, PAPER
from tests.operator import Operator, Outcome
from tests.steps.beginning import begun
from tests.steps.support import Seen, pending_marks, seen

PROD = APPS["raptor-prod"]
KEPT = "What you entered is kept in the vault's folder `/MooseQuest/alpaca/rekey` (prod)"


@pytest.fixture
def _soon_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pair that Alpaca refuses is not asked about for long: it might have been a fresh one."""
    monkeypatch.setenv("REKEY_ACTIVATION_TIMEOUT_S", "0.2")


@dataclass
class Hands:
    """An operator whose copying goes wrong in many ways. Notes what was entered, and what the estate then held."""

    entered: list[Pair] = field(default_factory=list)
    kept: list[list[str]] = field(default_factory=list)
    new: Pair | None = None

    def enter(self, operator: Operator, key_id: str, secret: str) -> Pair:
        """The pair as it is entered."""
        self.kept.append(pending_marks(operator.estate))
        self.entered.append(Pair(key_id, SecretStr(secret)))
        return self.entered[-1]

    def regenerate(self, operator: Operator) -> Pair:
        """Click the right button. The dashboard shows the pair from now on."""
        self.new = operator.regenerate()
        return self.new

    @property
    def shown(self) -> Pair:
        """What the dashboard shows since Regenerate was clicked."""
        assert self.new is not None
        return self.new


def reasons(outcome: Outcome, *expected: str) -> None:
    """Each form but the first one said why the entry before it was not accepted, in this order."""
    said = outcome.descriptions[1:]
    assert len(said) == len(expected), said
    for number, (one, wanted) in enumerate(zip(said, expected, strict=True), start=1):
        assert "The last entry was not accepted" in one
        assert wanted in one, f"form {number + 1}: {one}"


def secret_of(pair: Pair) -> str:
    return pair.secret.get_secret_value()


@pytest.mark.long
def test_what_cannot_be_a_pair_comes_back_with_the_reason_until_it_is_one(operator: Operator) -> None:
    """In one run: resumed without the form, a key ID as secret, too short, in pieces, the old pair; then all is right.

    White space around both halves is forgiven.
    """
    hands, before = Hands(), proof.observe(operator.estate)

    def resume_without_the_form(person: Operator) -> None:
        assert person.form is not None
        hands.regenerate(person)
        state = {"state": {"type": "RUNNING", "name": "Running"}, "force": True}
        person.api.post(f"/flow_runs/{person.form.run_id}/set_state", json=state).raise_for_status()

    def old_pair(person: Operator) -> Pair:
        values = person.estate.vault_values()
        return hands.enter(person, values[PAPER[0]], values[PAPER[1]])

    outcome = operator.rotate(
        resume_without_the_form,
        lambda person: hands.enter(person, hands.shown.key_id, hands.shown.key_id),
        lambda person: hands.enter(person, hands.shown.key_id, secret_of(hands.shown)[:20]),
        lambda person: hands.enter(
            person, hands.shown.key_id, f"{secret_of(hands.shown)[:20]} {secret_of(hands.shown)[20:]}"
        ),
        old_pair,
        lambda person: hands.enter(person, f"  {hands.shown.key_id}\n", f"\t{secret_of(hands.shown)}  \n"),
    )

    assert outcome.state.is_completed(), outcome.message
    reasons(
        outcome,
        "The run was resumed without a complete form. Fill in every field. In Prefect's form: use Resume in the menu.",
        "The secret field holds a key ID: the halves are exchanged, or the key ID was copied twice. Copy both values",
        "The secret has 20 characters; Alpaca's have 40 or 44.",
        "The secret has white space inside, so it was copied in pieces.",
        "That is the old pair, which is dead. Copy the new one from the dashboard page, which still shows it.",
    )
    assert proof.prove_rotated(before, proof.observe(operator.estate), operator.ledger)


@pytest.mark.usefixtures("_soon_refused")
def test_pairs_that_belong_elsewhere_come_back_with_where_and_are_kept_for_their_owner(operator: Operator) -> None:
    """In one run: halves of two pairs, another paper account, the live account; then the right pair.

    What works elsewhere was shown once and may be the only copy: it stays in the vault's folder and the report says so.
    The live pair is of another entry of the catalog, so it is put aside for that one, whose trading is stopped.
    """
    hands, estate = Hands(), operator.estate
    untouched: list[Seen] = []

    def halves_of_two_pairs(person: Operator) -> Pair:
        new = hands.regenerate(person)
        untouched.append(seen(person.estate))
        return hands.enter(person, new.key_id, person.estate.other_paper.regenerate()[1])

    def live(person: Operator) -> Pair:
        return hands.enter(person, *person.estate.live.regenerate())

    def right_at_last(person: Operator) -> Pair:
        now = seen(person.estate)
        # But the brake of live trading, and the one message that says so.
        braked = {PROD: untouched[0].releases[PROD] + 1}
        assert (now.vault, now.releases, now.github, now.messages) == (
            untouched[0].vault,
            {**untouched[0].releases, **braked},
            untouched[0].github,
            untouched[0].messages + 1,
        )
        return hands.enter(person, hands.shown.key_id, secret_of(hands.shown))

    outcome = operator.rotate(
        halves_of_two_pairs,
        lambda person: hands.enter(person, *person.estate.other_paper.regenerate()),
        live,
        right_at_last,
    )

    assert outcome.state.is_completed(), outcome.message
    mixed, other, alive, right = hands.entered
    reasons(
        outcome,
        "Alpaca refuses this pair, on the paper and on the live host. One half was copied wrong or belongs to another",
        f"This pair opens another account: id {estate.other_paper.id} instead of {estate.paper.id}, account number",
        f"This is a LIVE pair: it opens live account {estate.live.number} of alpaca-live. Regenerating it killed",
    )
    for form, pair, until in zip(
        outcome.descriptions[1:3],
        (mixed, other),
        ("until a right one is validated", "until somebody takes it out"),
        strict=True,
    ):
        assert KEPT in form
        assert f"as fingerprint `{pair.fingerprint}` {until}." in form
    put_aside = f"it is put aside in the vault for **alpaca-live** as fingerprint `{alive.fingerprint}`."
    # Nothing is deployed here.
    assert f"{put_aside} Start the rotation of alpaca-live now, with reason 'mis-rotation'" in outcome.descriptions[3]
    assert hands.kept == [
        [],
        [mixed.fingerprint],
        sorted([mixed.fingerprint, other.fingerprint]),
        sorted([mixed.fingerprint, other.fingerprint]),
    ]
    # At the end only what works elsewhere is left, and said; of the live pair it is said whose it is.
    left = [other.fingerprint]
    assert pending_marks(estate) == left
    (resumed,) = (row.context for row in operator.steps("resume") if row.context["outcome"] == "done")
    assert resumed["left"] == left
    report = operator.report()
    assert f"because they work and belong elsewhere: {', '.join(left)}. Take them from there." in report
    assert pending_marks(estate, LIVE) == [alive.fingerprint]
    (misrotation,) = (row for row in operator.ledger.rows() if row.action is Action.MISROTATION)
    assert (misrotation.context["killed"], misrotation.context["meant"]) == ("alpaca-live", "alpaca-paper")
    assert misrotation.context["fingerprint"] == alive.fingerprint
    assert f"The pair {alive.fingerprint} that was entered for alpaca-paper belongs to alpaca-live" in report
    assert [estate.heroku.variables(app)["TRADING_LIVE_DISABLED"] for app in LIVE_RUNTIMES.values()] == ["1", "1"]
    assert estate.vault_values()[PAPER[0]] == right.key_id


def test_what_prefect_itself_refuses_is_echoed_to_nobody_and_kept_nowhere(operator: Operator) -> None:
    """A secret in the field of the key ID, and incomplete forms: REJECT, the run stays paused, no row has it.

    The refused secret is not among what may be in Prefect's database for a while: every byte is searched for it.
    """
    answers: list[str] = []

    def mistaken(person: Operator) -> Pair:
        assert person.form is not None
        run, lost = person.form.run_id, person.regenerate()
        exchanged = Pair(secret_of(lost), SecretStr(lost.key_id))
        entry = Pair(lost.key_id, SecretStr("never sent as it is"))
        changes = ({"switcher_says_paper": False}, {"operator": "x"}, {"key_id": "PK"}, {"note": "more"})
        answers.append(person.submit(run, exchanged)["status"])
        answers.extend(person.submit(run, entry, **change)["status"] for change in changes)
        assert person.tables_with(lost.secret) == []
        assert person.robot.state(run)[0] == "PAUSED"
        return person.regenerate()

    outcome = begun(operator, mistaken, until=Step.VALIDATE, credential="alpaca-paper")

    assert answers == ["REJECT"] * 5
    assert len(outcome.descriptions) == 1
