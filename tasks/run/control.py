"""The control behind every yes of an issuer: each of its realms refuses a pair that nobody was issued."""

from __future__ import annotations

from blocks.answer import Answer
from blocks.errors import StepError, Transient, Unclear, Unproved, VendorError
from blocks.issuers.interface import Issuer
from blocks.model.credential import Credential
from blocks.prefect_api.issuers import issuer_of


def refuses_made_up(credential: Credential, realm: str) -> str:
    """Every realm is asked about the new pair, and their answers prove something only if they can also say no."""
    issuer = issuer_of(credential)
    name, answer = issuer.called, issuer.refuses_made_up(realm)
    if answer is Answer.UNKNOWN:
        raise _no_clear_answer(issuer, realm)
    if answer is Answer.NO:
        raise StepError(
            f"{name}'s {realm} host accepts a pair that nobody was issued, so its answers prove nothing.",
            f"Check {issuer.address_in(realm)}, or wait until {name} is well.",
        )
    return f"{name}'s {realm} host refuses a made-up pair."


def _no_clear_answer(issuer: Issuer, realm: str) -> StepError:
    """With what the issuer says of such an answer, where asking again brings no other one."""
    told = f"{issuer.called}'s {realm} host gives no clear answer about a made-up pair."
    try:
        issuer.identify(realm, issuer.made_up(realm))
    except VendorError as error:
        if isinstance(error, Unclear) and not error.transient:
            return Unproved(f"{told} {error.problem}", error.remedy)
    return Transient(told, f"Compare {issuer.address_in(realm)} with {issuer.called}'s documentation.")
