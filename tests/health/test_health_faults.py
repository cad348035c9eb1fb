"""Everything that can be wrong with a credential is found, named, and comes with what to do."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from blocks.catalog import load_catalog
from blocks.check import Depth
from blocks.prefect_api import estate as blocks
from blocks.prefect_api import prefect_clock
from blocks.prefect_api.block_cache import CACHE
from blocks.settings import read_settings
from blocks.vaults import pending
from deployments.sandbox import made_up
from deployments.sandbox.estate import PAPER as PAPER_NAMES
from deployments.sandbox.estate import REPOSITORY, VAULT_ENVIRONMENT, VAULT_PATH
from tasks.health import shared
from tasks.health.ask_shared import ALL
from tests.health.support import GITHUB, LIVE, PAPER, Then, examined, looked, shipped, told, wrong
from tests.operator import Operator
from tests.steps.support import use_catalog


def test_drift_in_one_of_several_copies_says_which_since_when_and_by_whom(well: Operator) -> None:
    well.estate.heroku.set_by_hand("raxx-api-staging", PAPER_NAMES[1], made_up.token(""))

    found = examined()

    assert wrong(found) == {f"{PAPER}: copy of heroku raxx-api-staging": "failed"}
    text = told(found, "copy of heroku raxx-api-staging")
    assert f"{datetime.now(UTC):%Y-%m-%d}" in text
    assert "Set ALPACA_PAPER_API_SECRET_KEY config vars" in text
    assert "by somebody@example.com" in text
    (line,) = (one for one in found["matrix"] if one["credential"] == PAPER)
    assert "heroku raxx-api-staging: failed" in line["drift"]
    assert "heroku raxx-api-prod: equal" in line["drift"]


def test_a_catalog_that_cannot_be_read_is_told_and_everything_is_examined_by_what_was_read_before(
    well: Operator,
) -> None:
    catalog = read_settings().catalog
    load_catalog(catalog)
    catalog.write_text(f"<<<<<<< HEAD\n{catalog.read_text()}")

    found = looked(PAPER)

    assert well.ledger.rows(credential=PAPER)
    assert wrong(found) == {"all credentials: catalog": "failed", "all credentials: this worker": "failed"}
    for check in ("catalog", "this worker"):
        assert told(found, check) == (
            f"The catalog {catalog} is not valid TOML: Invalid statement (at line 1, column 1). Correct that line."
        )


def test_a_brake_that_somebody_engaged_by_hand_is_found(well: Operator) -> None:
    well.estate.heroku.set_by_hand("raxx-mq-a", "TRADING_LIVE_DISABLED", "1")

    found = looked(ALL)

    assert wrong(found) == {f"{LIVE}: brake TRADING_LIVE_DISABLED on raxx-mq-a": "failed"}
    assert "not by a rotation" in told(found, "brake TRADING_LIVE_DISABLED on raxx-mq-a")


def test_an_application_that_names_no_account_is_not_told_to_trade_in_the_expected_one(well: Operator) -> None:
    well.estate.raptors["raptor-prod"].knobs.account_answer = (200, {"alpaca_status": "ACTIVE"})

    found = looked(PAPER, depth=Depth.FULL)

    assert wrong(found) == {f"{PAPER}: account of raptor-prod": "failed"}
    assert "raptor-prod does not say which account it trades in" in told(found, "account of raptor-prod")


def test_a_github_secret_that_was_edited_after_rekey_wrote_it_is_never_called_equal(well: Operator) -> None:
    assert told(looked(ALL), GITHUB).startswith("github raxx/raxx cannot be read: consistent by time")
    well.estate.github.edit_by_hand(REPOSITORY, PAPER_NAMES[1], made_up.token(""), updated_at=time.time() + 3600)

    found = looked(ALL)

    assert wrong(found) == {f"{PAPER}: {GITHUB}": "failed"}
    assert "was edited at" in told(found, GITHUB)


def test_a_vault_that_was_changed_behind_rekey_shows_in_every_copy(well: Operator) -> None:
    key_id, secret = well.estate.other_paper.regenerate()
    well.estate.infisical.put(
        well.estate.project_id, VAULT_ENVIRONMENT, VAULT_PATH, dict(zip(PAPER_NAMES, (key_id, secret), strict=True))
    )

    found = looked(PAPER)

    assert wrong(found) == {
        f"{PAPER}: current pair": "failed",
        f"{PAPER}: copy of heroku raxx-api-prod": "failed",
        f"{PAPER}: copy of heroku raxx-api-staging": "failed",
        f"{PAPER}: {GITHUB}": "failed",
    }
    assert f"when it was rotated it was {well.estate.paper.number}" in told(found, "current pair")


def test_a_copy_of_the_names_in_another_environment_of_the_vault_is_found(well: Operator) -> None:
    well.estate.infisical.put(well.estate.project_id, "staging", "/old", {PAPER_NAMES[0]: made_up.token("")})

    found = looked(PAPER, depth=Depth.FULL)

    assert wrong(found) == {f"{PAPER}: other places of the vault": "failed"}
    assert "is also in folder /old of environment staging" in told(found, "other places of the vault")


def test_another_app_with_a_config_var_of_the_same_name_is_found_and_every_app_is_asked_once(well: Operator) -> None:
    well.estate.heroku.add_app("raxx-forgotten", {PAPER_NAMES[0]: made_up.token(""), "PORT": "1"})
    first = len(well.estate.server.journal.entries)

    # As the flow does it.
    with CACHE.afresh():
        found = looked("all", depth=Depth.FULL)

    assert set(wrong(found)) == {f"{PAPER}: other places of heroku raxx-api-{one}" for one in ("prod", "staging")}
    text = told(found, "other places of heroku raxx-api-staging", PAPER)
    assert f"no entry of the catalog names them: raxx-forgotten ({PAPER_NAMES[0]}). Such an app may use them" in text
    assert "Not looked at: other accounts, review apps and tests of pipelines." in text
    lists = [one for one in well.estate.server.journal.entries[first:] if (one.vendor, one.path) == ("heroku", "/apps")]
    assert len(lists) == 1
    assert "rekey cannot ask" in told(found, "other places of slack D0AJ7K184TV", PAPER)


def test_a_vault_that_was_changed_although_its_pair_lives_is_no_dead_pair(well: Operator) -> None:
    estate, place = well.estate, shipped(PAPER).vault
    with blocks.vault(place).get_client() as client:
        lives = pending.current(client, place)
        kept = pending.names_of(place, lives.fingerprint, pending.COPY)
        pending.keep_under(client, place, {kept: lives})
    estate.infisical.put(estate.project_id, VAULT_ENVIRONMENT, VAULT_PATH, {PAPER_NAMES[1]: made_up.alpaca_secret()})

    text = told(looked(PAPER), "current pair", PAPER)

    assert f"accepts {lives.fingerprint}, which an earlier preflight found in the vault and kept" in text
    assert f"{kept[1]} into {PAPER_NAMES[1]}. No account was reset." in text


def test_a_character_in_the_vault_that_no_request_can_carry_sends_nobody_to_the_dashboard(well: Operator) -> None:
    name = PAPER_NAMES[1]
    well.estate.infisical.put(
        well.estate.project_id, VAULT_ENVIRONMENT, VAULT_PATH, {name: f"{well.estate.vault_values()[name]}\u200b"}
    )

    text = told(looked(PAPER), "current pair")

    assert f"{name} in {VAULT_PATH} ({VAULT_ENVIRONMENT}) holds a character that no such value has: U+200B" in text
    assert "Make nothing new at Alpaca" in text
    assert "copy buttons" not in text


@pytest.mark.usefixtures("well")
def test_a_vault_folder_that_is_gone_leaves_the_copies_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_catalog(tmp_path, monkeypatch, ('path = "/MooseQuest/alpaca"', 'path = "/MooseQuest/moved"'))

    found = looked(PAPER, depth=Depth.FULL)

    assert wrong(found)[f"{PAPER}: current pair"] == "failed"
    assert "/MooseQuest/moved" in told(found, "current pair")
    copies = [one["outcome"] for one in found["checks"] if one["check"].startswith("copy of")]
    assert copies == ["unknown"] * 4


def test_an_account_that_is_blocked_is_no_dead_key(well: Operator) -> None:
    well.estate.paper.flags["trading_blocked"] = True

    found = looked(PAPER)

    assert wrong(found) == {f"{PAPER}: current pair": "failed"}
    assert "trading_blocked" in told(found, "current pair")


@pytest.mark.usefixtures("well")
def test_an_account_whose_owner_suspended_trading_is_told_and_its_pair_is_well(operator: Operator) -> None:
    operator.estate.paper.flags["trade_suspended_by_user"] = True

    found = looked(PAPER)

    assert wrong(found) == {f"{PAPER}: trading at Alpaca": "failed"}
    assert "Trading is suspended by the account's owner" in told(found, "trading at Alpaca")
    assert "rekey never does" in told(found, "trading at Alpaca")


def test_a_key_that_is_dead_on_one_host_leaves_the_other_credential_ok(well: Operator) -> None:
    well.regenerate()

    found = looked(ALL, Depth.FULL)

    assert wrong(found) == {
        f"{PAPER}: current pair": "failed",
        f"{PAPER}: account of raptor-prod": "failed",
        f"{PAPER}: account of raptor-staging": "failed",
        f"{PAPER}: check orders": "failed",
    }
    assert "is not accepted for paper trading" in told(found, "current pair", PAPER)


@pytest.mark.usefixtures("well")
def test_clocks_that_differ_are_said_so_and_make_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "datetime", Then.of(datetime.now(UTC) - timedelta(minutes=7)))

    found = looked(PAPER)

    assert wrong(found) == {"all credentials: schedule": "unknown"}
    assert "s behind that of Prefect's server" in told(found, "schedule")


@pytest.mark.usefixtures("well")
@pytest.mark.parametrize(("minutes", "how"), [(7, "ahead of"), (-7, "behind")])
def test_a_clock_that_differs_from_prefects_is_told_before_what_it_makes_up(
    monkeypatch: pytest.MonkeyPatch, minutes: int, how: str
) -> None:
    """One that is ahead would find that watch is late."""
    then = Then.of(datetime.now(UTC) + timedelta(minutes=minutes))
    for module in (shared, prefect_clock):
        monkeypatch.setattr(module, "datetime", then)

    found = looked(PAPER)

    assert wrong(found) == {"all credentials: schedule": "unknown"}
    assert f"s {how} that of Prefect's server" in told(found, "schedule")


def test_a_copy_that_rekey_never_wrote_is_older_than_the_vault_only_beyond_what_clocks_differ(
    operator: Operator,
) -> None:
    values = operator.estate.vault_values()
    for seconds, outcome in ((30, "ok"), (3600, "unknown")):
        for name in PAPER_NAMES:
            operator.estate.github.edit_by_hand(REPOSITORY, name, values[name], updated_at=time.time() - seconds)
        found = looked(PAPER)
        assert wrong(found).get(f"{PAPER}: {GITHUB}", "ok") == outcome
