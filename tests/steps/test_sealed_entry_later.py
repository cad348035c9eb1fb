"""What was submitted sealed is opened by a later run, without the vault or the ledger, or it is asked for again."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from blocks.prefect_api import estate as blocks
from blocks.vaults import pending
from deployments.rehearsal import proof
from deployments.sandbox.faults import Fault, FaultKind
from tasks.person import pause_form
from tasks.run import sealing
from tests.at_prefect import Form
from tests.operator import Operator
from tests.steps.sealed_hands import Hands, entry_rows, well
from tests.steps.support import shipped, stay_held, with_a_short_form
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("_nothing_is_remembered")


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
