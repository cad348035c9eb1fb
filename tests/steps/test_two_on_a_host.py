"""Two credentials on one of Alpaca's hosts: what happens to both at once is no click, and a second click is seen."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from blocks.catalog import load_catalog
from blocks.issuers.alpaca.session import REFUSALS
from blocks.ledger.row import Action
from blocks.model.step import Step
from blocks.prefect_api import estate
from blocks.settings import read_settings
from blocks.vaults import pending
from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.estate import VAULT_ENVIRONMENT, VAULT_PATH
from deployments.sandbox.faults import Fault, FaultKind
from tasks.watch import refused_together
from tests.operator import Operator
from tests.steps.beginning import begun
from tests.steps.holding import alerts_of_a_hold
from tests.steps.watching import deaths_looked_for
from tests.waiting import wait_until

NAMES = ("ALPACA_RESEARCH_API_KEY_ID", "ALPACA_RESEARCH_API_SECRET_KEY")
APP = "raxx-research"
KEYS = f'key_id = "{NAMES[0]}"\nsecret = "{NAMES[1]}"'
ENTRY = f"""
[credential.alpaca-research]
vendor = "alpaca"
environment = "paper"
role = "ops"
cadence_days = 180

[credential.alpaca-research.vault]
environment = "{VAULT_ENVIRONMENT}"
path = "{VAULT_PATH}"
{KEYS}

[credential.alpaca-research.verification.check_order]
kind = "none"

[[credential.alpaca-research.consumers]]
kind = "heroku"
app = "{APP}"
{KEYS}
"""


@pytest.fixture
def research(operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SandboxAccount:
    """A second paper account with a credential of its own."""
    account = operator.estate.alpaca.add_account("paper", name="Research")
    values = dict(zip(NAMES, account.regenerate(), strict=True))
    operator.estate.infisical.put(operator.estate.project_id, VAULT_ENVIRONMENT, VAULT_PATH, values)
    operator.estate.heroku.add_app(APP, values)
    (tmp_path / "catalog.toml").write_text(read_settings().catalog.read_text() + ENTRY)
    monkeypatch.setenv("REKEY_CATALOG", str(tmp_path / "catalog.toml"))
    return account


def noted(operator: Operator) -> bool:
    """Whether the old pair's death is in the ledger."""
    return any("old_died_at" in row.context for row in operator.ledger.rows())


def looks(operator: Operator) -> int:
    """How often the paper host was asked for an account."""
    entries = operator.estate.server.journal.entries
    return sum(one.vendor == "alpaca-paper" and one.path == "/v2/account" for one in entries)


def test_a_host_that_refuses_every_pair_at_once_is_no_click_and_a_second_click_beside_the_right_one_is_told(
    operator: Operator, research: SandboxAccount
) -> None:
    refused = {"code": 40110000, "message": "request is not authorized"}

    def sit_an_outage_out_and_click_both(person: Operator) -> Any:
        wait_until(lambda: looks(person) >= 6, description="both pairs are watched")
        plan, before = person.estate.server.plan, looks(person)
        plan.add(Fault("alpaca-paper", FaultKind.ANSWER, "GET", "/v2/account", 401, refused, times=None))
        wait_until(lambda: looks(person) >= before + 8 * REFUSALS, description="both are refused")
        assert not noted(person)
        plan.clear()
        before = looks(person)
        wait_until(lambda: looks(person) >= before + 4, description="both are accepted again")
        pair = person.regenerate()
        wait_until(lambda: noted(person), description="the old pair's death is noted")
        seen = looks(person)
        wait_until(lambda: looks(person) >= seen + 3, description="the other pair is still watched")
        assert alerts_of_a_hold(person) == []
        research.regenerate()
        wait_until(lambda: len(alerts_of_a_hold(person)) == 1, description="people are told")
        return pair

    begun(operator, sit_an_outage_out_and_click_both, until=Step.VALIDATE, credential="alpaca-paper")

    (row,) = (row for row in operator.ledger.rows() if row.action is Action.MISROTATION)
    assert row.context["killed"] == "alpaca-research"
    (told,) = alerts_of_a_hold(operator)
    assert "Wrong keys regenerated: alpaca-research instead of alpaca-paper" in told
    assert "The keys of alpaca-paper were regenerated as well: enter that pair, too." in told


def dead(operator: Operator) -> list[str]:
    """The credentials whose sudden death is in the ledger."""
    return [row.credential for row in operator.ledger.rows() if row.action is Action.DIED]


@pytest.fixture
def _often(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001  its settings come first
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "0.05")


@pytest.mark.usefixtures("_often")
def test_a_sibling_that_is_known_to_be_dead_hides_no_death(operator: Operator, research: SandboxAccount) -> None:
    research.regenerate()
    deaths_looked_for()
    assert dead(operator) == ["alpaca-research"], "the other one is well, and says so"
    operator.regenerate()

    deaths_looked_for()

    assert dead(operator) == ["alpaca-research", "alpaca-paper"]


@pytest.mark.usefixtures("research", "_often")
def test_a_sibling_of_whose_pair_the_vault_holds_a_half_hides_no_death(operator: Operator) -> None:
    place = load_catalog(read_settings().catalog).get("alpaca-research").vault
    with estate.vault(place).get_client() as vault:
        vault.delete(pending.place_of(place), [NAMES[1]])
    operator.regenerate()

    deaths_looked_for()

    assert dead(operator) == ["alpaca-paper"]


@pytest.mark.usefixtures("research", "_often")
def test_two_that_a_host_refuses_are_an_outage_to_watch_which_is_told_once_when_it_lasts(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = {"code": 40110000, "message": "request is not authorized"}
    fault = Fault("alpaca-paper", FaultKind.ANSWER, "GET", "/v2/account", 401, refused, times=None)
    operator.estate.server.plan.add(fault)

    deaths_looked_for()
    deaths_looked_for()

    assert dead(operator) == alerts_of_a_hold(operator) == []
    monkeypatch.setattr(refused_together, "LASTS", timedelta(0))
    deaths_looked_for()
    deaths_looked_for()
    (told,) = alerts_of_a_hold(operator)
    assert told.startswith("alpaca-paper: look whether its keys are dead: Alpaca refuses the pairs of alpaca-paper and")
    assert "start the rotation of alpaca-paper with reason 'account reset'" in told
    operator.estate.server.plan.clear()
    deaths_looked_for()
    deaths_looked_for()
    assert dead(operator) == []
    assert [one.split(":")[0] for one in alerts_of_a_hold(operator, "rekey_news")] == [
        "alpaca-paper lives",
        "alpaca-research lives",
    ]


@pytest.mark.usefixtures("_often")
def test_of_two_that_died_together_one_is_settled_by_the_new_pair_of_the_other(
    operator: Operator, research: SandboxAccount
) -> None:
    new = dict(zip(NAMES, research.regenerate(), strict=True))
    operator.regenerate()
    deaths_looked_for()
    assert dead(operator) == []

    operator.estate.infisical.put(operator.estate.project_id, VAULT_ENVIRONMENT, VAULT_PATH, new)
    deaths_looked_for()

    assert dead(operator) == ["alpaca-paper"]
