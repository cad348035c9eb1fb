"""One credential of the sandbox for each contract: how a person makes a key of it, and where its values are.

``pages`` a person deletes the old one when asked to (Postmark), ``API`` rekey revokes it (GitHub), ``clock`` it dies by
itself, later (Stripe), ``declared`` a vendor without code, where making one ends the other (OANDA), ``reversible`` what
ended can be taken back until it is ended for good (Anthropic).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from prefect import flow
from pydantic import SecretStr

from blocks.errors import Missing
from blocks.ledger import dying
from blocks.secret import Minted
from blocks.settings import read_settings
from blocks.vaults.sealed_file.client import SealedFileClient
from blocks.vaults.terms import Location
from deployments.sandbox.estate import (
    ANTHROPIC,
    DESK,
    GITHUB,
    ISSUERS_PATH,
    OANDA,
    ONLY_HERE,
    POSTMARK,
    STRIPE,
    VAULT_ENVIRONMENT,
    Estate,
)
from deployments.sandbox.issuers.keys import Keys
from tasks.watch import prove_old_dead
from tests.operator import Operator
from tests.steps.support import SHIPPED

FOLDER = f"{ISSUERS_PATH}/rekey"
DAY_S = 24 * 3600.0
_ENTRY = re.compile(r"(?ms)^(?:#[^\n]*\n)*\[+credential\.([\w-]+)[.\]].*?(?=^(?:#[^\n]*\n)*\[|\Z)")


@dataclass(frozen=True, slots=True)
class Contract:
    """A credential of the sandbox's catalog."""

    credential: str
    # The word of its value, its name in the vault and in the application, and the vendor in the plan of faults.
    field: str
    variable: str
    vendor: str
    keys: Callable[[Estate], Keys]
    # What a person does for a new one; the values that live are told by the twin.
    mint: Callable[[Estate], str]
    accepts: Callable[[Estate, str], bool]

    def minted(self, estate: Estate) -> Minted:
        """A new one, as its page shows it."""
        return Minted({self.field: SecretStr(self.mint(estate))})

    def in_the_vault(self, estate: Estate) -> str:
        """What the vault holds."""
        return self._kept(estate, ISSUERS_PATH)[self.variable]

    def in_use(self, estate: Estate) -> set[str]:
        """With what somebody may ask: what the vault holds, and with what the application runs."""
        return {self.in_the_vault(estate), dict(estate.heroku.serving(DESK) or {})[self.variable]}

    def in_flight(self, estate: Estate) -> dict[str, str]:
        """What the vault keeps beside it, of this credential: those of others are none of its business."""
        return {name: value for name, value in self._kept(estate, FOLDER).items() if self.variable in name}

    def _kept(self, estate: Estate, path: str) -> dict[str, str]:
        """OANDA's has a vault of its own, a sealed file."""
        if self.variable != OANDA:
            return estate.infisical.values(estate.project_id, VAULT_ENVIRONMENT, path)
        try:
            stored = SealedFileClient(estate.sealed).read(Location(VAULT_ENVIRONMENT, path))
        except Missing:
            return {}
        return {name: one.value.get_secret_value() for name, one in stored.items()}


def _stripe(estate: Estate) -> str:
    keys = estate.issuers.stripe.test
    return keys.rotate(list(keys.living.values())[-1], DAY_S)


CONTRACTS = {
    one.credential: one
    for one in (
        Contract(
            "postmark-server",
            "token",
            POSTMARK,
            "issuers",
            lambda estate: estate.issuers.postmark.keys,
            lambda estate: estate.issuers.postmark.keys.mint(),
            lambda estate, value: estate.issuers.postmark.keys.is_accepted(value),
        ),
        Contract(
            "github-deploy",
            "token",
            GITHUB,
            "github",
            lambda estate: estate.issuers.github.keys,
            lambda estate: estate.issuers.github.mint(),
            lambda estate, value: estate.github.knows(value),
        ),
        Contract(
            "stripe-test",
            "key",
            STRIPE,
            "issuers",
            lambda estate: estate.issuers.stripe.test,
            _stripe,
            lambda estate, value: estate.issuers.stripe.test.is_accepted(value),
        ),
        Contract(
            "oanda-practice",
            "token",
            OANDA,
            "issuers",
            lambda estate: estate.issuers.oanda.keys,
            lambda estate: estate.issuers.oanda.keys.replace(),
            lambda estate, value: estate.issuers.oanda.keys.is_accepted(value),
        ),
        Contract(
            "anthropic-raxx",
            "key",
            ANTHROPIC,
            "issuers",
            lambda estate: estate.issuers.anthropic.keys,
            lambda estate: estate.issuers.anthropic.keys.mint(),
            lambda estate, value: estate.issuers.anthropic.keys.is_accepted(value),
        ),
    )
}


def listed_alone(operator: Operator, contract: Contract) -> None:
    """Let this operator's catalog hold this credential alone: no other is looked after, and asked for."""
    text = SHIPPED.read_text() + ONLY_HERE.read_text()
    alone = _ENTRY.sub(lambda found: found[0] if found[1] == contract.credential else "", text)
    path = Path(read_settings().catalog)
    path.write_text(operator.estate.catalog(alone))


def settled(operator: Operator, contract: Contract) -> None:
    """Time passes, and watch proves the death of an old one that lived on when its rotation ended."""
    kept = dying.all_of(operator.ledger, contract.credential)
    if kept:
        contract.keys(operator.estate).knobs.clock_ahead_s = 2 * DAY_S
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("REKEY_PROBE_INTERVAL_S", "0.05")
            patch.setattr(prove_old_dead, "moment", lambda: max(one.due for one in kept))
            _watch(contract.credential)


@flow(name="watch", persist_result=False, log_prints=False)
def _watch(credential: str) -> None:
    """What the flow of that name does about kept ones, and nothing else."""
    prove_old_dead.prove_old_dead(credential)
