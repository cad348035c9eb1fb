"""What proves who answers a form of a credential, and whether anybody can."""

from __future__ import annotations

from blocks.model.credential import Credential
from blocks.operators.registry import CODE, PASSKEY, Operator, Registry

NONE = "none"


def wanted(credential: Credential, known: Registry) -> str:
    """``none``, ``code`` or ``passkey``: what the catalog says, else by what is guarded, once anybody was enrolled."""
    if credential.proof is not None:
        return credential.proof
    if known.is_empty:
        return NONE
    return PASSKEY if credential.guarded else CODE


def why_nobody_can(credential: Credential, known: Registry) -> str | None:
    """Why no operator could answer a form of this credential, in a sentence; None when somebody can."""
    proof = wanted(credential, known)
    if proof == NONE or any(_can(one, proof) for one in known.operators.values() if one.may(credential.role)):
        return None
    what = "a passkey" if proof == PASSKEY else "a passkey or one-time codes"
    return f"{credential.name} asks for proof by {what}, and no operator with the role {credential.role} has that."


def _can(operator: Operator, proof: str) -> bool:
    return bool(operator.passkeys) or (proof == CODE and operator.code is not None)
