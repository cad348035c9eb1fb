"""``rekey operator``: the link is printed once, and everything else is in the ledger."""

from __future__ import annotations

import json
import os
import pwd
import re
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr

from blocks.ledger.ledger import Ledger
from blocks.ledger.row import SHARED, Action
from blocks.operators.registry import SUPERADMIN
from blocks.settings import read_settings
from deployments.cli import operators
from deployments.cli.main import main
from deployments.local import current
from tests.blocks.catalog_text import SHIPPED
from tests.operators.conftest import SITE, Team, act

LINK = re.compile(r"^http://localhost:4280/enrol#([\w-]{43})$", re.MULTILINE)


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    """Of the ledger that the commands read."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    monkeypatch.setenv("REKEY_LEDGER_URL", url)
    monkeypatch.setenv("REKEY_CONSOLE_URL", "http://localhost:4280")
    return Team(Ledger(SecretStr(url)))


def token_in(printed: str) -> SecretStr:
    found = LINK.search(printed)
    assert found is not None, printed
    return SecretStr(found[1])


def test_the_first_operator_is_enrolled_by_the_printed_link(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["operator", "add", "Sam", "--role", "superadmin"]) == 0
    told = capsys.readouterr().out
    team.register(token_in(told))

    assert "within 15 minutes" in told
    assert "approves" not in told
    assert team.known.operators["Sam"].role == SUPERADMIN
    invited = team.ledger.newest(actions=(Action.OPERATOR_INVITED,))
    assert invited is not None
    assert invited.actor == f"claimed by {pwd.getpwuid(os.getuid()).pw_name} (terminal)"


@pytest.mark.usefixtures("sam")
def test_a_later_link_says_who_approves_it(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["operator", "add", "Robin", "--role", "ops"]) == 0
    told = capsys.readouterr().out

    assert "A superadmin opens it first and approves it" in told
    team.approve(token_in(told), "Sam")
    team.register(token_in(told))
    assert "Robin" in team.known.operators


@pytest.mark.usefixtures("sam")
def test_list_shows_who_is_enrolled_with_what(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["operator", "list"]) == 0
    told = capsys.readouterr().out
    assert re.search(r"^Sam +superadmin +blue key +none$", told, re.MULTILINE)
    assert "Sam has 1 of 2 authenticators" in told

    assert main(["operator", "list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    passkey = team.known.operators["Sam"].passkeys[0]
    shown = {"called": "blue key", "credential_id": passkey.credential_id, "host": SITE.host}
    assert found["operators"] == [{"name": "Sam", "role": SUPERADMIN, "passkeys": [shown], "codes": False}]


def test_an_empty_list_says_how_to_begin(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    assert team.known.is_empty
    assert main(["operator", "list"]) == 0
    assert "Nobody is enrolled" in capsys.readouterr().out


@pytest.mark.usefixtures("sam")
def test_removing_the_last_superadmin_says_what_follows(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["operator", "remove", "Sam"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "No superadmin has a passkey now" in told
    assert 'What Sam may have kept: `rekey incident open --operator "Sam" --dry-run`.' in told
    assert team.known.operators == {}
    assert not team.known.is_empty, "that all are gone lets nobody act unproved"
    assert main(["operator", "list"]) == 0
    assert "Nobody is enrolled any more" in capsys.readouterr().out

    assert main(["operator", "remove", "Sam"]) == 1
    assert "No operator of that name" in capsys.readouterr().err


@pytest.mark.usefixtures("sam")
def test_recover_takes_the_old_passkeys_away_at_once(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["operator", "recover", "Sam"]) == 0
    told = capsys.readouterr().out

    assert team.known.operators["Sam"].passkeys == ()
    team.register(token_in(told))
    assert len(team.known.operators["Sam"].passkeys) == 1


@pytest.mark.usefixtures("sam")
def test_verify_checks_every_signature(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    proof = team.prove(act(), "Sam")
    head = team.ledger.head().hash
    assert main(["ledger", "verify", "--head", head]) == 0
    assert "1 of 1 signatures of operators hold." in " ".join(capsys.readouterr().out.split())

    row = team.ledger.newest(actions=(Action.OPERATOR_ACTED,))
    assert row is not None
    forged = {**row.context, "act": act(chosen={"choice": "go on"}).as_context(), "counter": 2}
    team.ledger.append(Action.OPERATOR_ACTED, rotation="", credential=SHARED, actor=row.actor, context=forged)
    assert main(["ledger", "verify", "--head", head]) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert f"Row {proof.row + 1}: its signature does not hold" in told
    assert "signs something else" in told


def test_the_catalog_says_who_is_missing_to_answer(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    catalog = tmp_path / "catalog.toml"
    asked = '[credential.alpaca-live]\nproof = "passkey"\napprovals = 2\n'
    catalog.write_text(SHIPPED.replace("[credential.alpaca-live]\n", asked))
    monkeypatch.setenv("REKEY_CATALOG", str(catalog))

    assert main(["catalog"]) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert "no operator with the role superadmin has that. Enrol one: `rekey operator add NAME --role super" in told
    team.add("Sam", SUPERADMIN)
    assert main(["catalog", "--json"]) == 1
    missing = {one["name"]: one["who_is_missing"] for one in json.loads(capsys.readouterr().out)["credentials"]}
    assert missing["alpaca-paper"] is None
    assert (
        "the approval of a second operator with the role superadmin, and only Sam has a passkey"
        in (missing["alpaca-live"])
    )
    team.add("Kim", SUPERADMIN, by="Sam")
    assert main(["catalog"]) == 0
    assert capsys.readouterr().err == ""


def test_a_ledger_that_nobody_named_is_not_made_for_an_operator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a shell without the variables it would be a stray one, which `rekey status` reads from then on."""
    stray = tmp_path / "stray.db"
    for name in ("REKEY_CONFIG", "PREFECT_API_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(current, "FILE", tmp_path / "current")
    settings = read_settings().model_copy(update={"ledger_url": SecretStr(f"sqlite:///{stray}")})
    settings.model_fields_set.discard("ledger_url")
    monkeypatch.setattr(operators, "read_settings", lambda: settings)

    assert main(["operator", "add", "Sam", "--role", "superadmin"]) == 1

    told = capsys.readouterr().err
    assert "does not exist, so nothing is known of any rotation" in told
    assert "Set REKEY_LEDGER_URL" in told
    assert not stray.exists()


@pytest.mark.usefixtures("sam")
def test_a_removal_says_for_which_credentials_and_forms_too_few_are_left(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever leaves is removed all the same; nobody has to find out by waiting."""
    table = "[credential.alpaca-live]\n"
    (tmp_path / "catalog.toml").write_text(SHIPPED.replace(table, f'{table}proof = "passkey"\napprovals = 2\n'))
    monkeypatch.setenv("REKEY_CATALOG", str(tmp_path / "catalog.toml"))
    team.add("Kim", SUPERADMIN, by="Sam")
    team.add("Robin", SUPERADMIN, by="Sam")
    add = partial(team.ledger.append, rotation="r-1", credential="alpaca-live", actor="somebody")
    add(Action.STARTED, context={"flow_run_id": "a", "reason": "scheduled"})
    for facts in (
        {"step": "preflight", "outcome": "done", "plan": "a" * 64},
        {"step": "approve", "outcome": "waiting"},
    ):
        add(Action.STEP, context={"form": "paused-1", "awaited": "an approval", **facts})

    assert main(["operator", "remove", "Robin"]) == 0
    assert "Too few" not in capsys.readouterr().out
    assert main(["operator", "remove", "Kim"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "asks for the approval of a second operator with the role superadmin, and only Sam has a passkey." in told
    assert "Too few operators are left for alpaca-live: no rotation of it begins." in told
    assert "`rekey operator add NAME --role superadmin`" in told
    assert set(team.known.operators) == {"Sam"}


@pytest.mark.usefixtures("sam")
def test_after_the_console_moved_it_is_said_whose_passkeys_are_of_the_old_host_and_how_to_enrol_anew(
    team: Team, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is said is enough: whoever does so is enrolled again."""
    team.add("Kim", SUPERADMIN, by="Sam")
    monkeypatch.setenv("REKEY_CONSOLE_URL", "https://rekey.example.com")

    assert main(["operator", "list"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "blue key (only at localhost)" in told
    assert "Sam has 0 of 2 authenticators" in told
    assert "no passkey of Sam and Kim signs there" in told

    assert main(["operator", "recover", "Sam"]) == 0
    assert "Nobody can: the console is at rekey.example.com now" in " ".join(capsys.readouterr().out.split())
    assert main(["operator", "recover", "Kim"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "approves it" not in told
