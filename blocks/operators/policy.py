"""What proves who answers a form of a credential, and whether enough people can."""

from __future__ import annotations

from blocks.model.credential import Credential
from blocks.operators.registry import CODE, PASSKEY, Operator, Registry

NONE = "none"
TWO = 2


def wanted(credential: Credential, known: Registry) -> str:
    """``none``, ``code`` or ``passkey``: what the catalog says, else by what is guarded, once anybody was enrolled."""
    if credential.proof is not None:
        return credential.proof
    if known.is_empty:
        return NONE
    return PASSKEY if credential.guarded else CODE


def only_on_the_console(credential: Credential, proof: str) -> bool:
    """Whether Prefect's own forms take no answer, the one for a pair among them, where this is the proof."""
    return proof == PASSKEY or not credential.takes_plain


def why_nobody_can(credential: Credential, known: Registry) -> str | None:
    """Why the forms of this credential could not be answered by as many operators as it asks for, in a sentence.

    None when they can.
    """
    proof = wanted(credential, known)
    if proof == NONE:
        return None
    can = [one.name for one in known.operators.values() if one.may(credential.role) and _can(one, proof)]
    if len(can) >= (TWO if credential.approvals == TWO else 1):
        return None
    what = "a passkey" if proof == PASSKEY else "a passkey or one-time codes"
    if not can:
        return f"{credential.name} asks for proof by {what}, and no operator with the role {credential.role} has that."
    return (
        f"{credential.name} asks for the approval of a second operator with the role {credential.role}, and only "
        f"{can[0]} has {what}."
    )


def what_helps(credential: Credential) -> str:
    """What to do when not as many can as it asks for."""
    more = "or change `proof`" if credential.approvals != TWO else "or change `approvals`"
    return f"Enrol one: `rekey operator add NAME --role {credential.role}`; {more} in the catalog."


def _can(operator: Operator, proof: str) -> bool:
    return bool(operator.passkeys) or (proof == CODE and operator.code is not None)
