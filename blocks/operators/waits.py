"""Whether anybody may still answer the form with which a rotation waits: operators are removed, and passkeys get lost.

What was enough people when it began may be too few by now, and such a form would wait for ever.
"""

from __future__ import annotations

from blocks.ledger.history import History
from blocks.ledger.ledger import Ledger
from blocks.model.credential import Credential
from blocks.model.step import Step
from blocks.operators import approval, policy
from blocks.operators.policy import NONE, TWO
from blocks.operators.registry import Registry

# Before anything is stopped as many are needed as it asks for; after that one goes on.
_BEGINS = frozenset({Step.AWAIT_READINESS, Step.APPROVE})


def why_nobody_answers(
    ledger: Ledger, credential: Credential, known: History, people: Registry, host: str
) -> str | None:
    """Why nobody may answer the form that waits, in a sentence; None where somebody may, and where none waits.

    ``known`` is the history of its open rotation, ``host`` the console's. Raises LedgerError.
    """
    newest = known.forms.newest
    if newest is None or not known.is_open(newest) or policy.wanted(credential, people) == NONE:
        return None
    can, first = policy.who_can(credential, people, host), None
    if newest.step == Step.APPROVE and credential.approvals == TWO:
        first = approval.now(ledger, credential, known.plan, known.rows[0].rotation).first
    if first is None and newest.step in _BEGINS:
        return policy.why_nobody_can(credential, people, host)
    if any(first is None or one != first.who for one in can):
        return None
    if first is None:
        return f"{credential.name} waits for {newest.awaited}, and no {credential.role} can prove to be one."
    return (
        f"{credential.name} waits for the approval of an operator other than {first.who}, and no other "
        f"{credential.role} can prove to be one."
    )
