"""An operator whose catalog has the sandbox's own credentials, and a clock that a test turns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from blocks.ledger import dying
from blocks.ledger.dying import Dying
from blocks.secret import Minted
from blocks.settings import read_settings
from blocks.vaults import pending
from deployments.sandbox.estate import DESK, ISSUERS_PATH, ONLY_HERE, STRIPE, VAULT_ENVIRONMENT
from deployments.sandbox.issuers.keys import Keys
from tasks.watch import prove_old_dead
from tests.operator import Operator
from tests.rotation_steps import give_up_after, try_again_at_once

NAME = "stripe-test"
HOUR = timedelta(hours=1)


def key(value: str) -> Minted:
    """A key of this value."""
    return Minted({"key": SecretStr(value)})


@dataclass(slots=True)
class Bench:
    """The operator, Stripe's twin, and one clock for it and for watch."""

    operator: Operator
    ahead: timedelta = timedelta()

    @property
    def keys(self) -> Keys:
        """Those of test mode."""
        return self.operator.estate.issuers.stripe.test

    def later(self, after: timedelta) -> None:
        """So much later."""
        self.ahead += after
        self.keys.knobs.clock_ahead_s = self.ahead.total_seconds()

    def now(self) -> datetime:
        """By that clock."""
        return datetime.now(UTC) + self.ahead

    @property
    def used(self) -> set[str]:
        """The keys with which somebody may ask: the vault's and the application's."""
        estate = self.operator.estate
        vault = estate.infisical.values(estate.project_id, VAULT_ENVIRONMENT, ISSUERS_PATH)[STRIPE]
        return {vault, dict(estate.heroku.serving(DESK) or {})[STRIPE]}

    @property
    def folder(self) -> set[str]:
        """The names of all that the vault keeps in flight there."""
        estate = self.operator.estate
        return set(estate.infisical.values(estate.project_id, VAULT_ENVIRONMENT, f"{ISSUERS_PATH}/{pending.FOLDER}"))

    @property
    def kept(self) -> list[Dying]:
        """The old keys whose death is not proved."""
        return dying.all_of(self.operator.ledger, NAME)

    def rotated(self, hours: float = 24) -> Minted:
        """A person rotates the newest key on its page: the old one lives on for so many hours."""
        return key(self.keys.rotate(list(self.keys.living.values())[-1], hours * HOUR.total_seconds()))


@pytest.fixture
def bench(operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """With the sandbox's own credentials in the catalog."""
    try_again_at_once(monkeypatch)
    give_up_after(monkeypatch, 1)
    monkeypatch.setenv("REKEY_VERIFY_TIMEOUT_S", "1")
    catalog = tmp_path / "with-issuers.toml"
    catalog.write_text(operator.estate.catalog(read_settings().catalog.read_text() + ONLY_HERE.read_text()))
    monkeypatch.setenv("REKEY_CATALOG", str(catalog))
    made = Bench(operator)
    monkeypatch.setattr(prove_old_dead, "moment", made.now)
    return made
