"""What holds of a rotation of such a credential wherever it was killed and whatever failed: what does not, as text."""

from __future__ import annotations

from pydantic import SecretStr

from blocks.ledger import dying
from blocks.ledger.row import Action
from blocks.secret import fingerprint
from blocks.vaults.pending import SEALING
from tests.contracts.contract import Contract, settled
from tests.operator import Operator

LOSS, LITTER, RECORD, ESTATE = "I1", "I7", "I8", "converges"


def lost(operator: Operator, contract: Contract, value: str, typed: list[str]) -> list[str]:
    """A value that was submitted is in Prefect's store (``typed``) or in the vault."""
    estate = operator.estate
    if value in {contract.in_the_vault(estate), *contract.in_flight(estate).values(), *typed}:
        return []
    return [f"{LOSS}: the submitted one is nowhere right after the kill"]


def afterwards(operator: Operator, contract: Contract, old: str, entered: str) -> list[str]:
    """The rotation has ended with what was ``entered`` in the place of ``old``."""
    estate, ledger = operator.estate, operator.ledger
    found = [f"{ESTATE}: {one}" for one in _estate(operator, contract, entered)]
    kept = {one.mark for one in dying.all_of(ledger, contract.credential)}
    if not kept and contract.accepts(estate, old):
        found.append(f"{ESTATE}: the old one lives, and nobody waits for its death")
    settled(operator, contract)
    if contract.accepts(estate, old):
        found.append(f"{ESTATE}: the old one lives at the end")
    if dying.all_of(ledger, contract.credential):
        found.append(f"{ESTATE}: the death of the old one is not proved at its date")
    found += [f"{LITTER}: the vault still holds {name}" for name in contract.in_flight(estate)]
    found += [f"{RECORD}: {one}" for one in _recorded(operator, contract, old, entered)]
    return found


def _estate(operator: Operator, contract: Contract, entered: str) -> list[str]:
    estate = operator.estate
    claims = {
        "another one than was entered is in use": contract.in_use(estate) != {entered},
        "the one in use is refused": not contract.accepts(estate, entered),
        "a sealing key is left": any(name.startswith(SEALING) for name in contract.in_flight(estate)),
    }
    return [told for told, is_so in claims.items() if is_so]


def _recorded(operator: Operator, contract: Contract, old: str, entered: str) -> list[str]:
    rows = operator.ledger.rows(credential=contract.credential)
    completed = [row.context for row in rows if row.action is Action.COMPLETED]
    if len(completed) != 1:
        return [f"the ledger completes {len(completed)} rotations"]
    wanted = {"old": fingerprint(SecretStr(old)), "new": fingerprint(SecretStr(entered))}
    found = [f"the ledger calls another {name} one" for name, mark in wanted.items() if completed[0].get(name) != mark]
    return found if operator.ledger.verify() is None else [*found, "the ledger's chain is broken"]
