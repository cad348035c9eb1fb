"""What the page behind a one-time link does: a superadmin approves it, and its owner registers passkeys.

The link alone registers one passkey. Another one is added together with a signature by the first, so that whoever finds
a link that was used can do nothing with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pydantic import SecretStr

from blocks.errors import ProofRefused
from blocks.free_text import secret_in
from blocks.ledger.ledger import Ledger
from blocks.ledger.operators import normalised, problem_of, proved_to_be
from blocks.ledger.row import Action
from blocks.operators import passkeys, registry
from blocks.operators.act import Act
from blocks.operators.assertion import Assertion
from blocks.operators.enrolment import link_of, write
from blocks.operators.passkeys import Passkey, Site
from blocks.operators.registry import PASSKEY, SUPERADMIN, Link, Operator

# Whoever has one authenticator can do nothing from the day on which it is lost.
WANTED = 2
ENROL, APPROVE = "enrol", "approve"


def enrolling(link: Link) -> Act:
    """What a new passkey is registered for: the hash of this is its challenge."""
    return Act("", ENROL, link.hash, "", {"operator": link.operator, "role": link.role})


def approving(link: Link) -> Act:
    """What a superadmin signs to approve this link."""
    codes = {"codes": True} if link.codes else {}
    return Act("", APPROVE, link.hash, "", {"operator": link.operator, "role": link.role, **codes})


def adding(link: Link, credential_id: str) -> Act:
    """What an operator signs with the first passkey to add one with this ID."""
    chosen = {"operator": link.operator, "role": link.role, "credential_id": credential_id}
    return Act("", ENROL, link.hash, "", chosen)


def approve(ledger: Ledger, site: Site, token: SecretStr, assertion: Assertion) -> Link:
    """Let this link be used, by a superadmin's signature of ``approving``. Raises ProofRefused."""
    known = registry.of(ledger)
    link = link_of(known, token)
    if link.codes and link.approved_by:
        raise ProofRefused("These one-time codes are approved already.", "Nothing is left to do.")
    by = known.operators.get(assertion.operator)
    if by is None or by.role != SUPERADMIN:
        raise ProofRefused("Only a superadmin approves an enrolment.", "Ask one to open this link, and to approve it.")
    signed = _signed(site, by, approving(link), assertion)
    actor = proved_to_be(by.name, by.role, PASSKEY)
    write(ledger, known, Action.OPERATOR_APPROVED, actor, link=link.hash, who=by.name, role=by.role, **signed)
    return link


def register(
    ledger: Ledger,
    site: Site,
    token: SecretStr,
    response: Mapping[str, Any],
    called: str,
    by_the_first: Assertion | None = None,
) -> Passkey:
    """Register a passkey of the link's owner. ``response`` is the browser's RegistrationResponseJSON for ``enrolling``.

    ``called`` is how the owner calls the authenticator, ``by_the_first`` the signature of ``adding``, which every
    passkey but the link's first one needs. Raises ProofRefused.
    """
    known = registry.of(ledger)
    link, name = link_of(known, token), normalised(called)
    if link.codes:
        raise ProofRefused(
            "This link is for one-time codes alone.", "For passkeys have another one made: `rekey operator recover`."
        )
    if link.needs_approval and not link.approved_by:
        raise ProofRefused(
            f"No superadmin has approved the enrolment of {link.operator} yet.",
            "Ask one to open this link and to approve it, then go on here.",
        )
    if problem_of(name):
        raise ProofRefused("The authenticator has no name yet.", 'Call it by what you see, such as "blue key".')
    secret = secret_in(name)
    if secret:
        raise ProofRefused(secret, 'Call the authenticator by what you see, such as "blue key".')
    found = passkeys.registered(site, enrolling(link).challenge, response, name)
    if any(one.passkey(found.credential_id) for one in known.operators.values()):
        raise ProofRefused("This authenticator is registered already.", f"Take another one: {WANTED} are wanted.")
    signed: dict[str, Any] = {}
    if link.used:
        signed = _signed_by_the_first(site, known, adding(link, found.credential_id), by_the_first)
    facts = {"link": link.hash, "who": link.operator, "role": link.role, "passkey": asdict(found), **signed}
    write(ledger, known, Action.OPERATOR_ENROLLED, proved_to_be(link.operator, link.role, PASSKEY), **facts)
    return found


def _signed_by_the_first(site: Site, known: registry.Registry, act: Act, assertion: Assertion | None) -> dict[str, Any]:
    owner = known.operators.get(str(act.chosen["operator"]))
    if owner is None or assertion is None or assertion.operator != owner.name:
        raise ProofRefused("This link was used already.", "Sign with the authenticator that you registered first.")
    return _signed(site, owner, act, assertion)


def _signed(site: Site, by: Operator, act: Act, assertion: Assertion) -> dict[str, Any]:
    """The facts of this signature. Raises ProofRefused for one that does not hold."""
    counter = passkeys.checked(site, act.challenge, assertion, passkeys.one_of(by.passkeys, assertion))
    facts = {"how": PASSKEY, "counter": counter, "act": act.as_context(), "assertion": asdict(assertion)}
    return {**facts, "origin": site.origin}
