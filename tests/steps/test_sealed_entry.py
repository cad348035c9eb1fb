"""A pair that is entered sealed: Prefect holds ciphertext, and nothing that is left in the end opens it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.issuers.alpaca.pair import Pair
from blocks.ledger import history
from blocks.prefect_api import estate as blocks
from blocks.sealed.envelope import seal_entry
from blocks.sealed.keys import new_key
from blocks.sealed.run_input import filled_in
from blocks.settings import read_settings
from blocks.vaults import pending
from deployments.rehearsal import proof
from deployments.sandbox import made_up
from deployments.sandbox.estate import VAULT_ENVIRONMENT
from deployments.sandbox.faults import Fault, FaultKind
from tasks.person import pause_form
from tasks.run import sealing
from tests.at_prefect import Form
from tests.derived import places_of
from tests.operator import Operator
from tests.steps.support import PENDING, shipped, stay_held, use_catalog, with_a_short_form
from tests.waiting import wait_until

PAPER, LIVE = "alpaca-paper", "alpaca-live"
ROLES = {PAPER: 'role = "ops"', LIVE: 'role = "superadmin"'}


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> None:
    """As in a new process: a rotation of an earlier test that stayed held is remembered in this one."""
    sealing._in_memory.clear()


@pytest.fixture
def demanded(operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    """A catalog that demands sealed entry of both credentials."""
    use_catalog(tmp_path, monkeypatch, *((role, f'entry = "sealed"\n{role}') for role in ROLES.values()))
    return operator


@dataclass
class Hands:
    """A person who enters pairs sealed, and what was persisted while they did."""

    pairs: list[Pair] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)

    def enter(self, person: Operator) -> None:
        """Regenerate, and enter the pair."""
        assert person.form is not None
        live = LIVE in person.form.description
        self.pairs.append(person.regenerate_live() if live else person.regenerate())
        self.texts.append(person.sealed(self.pairs[-1]))
        taken = person.fill(sealed=self.texts[-1])
        assert taken["status"] == "ACCEPT", taken
        self.look(person)

    def look(self, person: Operator) -> None:
        """Search every byte of what Prefect and rekey keep, also what was deleted and lies in a log of the database."""
        folders = [person.prefect.places.home, *person.canaries.folders]
        self.found += [place for one in self.pairs for place in places_of(one.secret.get_secret_value(), folders)]


def refused(answer: dict[str, Any]) -> str:
    """Why Prefect's server did not take a form."""
    assert answer["status"] == "REJECT", answer
    return str(answer["details"]["reason"])


def kept_in_prefect(person: Operator) -> str:
    """All that Prefect keeps of the forms of this run."""
    assert person.form is not None
    return person.api.post(f"/flow_runs/{person.form.run_id}/input/filter", json={"prefix": "", "limit": 200}).text


def entry_rows(person: Operator) -> list[str]:
    return [row.context["entry"] for row in person.steps("await_human_input") if row.context["outcome"] == "done"]


def well(person: Operator, before: proof.Observation, hands: Hands) -> None:
    """It is rotated; no byte held the secret; and what is left in the vault opens nothing."""
    assert proof.prove_rotated(before, proof.observe(person.estate, before.environment), person.ledger)
    hands.look(person)
    assert hands.found == []
    estate = person.estate
    assert estate.infisical.values(estate.project_id, VAULT_ENVIRONMENT, PENDING) == {}
    assert sealing._in_memory == {}


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


def given_up(person: Operator, monkeypatch: pytest.MonkeyPatch, flow: Any = with_a_short_form) -> dict[str, str]:
    """A run whose form nobody answered, as far as its own process knows; its run and the base of the form's keys."""
    shown: dict[str, str] = {}

    def look(operator: Operator) -> None:
        assert operator.form is not None
        shown.update(run=operator.form.run_id, key=operator.form.key.removesuffix("-response"))

    with monkeypatch.context() as hurried:
        hurried.setattr(pause_form, "FOREVER_S", 2)
        assert person.rotate(look, flow=flow).state.is_failed()
    # What a process that is gone does not remember.
    sealing._in_memory.clear()
    return shown


