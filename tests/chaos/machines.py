"""rekey's own keys, which an API makes: a rotation without any person, killed, and what is looked at in the end."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from blocks.ledger.row import Action
from blocks.prefect_api import own_blocks
from blocks.secret import fingerprint
from blocks.settings import read_settings
from deployments.sandbox.estate import HEROKU, ISSUERS_PATH, ONLY_HERE, VAULT_ENVIRONMENT, VAULTS_OWN, Estate
from tests.chaos.invariants import ESTATE, LITTER, RECORD
from tests.chaos.play import Play
from tests.operator import Operator


@dataclass(frozen=True, slots=True)
class Own:
    """One of rekey's own keys: its name in the vault, block and field, and what lives of it at its issuer."""

    variable: str
    slug: str
    field: str
    living: Callable[[Estate], list[str]]

    def in_the_vault(self, estate: Estate) -> str:
        """What the vault holds."""
        return estate.infisical.values(estate.project_id, VAULT_ENVIRONMENT, ISSUERS_PATH)[self.variable]

    def wrong(self, operator: Operator, old: str, name: str) -> list[str]:
        """What does not hold when its rotation has ended."""
        estate, ledger = operator.estate, operator.ledger
        new = self.in_the_vault(estate)
        kept = estate.infisical.values(estate.project_id, VAULT_ENVIRONMENT, f"{ISSUERS_PATH}/rekey")
        completed = [row.context for row in ledger.rows(credential=name) if row.action is Action.COMPLETED]
        claims = {
            f"{ESTATE}: the vault holds the old one": new == old,
            f"{ESTATE}: not one alone lives, which the vault holds": self.living(estate) != [new],
            f"{ESTATE}: rekey's block holds another one": own_blocks.read(self.slug, "rekey").values[self.field] != new,
            f"{LITTER}: the vault still holds {', '.join(kept)}": bool(kept),
            f"{RECORD}: the ledger completes {len(completed)} rotations": len(completed) != 1,
            f"{RECORD}: the ledger calls others the old and the new one": [
                (one.get("old"), one.get("new")) for one in completed
            ]
            != [(_mark(old), _mark(new))],
            f"{RECORD}: the ledger's chain is broken": ledger.verify() is not None,
        }
        return [told for told, is_so in claims.items() if is_so]


OWN = {
    "heroku-rekey": Own(
        HEROKU,
        "heroku",
        "token",
        lambda estate: [one.token for one in estate.heroku.access.authorizations.values()],
    ),
    "infisical-rekey": Own(
        VAULTS_OWN[1],
        "infisical",
        "client_secret",
        lambda estate: estate.infisical.living_secrets(estate.identity[0]),
    ),
}


class OwnPlay(Play):
    """One rotation of such a key. Nobody is asked: a form is a broken promise."""

    def __init__(self, operator: Operator, credential: str) -> None:
        listed(operator)
        self.own = OWN[credential]
        self.old = self.own.in_the_vault(operator.estate)
        super().__init__(operator, credential)

    def _afterwards(self, runs: Collection[str]) -> list[str]:
        """``runs`` kept nothing: nobody entered anything."""
        del runs
        asked = [f"{ESTATE}: a person was asked: {one}" for one in self.person.held]
        return [*asked, *self.own.wrong(self.operator, self.old, self.credential)]


def listed(operator: Operator) -> None:
    """Let this operator's catalog have the credentials of the sandbox alone, too."""
    path = Path(read_settings().catalog)
    text = path.read_text()
    if "[credential.heroku-rekey]" not in text:
        path.write_text(operator.estate.catalog(text + ONLY_HERE.read_text()))


def _mark(value: str) -> str:
    return fingerprint(SecretStr(value))
