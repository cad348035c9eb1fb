"""A credential that asks for a proof, and what the ledger has of who acted and who was refused."""

from __future__ import annotations

import os
from pathlib import Path

from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.row import Action, Row
from tests.operator import Operator


def ask_for(operator: Operator, proof: str, credential: str = "alpaca-paper") -> None:
    """Let the catalog ask for this proof."""
    catalog = Path(os.environ["REKEY_CATALOG"])
    table = f"[credential.{credential}]\n"
    assert table in catalog.read_text()
    catalog.write_text(catalog.read_text().replace(table, f'{table}proof = "{proof}"\n'))
    assert operator.ledger


def acted(operator: Operator) -> list[Row]:
    return operator.ledger.rows(actions=(Action.OPERATOR_ACTED,))


def refusals(operator: Operator) -> list[str]:
    return [row.facts.problem for row in operator.ledger.rows(actions=(Action.OPERATOR_REFUSED,))]


def unsigned(person: Operator, pair: Pair, proof: str) -> None:
    """Resume the run past the console."""
    assert person.form is not None
    person.submit(person.form.run_id, pair, proof=proof)
