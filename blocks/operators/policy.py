"""What proves who answers a form of a credential, and whether enough people can."""

from __future__ import annotations

from collections.abc import Iterable

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


def who_can(credential: Credential, known: Registry, host: str) -> tuple[str, ...]:
    """Who can prove to be who they are, and may answer the forms of this credential, on a console at this host."""
    proof = wanted(credential, known)
    return tuple(one.name for one in known.operators.values() if one.may(credential.role) and _can(one, proof, host))


def why_nobody_can(credential: Credential, known: Registry, host: str) -> str | None:
    """Why the forms of this credential could not be answered by as many operators as it asks for, in a sentence.

    None when they can. ``host`` is the console's: a passkey for another one signs nothing there.
    """
    proof = wanted(credential, known)
    if proof == NONE:
        return None
    can = who_can(credential, known, host)
    if len(can) >= (TWO if credential.approvals == TWO else 1):
        return None
    what = "a passkey" if proof == PASSKEY else "a passkey or one-time codes"
    moved = _of_another_host(credential, known, host)
    why = (
        f" The console is at {host} now, and the passkeys of {' and '.join(moved)} are of another host."
        if moved
        else ""
    )
    if not can:
        return (
            f"{credential.name} asks for proof by {what}, and no operator with the role {credential.role} has that."
            f"{why}"
        )
    return (
        f"{credential.name} asks for the approval of a second operator with the role {credential.role}, and only "
        f"{can[0]} has {what}.{why}"
    )


def what_helps(credential: Credential, known: Registry, host: str) -> str:
    """What to do when not as many can as it asks for."""
    more = "or change `proof`" if credential.approvals != TWO else "or change `approvals`"
    enrol = f"Enrol one: `rekey operator add NAME --role {credential.role}`; {more} in the catalog."
    moved = _of_another_host(credential, known, host)
    return f"{anew(moved)} {enrol}" if moved else enrol


def anew(names: Iterable[str]) -> str:
    """How those get new passkeys whose old ones are of a host that the console had before."""
    commands = ", ".join(f'`rekey operator recover "{one}"`' for one in names)
    return (
        f"Have new ones registered: {commands}. A link asks for a superadmin's approval as long as one has passkeys, "
        "also of the former host: recover all of those, let the last one register first, and make the others' links "
        "again."
    )


def _of_another_host(credential: Credential, known: Registry, host: str) -> list[str]:
    """Who may answer its forms and has passkeys, of which none signs on this console."""
    having = (one for one in known.operators.values() if one.may(credential.role) and one.passkeys)
    return [one.name for one in having if not one.passkeys_at(host)]


def _can(operator: Operator, proof: str, host: str) -> bool:
    return bool(operator.passkeys_at(host)) or (proof == CODE and operator.code is not None)
