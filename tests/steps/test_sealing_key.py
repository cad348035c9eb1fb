"""The key to which an entry is sealed lies in the vault while its rotation is open, and not a moment longer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.consumers.github.block import Github
from blocks.ledger import history
from blocks.model.places import VaultPlace
from blocks.model.plan import hash_of, plan_of
from blocks.model.rotation import Reason, Rotation
from blocks.prefect_api import estate as blocks
from blocks.sealed.keys import PublicKeys, key_of
from blocks.vaults import pending
from blocks.vaults.pending import InFlight
from deployments.cli.main import main
from deployments.local.processes import free_port
from deployments.sandbox import made_up
from deployments.sandbox.estate import PAPER, VAULT_ENVIRONMENT
from tasks.person import pause_form
from tasks.run import sealing
from tests.operator import Operator
from tests.steps.support import PENDING, alone, shipped, use_catalog, with_a_short_form
from tests.waiting import wait_until


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> None:
    """As in a new process: a rotation of an earlier test that stayed held is remembered in this one."""
    sealing._in_memory.clear()


def in_folder(operator: Operator) -> dict[str, str]:
    """What the vault's folder for pairs in flight holds."""
    return operator.estate.infisical.values(operator.estate.project_id, VAULT_ENVIRONMENT, PENDING)


def keys_in(operator: Operator) -> dict[str, str]:
    return {name: value for name, value in in_folder(operator).items() if name.startswith("SEALING_KEY__")}


def test_the_vault_has_the_private_key_while_the_form_waits_and_the_ledger_the_public_ones(operator: Operator) -> None:
    seen: dict[str, Any] = {}

    def look(person: Operator) -> Any:
        seen["keys"] = keys_in(person)
        seen["history"] = history.of(person.ledger, person.ledger.rows()[-1].rotation)
        old = person.estate.vault_values()[PAPER[1]]
        seen["old"] = SecretStr(old)
        return person.regenerate()

    outcome = operator.rotate(look)

    assert outcome.state.is_completed(), outcome.message
    known = seen["history"]
    ((name, kept),) = seen["keys"].items()
    assert name == f"SEALING_KEY__{known.rows[0].rotation.upper().replace('-', '_')}__{PAPER[1]}"
    public = PublicKeys.from_context(known.sealing)
    assert key_of(SecretStr(kept)).public == public
    assert operator.steps("preflight")[-1].context["sealing_hash"] == public.hash
    assert known.plan == hash_of(plan_of(shipped(), known.old))
    assert known.plans == (known.plan,)
    # I7: nothing is left, neither there nor in this process; and no byte of it went anywhere else (I4).
    assert in_folder(operator) == {}
    assert sealing._in_memory == {}
    # The search after each test looks for it, too.
    made_up.issued.extend(kept.split(".")[1:])


