"""What a test looks for in Prefect and in memory while sealed entries go through."""

from __future__ import annotations

from dataclasses import dataclass, field

from blocks.issuers.alpaca.pair import Pair
from deployments.rehearsal import proof
from deployments.sandbox.estate import VAULT_ENVIRONMENT
from tasks.run import sealing
from tests.derived import places_of
from tests.operator import Operator
from tests.steps.support import PENDING
from tests.steps.watching import LIVE, PAPER

ROLES = {PAPER: 'role = "ops"', LIVE: 'role = "superadmin"'}


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
