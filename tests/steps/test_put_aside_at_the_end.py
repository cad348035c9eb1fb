"""A pair that is put aside while the rotation ends is newer than the accepted one, and was shown only once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from blocks.catalog import load_catalog
from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.row import Action
from blocks.vaults import pending
from deployments.sandbox.estate import LIVE as LIVE_NAMES
from deployments.sandbox.estate import VAULT_ENVIRONMENT
from tests.faults.faults import Meanwhile
from tests.operator import Operator
from tests.steps.live import LIVE, PROD, kill_switches, meanwhile
from tests.steps.support import PENDING, SHIPPED, pending_marks

ELSEWHERE = "r-of-paper"


class EnteredElsewhere:
    """Somebody regenerates the live keys once more, and enters them into a rotation of paper."""

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self.pairs: list[Pair] = []

    def typed_and_staged(self) -> None:
        """It is in the vault; for whom, the ledger does not know yet."""
        pair = self._operator.regenerate_live()
        self.pairs.append(pair)
        facts = {"step": "await_human_input", "outcome": "done", "run": "no-run", "form": "paused-a", "seconds": 1}
        self._append(Action.STEP, {**facts, "fingerprint": pair.fingerprint, "operator": "somebody", "proofs": []})
        estate = self._operator.estate
        names = pending.names_of(load_catalog(SHIPPED).get(LIVE).vault, pair.fingerprint)
        values = dict(zip(names, (pair.key_id, pair.secret.get_secret_value()), strict=True))
        estate.infisical.put(estate.project_id, VAULT_ENVIRONMENT, PENDING, values)

    def declared(self) -> None:
        """Now the ledger knows it, too."""
        told: dict[str, object] = {"fingerprint": self.pairs[0].fingerprint, "operator": "somebody"}
        told |= {"engaged_before": {}, "before": None}
        told |= {"killed": LIVE, "meant": "alpaca-paper", "noticed": "typed", "reason": "keys of live, not of paper"}
        self._append(Action.MISROTATION, {**told, "paused_at": datetime.now(UTC).isoformat()})

    def _append(self, action: Action, context: dict[str, object]) -> None:
        self._operator.ledger.append(
            action, rotation=ELSEWHERE, credential="alpaca-paper", actor="somebody", context=context
        )


def at_the_release(operator: Operator, action: object) -> Meanwhile:
    """Let it happen while resume releases the first brake."""
    return meanwhile(operator, "resume", "heroku", action, method="PATCH")  # type: ignore[arg-type]  # a bound method


@pytest.mark.long
def test_a_pair_that_is_put_aside_while_the_brakes_are_released_is_the_one_to_go_on_with(operator: Operator) -> None:
    other = EnteredElsewhere(operator)

    def both() -> None:
        other.typed_and_staged()
        other.declared()

    at_the_release(operator, both)

    def take_it(person: Operator) -> None:
        assert other.pairs[0].fingerprint in pending_marks(person.estate, LIVE_NAMES)
        person.choose("enter another pair")

    outcome = operator.rotate(Operator.be_ready, Operator.regenerate_live, take_it, credential=LIVE)

    assert outcome.state.is_completed(), outcome.message
    assert "The keys of alpaca-live were regenerated once more: pair" in outcome.descriptions[2]
    assert operator.estate.vault_values()[LIVE_NAMES[0]] == other.pairs[0].key_id
    assert kill_switches(operator.estate)[PROD] == "0"


@pytest.mark.long
def test_a_pair_of_which_the_ledger_does_not_know_yet_for_whom_it_is_stays(operator: Operator) -> None:
    other = EnteredElsewhere(operator)
    at_the_release(operator, other.typed_and_staged)

    outcome = operator.rotate(Operator.be_ready, Operator.regenerate_live, credential=LIVE)

    assert outcome.state.is_completed(), outcome.message
    assert pending_marks(operator.estate, LIVE_NAMES) == [other.pairs[0].fingerprint]
    proofs = [one for row in operator.steps("resume") for one in row.context["proofs"]]
    left = f"Left as it was, because it was entered into another rotation meanwhile: {other.pairs[0].fingerprint}."
    assert left in proofs
