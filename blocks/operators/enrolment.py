"""Who becomes an operator, and who is none any more: asked for at the terminal, as rows of the ledger.

A link is made for one person; its token is known to whoever has the link, and nobody keeps it. The first operators need
no more than that. Once there is a superadmin with a passkey, one of those has to approve each link.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from blocks.errors import ProofRefused, StepError, Transient
from blocks.ledger.ledger import Ledger
from blocks.ledger.operators import normalised, refusal_of
from blocks.ledger.row import Action
from blocks.operators import registry
from blocks.operators.registry import ROLES, Link, Operator, Registry

VALID = timedelta(minutes=15)
_NEW_LINK = "Have another one made: `rekey operator add`, or `rekey operator recover` for one who is enrolled."


def invite(ledger: Ledger, name: str, role: str, actor: str, *, valid: timedelta = VALID) -> tuple[SecretStr, Link]:
    """Make a link for somebody new, which is ``valid`` for so long; return its token, too. Raises StepError."""
    problem = refusal_of(name)
    if problem:
        raise StepError(problem, "Nothing was recorded.")
    if role not in ROLES:
        raise StepError("There is no such role.", f"Give one of these: {', '.join(ROLES)}.")
    known, name = registry.of(ledger), normalised(name)
    if name in known.operators:
        raise StepError(
            f"{name} is enrolled already, as {known.operators[name].role}.",
            "Use `rekey operator recover` when their authenticators are lost, and `remove` before another role.",
        )
    return _link(ledger, known, Operator(name, role), actor, valid)


def recover(ledger: Ledger, name: str, actor: str) -> tuple[SecretStr, Link]:
    """Take an operator's passkeys and codes away at once, and make a link for new ones. Raises StepError."""
    known = registry.of(ledger)
    one = enrolled(known, name)
    write(ledger, known, Action.OPERATOR_RECOVERED, actor, who=one.name, role=one.role)
    return _link(ledger, registry.of(ledger), one, actor, VALID)


def remove(ledger: Ledger, name: str, actor: str) -> Operator:
    """Let an operator act no more; what was signed stays as it is. Raises StepError."""
    known = registry.of(ledger)
    one = enrolled(known, name)
    write(ledger, known, Action.OPERATOR_REMOVED, actor, who=one.name, role=one.role)
    return one


def coded(ledger: Ledger, one: Operator, actor: str) -> None:
    """From now on this operator's codes are those of the secret that the vault was given just now."""
    write(ledger, registry.of(ledger), Action.OPERATOR_CODED, actor, who=one.name, role=one.role)


def invite_codes(ledger: Ledger, one: Operator, actor: str) -> tuple[SecretStr, Link]:
    """Make a link by which a superadmin approves new one-time codes; none of this operator's count before that."""
    return _link(ledger, registry.of(ledger), one, actor, VALID, codes=True)


def link_of(known: Registry, token: SecretStr) -> Link:
    """The link with this token, while it is good. Raises ProofRefused."""
    link = known.links.get(_hash(token))
    if link is None:
        raise ProofRefused("This link is unknown, or leads nowhere any more.", _NEW_LINK)
    if datetime.now(UTC) > link.until:
        raise ProofRefused("This link is too old.", _NEW_LINK)
    return link


def write(ledger: Ledger, known: Registry, action: Action, actor: str, **context: Any) -> None:
    """One row, while ``known`` is still so. Raises Transient when somebody was quicker, and LedgerError."""
    if registry.write(ledger, known, action, actor, context) is None:
        raise Transient("Somebody changed the operators at the same moment.", "Look again, then repeat it.")


def enrolled(known: Registry, name: str) -> Operator:
    """The operator of this name. Raises StepError."""
    found = known.operators.get(normalised(name))
    if found is None:
        raise StepError("No operator of that name is enrolled.", "`rekey operator list` shows who is.")
    return found


def _link(
    ledger: Ledger, known: Registry, one: Operator, actor: str, valid: timedelta, *, codes: bool = False
) -> tuple[SecretStr, Link]:
    token = SecretStr(secrets.token_urlsafe(32))
    link = Link(_hash(token), one.name, one.role, datetime.now(UTC) + valid, bool(known.superadmins), codes=codes)
    write(
        ledger,
        known,
        Action.OPERATOR_INVITED,
        actor,
        who=link.operator,
        role=link.role,
        link=link.hash,
        until=link.until.isoformat(),
        needs_approval=link.needs_approval,
        **({"codes": True} if codes else {}),
    )
    return token, link


def _hash(token: SecretStr) -> str:
    return hashlib.sha256(token.get_secret_value().encode()).hexdigest()
