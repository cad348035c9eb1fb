"""An operator whose catalog has the sandbox's own credentials, and a clock that a test turns."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from blocks.issuers.anthropic.issuer import AnthropicKey
from blocks.ledger import dying
from blocks.ledger.dying import Dying
from blocks.ledger.row import Action
from blocks.secret import Minted
from blocks.settings import read_settings
from blocks.vaults import pending
from deployments.sandbox.estate import ANTHROPIC, DESK, ISSUERS_PATH, ONLY_HERE, VAULT_ENVIRONMENT
from deployments.sandbox.issuers.anthropic import Anthropic
from tasks.watch import prove_old_dead
from tests.operator import Operator
from tests.rotation_steps import give_up_after, try_again_at_once

NAME = "anthropic-raxx"


@dataclass(slots=True)
class Bench:
    """The operator, Anthropic's twin, and a clock for watch."""

    operator: Operator
    ahead: timedelta = timedelta()

    @property
    def twin(self) -> Anthropic:
        """The organization."""
        return self.operator.estate.issuers.anthropic

    def now(self) -> datetime:
        """By that clock."""
        return datetime.now(UTC) + self.ahead

    def later(self, after: timedelta) -> None:
        """So much later."""
        self.ahead += after

    def mint(self, _: Operator) -> Minted:
        """What a person does when asked for a new key."""
        return Minted({"key": SecretStr(self.twin.keys.mint())})

    def take_the_admin_key_out(self) -> None:
        """Of the block: from then on a person ends old keys."""
        self.operator.change_block(AnthropicKey, admin_key=None)

    @property
    def used(self) -> set[str]:
        """The keys with which somebody may ask: the vault's and the application's."""
        estate = self.operator.estate
        vault = estate.infisical.values(estate.project_id, VAULT_ENVIRONMENT, ISSUERS_PATH)[ANTHROPIC]
        return {vault, dict(estate.heroku.serving(DESK) or {})[ANTHROPIC]}

    @property
    def statuses(self) -> list[str]:
        """How each key stands, oldest first."""
        return [one.status for one in self.twin.keys.all]

    @property
    def folder(self) -> set[str]:
        """The names of all that the vault keeps in flight there."""
        estate = self.operator.estate
        return set(estate.infisical.values(estate.project_id, VAULT_ENVIRONMENT, f"{ISSUERS_PATH}/{pending.FOLDER}"))

    @property
    def kept(self) -> list[Dying]:
        """The old keys that are not ended for good."""
        return dying.all_of(self.operator.ledger, NAME)

    @property
    def heard(self) -> list[str]:
        """What was written down of them."""
        return [row.facts.old_answer for row in self.operator.ledger.rows() if row.action is Action.OLD_ASKED]

    def told(self, headline: str) -> list[str]:
        """The messages with this headline."""
        found = (json.dumps(one) for one in self.operator.estate.slack.messages)
        return [one for one in found if f"{NAME}: {headline}" in one]


@pytest.fixture
def bench(operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """With the sandbox's own credentials in the catalog."""
    try_again_at_once(monkeypatch)
    give_up_after(monkeypatch, 1)
    monkeypatch.setenv("REKEY_VERIFY_TIMEOUT_S", "1")
    monkeypatch.setenv("REKEY_PROBE_INTERVAL_S", "0.05")
    catalog = tmp_path / "with-issuers.toml"
    catalog.write_text(operator.estate.catalog(read_settings().catalog.read_text() + ONLY_HERE.read_text()))
    monkeypatch.setenv("REKEY_CATALOG", str(catalog))
    made = Bench(operator)
    monkeypatch.setattr(prove_old_dead, "moment", made.now)
    return made
