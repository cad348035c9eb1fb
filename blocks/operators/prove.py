"""Who did this: an operator's signature or code is checked against the ledger, taken once, and kept there.

What was taken for an act is taken for that very act again, so that a run that goes on after a kill needs no new proof.
Nothing else is taken twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from pydantic import SecretStr

from blocks.errors import ProofRefused, Transient
from blocks.ledger.ledger import Ledger
from blocks.ledger.operators import proved_to_be
from blocks.ledger.row import SHARED, Action
from blocks.operators import codes, passkeys, registry
from blocks.operators.act import Act
from blocks.operators.assertion import Assertion
from blocks.operators.passkeys import Site
from blocks.operators.registry import CODE, PASSKEY, Operator, Registry

# Others may prove something at the same moment; each try reads what they wrote.
TRIES = 20


@dataclass(frozen=True, slots=True)
class Proof:
    """Who acted, with which role, proved by what."""

    who: str
    role: str
    how: str
    # The row of the ledger that keeps it.
    row: int

    @property
    def actor(self) -> str:
        """As the ledger's rows name them."""
        return proved_to_be(self.who, self.role, self.how)


def by_passkey(ledger: Ledger, site: Site, act: Act, assertion: Assertion, role: str) -> Proof:
    """Whoever signed this act, and may do what asks for this role. Raises ProofRefused, and Transient."""
    checked = partial(_signed, site, act, assertion, role)
    return _taken(ledger, act, PASSKEY, asdict(assertion)) or _take(ledger, act, PASSKEY, checked)


def once(ledger: Ledger, site: Site, act: Act, assertion: Assertion, role: str) -> Proof:
    """As ``by_passkey``, but what was taken under the name of this act before is not taken again, not even the same."""

    def checked(known: Registry) -> tuple[Operator, dict[str, Any]]:
        # Between this and the row nobody can have written one: see ``_take``.
        if ledger.rows(credential=SHARED, actions=(Action.OPERATOR_ACTED,), naming=act.form):
            raise ProofRefused("This was signed and done before.", "Look at the page: what you see there is so.")
        return _signed(site, act, assertion, role, known)

    return _take(ledger, act, PASSKEY, checked)


def by_code(
    ledger: Ledger, act: Act, name: str, code: str, secret: SecretStr, role: str, *, age_s: float = 0.0
) -> Proof:
    """This operator, if it was their code when it was entered, ``age_s`` seconds ago. Raises ProofRefused, Transient.

    ``secret`` is what the vault keeps. What was entered may have waited for a run that reads it.
    """
    entered = datetime.now(UTC) - timedelta(seconds=age_s)

    def checked(known: Registry) -> tuple[Operator, dict[str, Any]]:
        who = _allowed(known, name, role)
        if who.code is None:
            raise ProofRefused(f"{who.name} has no one-time codes, or not any more.", "Answer on the console instead.")
        return who, {"counter": codes.checked(secret, code, who.code, entered)}

    earlier = _taken(ledger, act, CODE, None)
    return earlier if earlier and earlier.who == name else _take(ledger, act, CODE, checked)


def _signed(site: Site, act: Act, assertion: Assertion, role: str, known: Registry) -> tuple[Operator, dict[str, Any]]:
    who = _allowed(known, assertion.operator, role)
    counter = passkeys.checked(site, act.challenge, assertion, passkeys.one_of(who.passkeys, assertion))
    return who, {"counter": counter, "assertion": asdict(assertion), "origin": site.origin}


def _allowed(known: Registry, name: str, role: str) -> Operator:
    who = known.operators.get(name)
    if who is None:
        # Only a name that the ledger has is repeated: what was typed may be anything.
        told = f"{name} is no operator any more." if name in known.removed else "Nobody of that name is enrolled."
        raise ProofRefused(told, "`rekey operator list` shows who is.")
    if not who.may(role):
        raise ProofRefused(
            f"{who.name} has the role {who.role}, and this asks for {role}.",
            f"Let somebody with the role {role} do it.",
        )
    return who


def _taken(ledger: Ledger, act: Act, how: str, assertion: dict[str, str] | None) -> Proof | None:
    """What was taken for this very act before; None when nothing was."""
    rows = ledger.rows(credential=SHARED, actions=(Action.OPERATOR_ACTED,), naming=act.form)
    for row in reversed(rows):
        facts = row.facts
        if (facts.act, facts.how, facts.assertion) == (act.as_context(), how, assertion):
            return Proof(facts.who, facts.role, how, row.sequence)
    return None


def _take(ledger: Ledger, act: Act, how: str, checked: Callable[[Registry], tuple[Operator, dict[str, Any]]]) -> Proof:
    """Check, and keep what was checked if nobody proved anything meanwhile: so the same is never taken twice."""
    for _ in range(TRIES):
        known = registry.of(ledger)
        who, facts = checked(known)
        context = {"who": who.name, "role": who.role, "how": how, "act": act.as_context(), **facts}
        row = registry.write(ledger, known, Action.OPERATOR_ACTED, proved_to_be(who.name, who.role, how), context)
        if row is not None:
            return Proof(who.name, who.role, how, row.sequence)
    raise Transient("Others prove who they are again and again at the same moment.", "Try again.")