@pytest.mark.long
def test_a_preflight_that_fails_leaves_no_key_behind(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For good, or for now."""
    operator.change_block(Github, token=SecretStr(made_up.token("")))
    assert operator.rotate().state.is_failed()
    assert in_folder(operator) == {}

    nowhere = f"http://127.0.0.1:{free_port()}"
    use_catalog(tmp_path, monkeypatch, (f'"{operator.estate.url("github")}"', f'"{nowhere}"'))
    operator.change_block(Github, url=nowhere)
    assert operator.rotate().state.is_failed()
    assert in_folder(operator) == {}


def test_a_rotation_that_is_stopped_before_the_click_leaves_no_key_behind(operator: Operator) -> None:
    outcome = operator.rotate(stop)

    assert outcome.state.name == "Stopped", outcome.message
    assert in_folder(operator) == {}


def stop(person: Operator) -> None:
    person.fill(key_id="", secret="", switcher_says_paper=False, stop_here=True)


def test_a_rotation_that_goes_on_keeps_its_key_and_one_whose_key_is_gone_gets_another(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[dict[str, str]] = []

    def given_up(then: Callable[[], None]) -> None:
        with monkeypatch.context() as hurried:
            hurried.setattr(pause_form, "FOREVER_S", 1)
            assert operator.rotate(lambda _: None, flow=with_a_short_form).state.is_failed()
        kept.append(keys_in(operator))
        # What a process that is gone does not remember.
        sealing._in_memory.clear()
        then()

    def remove() -> None:
        estate = operator.estate
        with blocks.vault(shipped().vault).get_client() as client:
            client.delete(pending.folder_of(shipped().vault), kept[-1])
        assert keys_in(operator) == {}, estate

    given_up(lambda: None)
    given_up(remove)
    given_up(lambda: None)
    outcome = operator.rotate(Operator.regenerate)

    assert outcome.state.is_completed(), outcome.message
    first, second, third = ([*one.items()] for one in kept)
    assert len(first) == len(third) == 1
    assert first == second
    assert third[0][0] == first[0][0]
    assert third[0][1] != first[0][1]
    known = history.of(operator.ledger, operator.ledger.rows()[-1].rotation)
    assert PublicKeys.from_context(known.sealing or {}) == key_of(SecretStr(third[0][1])).public
    assert in_folder(operator) == {}


def test_a_key_is_destroyed_where_nothing_else_is_deleted_with_it(operator: Operator) -> None:
    credential = shipped()
    rotation = Rotation("r-20261128-090000-ab12", credential, Reason.SCHEDULED, "no-run", "rekey", datetime.now(UTC))
    with blocks.vault(credential.vault).get_client() as client:
        pending.keep_under(client, credential.vault, {}, beside=sealing.found_or_made(rotation, InFlight({})).to_keep)
    assert len(keys_in(operator)) == 1

    alone(lambda: sealing.destroy(rotation))

    assert in_folder(operator) == {}


@pytest.mark.parametrize("is_entered", [False, pytest.param(True, marks=pytest.mark.long)])
def test_whoever_ends_a_rotation_by_hand_deletes_its_key_unless_an_entry_waits_unread(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], is_entered: bool
) -> None:
    for name in ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING"):
        monkeypatch.setenv(name, operator.prefect.environment[name])
    with monkeypatch.context() as hurried:
        hurried.setattr(pause_form, "FOREVER_S", 1)
        assert operator.rotate(lambda _: None, flow=with_a_short_form).state.is_failed()
    rotation = operator.ledger.rows()[-1].rotation
    shown = history.of(operator.ledger, rotation).forms.newest
    assert shown is not None
    assert len(keys_in(operator)) == 1
    if is_entered:
        kept = {"key": f"{shown.form}-response", "value": '{"sealed": "rekey-sealed-1.X25519.AAAA"}'}
        operator.api.post(f"/flow_runs/{shown.run}/input", json=kept).raise_for_status()
    wait_until(
        lambda: main(["ledger", "close", "alpaca-paper", "--operator", "somebody", "--reason", "by hand"]) == 0,
        description="the lease of the dead run is over",
    )

    told = " ".join(capsys.readouterr().out.split())
    assert ("so the key that opens it stays" in told) == is_entered
    assert ("sealed is deleted" in told) == (not is_entered)
    assert len(keys_in(operator)) == int(is_entered)


def test_two_credentials_in_one_folder_have_keys_of_their_own() -> None:
    paper = VaultPlace(environment="prod", path="/a", names={"key_id": "PAPER_ID", "secret": "PAPER_SECRET"})
    live = VaultPlace(environment="prod", path="/a", names={"key_id": "LIVE_ID", "secret": "LIVE_SECRET"})
    name = pending.sealing_name(paper, "r-20261128-090000-ab12")

    assert name == "SEALING_KEY__R_20261128_090000_AB12__PAPER_SECRET"
    assert pending._rotation_of(paper, name) == "r-20261128-090000-ab12"
    assert pending._rotation_of(live, name) == ""
    assert pending._rotation_of(paper, "PAPER_SECRET__0123456789AB") == ""