def submitted_after(person: Operator, shown: dict[str, str], text: str) -> None:
    """Prefect keeps it, and no run comes to read it."""
    body = {"key": f"{shown['key']}-response", "value": json.dumps({"sealed": text, "operator": "test operator"})}

    def is_kept() -> bool:
        return person.api.post(f"/flow_runs/{shown['run']}/input", json=body).status_code in {201, 409}

    wait_until(is_kept, description="Prefect keeps what was submitted")


def test_what_was_submitted_sealed_to_a_run_that_died_is_opened_by_the_next_one(
    demanded: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is asked again: the key is in the vault."""
    before, hands = proof.observe(demanded.estate), Hands()
    shown = given_up(demanded, monkeypatch)
    demanded.form = Form(shown["run"], f"{shown['key']}-response", "", {})
    hands.pairs.append(demanded.regenerate())
    submitted_after(demanded, shown, demanded.sealed(hands.pairs[0]))

    outcome = demanded.rotate()

    assert outcome.state.is_completed(), outcome.message
    assert outcome.descriptions == []
    well(demanded, before, hands)


@pytest.mark.long
def test_what_cannot_be_opened_any_more_is_asked_for_again(demanded: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key was deleted in the vault while nobody ran: the next run makes another one."""
    before, hands = proof.observe(demanded.estate), Hands()
    shown = given_up(demanded, monkeypatch)
    demanded.form = Form(shown["run"], f"{shown['key']}-response", "", {})
    hands.pairs.append(demanded.regenerate())
    submitted_after(demanded, shown, demanded.sealed(hands.pairs[0]))
    with blocks.vault(shipped().vault).get_client() as client:
        folder = pending.folder_of(shipped().vault)
        client.delete(folder, client.read(folder))

    def enter_again(person: Operator) -> None:
        assert person.fill(sealed=person.sealed(hands.pairs[0]))["status"] == "ACCEPT"

    outcome = demanded.rotate(enter_again)

    assert outcome.state.is_completed(), outcome.message
    # It is said where people look: above the fields, and by `rekey status` and the console, which say what is awaited.
    (told,) = outcome.descriptions
    assert "A pair was entered sealed while no run was there to read it, and it does not open any more." in told
    *_, awaited = [row.context["awaited"] for row in demanded.ledger.rows() if row.facts.is_waiting]
    assert awaited == "the new pair once more: what was entered sealed does not open any more"
    well(demanded, before, hands)


DOWN = Fault("infisical", FaultKind.ANSWER, "*", ".*", 503, times=None)


def test_a_vault_that_is_down_when_the_pair_is_entered_loses_nothing(demanded: Operator) -> None:
    """The key is in the process's memory: what was entered is known by its fingerprint, and is staged later."""
    before, hands = proof.observe(demanded.estate), Hands()

    def retry(person: Operator) -> None:
        person.estate.server.plan.clear()
        assert entry_rows(person) == ["sealed"]
        person.choose("retry this step")

    outcome = demanded.rotate(partial(without_a_vault, hands), retry)

    assert outcome.state.is_completed(), outcome.message
    well(demanded, before, hands)


def without_a_vault(hands: Hands, person: Operator) -> None:
    person.estate.server.plan.add(DOWN)
    hands.enter(person)


@pytest.mark.usefixtures("_few_tries")
@pytest.mark.long
def test_without_its_ledger_what_was_submitted_sealed_is_opened_all_the_same(
    demanded: Operator, tmp_path: Path
) -> None:
    """The form's name tells its rotation, the vault has that one's key, and the plan is made again."""
    before, hands = proof.observe(demanded.estate), Hands()
    held = demanded.rotate(partial(without_a_vault, hands), stay_held)
    assert held.state.name == "Stopped", held.message
    demanded.estate.server.plan.clear()
    (tmp_path / "ledger.db").unlink()
    sealing._in_memory.clear()

    outcome = demanded.rotate()

    assert outcome.state.is_completed(), outcome.message
    assert outcome.descriptions == []
    well(demanded, before, hands)
