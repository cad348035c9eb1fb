"""Enrols somebody with a software authenticator, as the page of a one-time link does: for robots and tests."""

from __future__ import annotations

from blocks.ledger.ledger import Ledger
from blocks.ledger.operators import claimed_by
from blocks.operators import enrolment, registration
from blocks.operators.passkeys import Site
from deployments.rehearsal.authenticator import Authenticator
from deployments.rehearsal.robot import Carried


def enrolled(ledger: Ledger, site: Site, name: str, role: str, by: Carried | None = None) -> Authenticator:
    """The authenticator of somebody who is enrolled now; ``by`` is a superadmin who approves it, once there is one."""
    token, link = enrolment.invite(ledger, name, role, claimed_by("a rehearsal"))
    if by is not None:
        signed = by.authenticator.sign(registration.approving(link).challenge, by.name)
        registration.approve(ledger, site, token, signed)
    one = Authenticator(site)
    registration.register(ledger, site, token, one.register(registration.enrolling(link).challenge), "software")
    return one
