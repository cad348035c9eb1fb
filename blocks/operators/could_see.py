"""What an operator could have seen: everything whose forms their role may answer, and whatever they answered."""

from __future__ import annotations

from collections.abc import Iterable

from blocks.errors import StepError
from blocks.ledger.ledger import Ledger
from blocks.ledger.operators import claimed_by
from blocks.ledger.row import Action, Row
from blocks.model.credential import Credential
from blocks.operators.registry import SUPERADMIN

# By which somebody answers or takes a form.
_ANSWERS = (Action.STEP, Action.TAKEN)
_GIVES_A_ROLE = (Action.OPERATOR_INVITED, Action.OPERATOR_ENROLLED)


def everything(ledger: Ledger, credentials: Iterable[Credential], name: str) -> dict[str, str]:
    """By credential why this operator could have seen it, also one who may not act any more. Raises StepError."""
    roles, answered = _roles(ledger, name), _answered(ledger, name)
    if not roles and not answered:
        raise StepError(
            f"The ledger knows no operator {name}, and nobody of that name ever answered a form.",
            "`rekey operator list` names who is enrolled. Name the credentials themselves, if it is somebody else.",
        )
    found = {}
    for one in credentials:
        if one.name in answered:
            found[one.name] = f"{name} answered its forms"
        elif roles & {one.role, SUPERADMIN}:
            found[one.name] = f"{name} may answer its forms"
    return found


def _roles(ledger: Ledger, name: str) -> set[str]:
    """Every role that this operator ever had: one who was removed may have seen as much."""
    return {row.facts.role for row in ledger.rows(actions=_GIVES_A_ROLE) if row.facts.who == name and row.facts.role}


def _answered(ledger: Ledger, name: str) -> set[str]:
    return {row.credential for row in ledger.rows(actions=_ANSWERS) if _is_by(row, name)}


def _is_by(row: Row, name: str) -> bool:
    """Whether this person answered or took a form, by a claim or proved."""
    is_actor = row.actor == claimed_by(name) or row.actor.startswith(f"proved to be {name} (")
    return is_actor or name in {row.facts.operator, row.facts.taker}
