"""The old pairs that are kept until watch has proved their death: how each stands, by what watch heard last."""

from __future__ import annotations

from blocks.check import Seen
from blocks.errors import StepError, Unproved
from blocks.ledger import dying
from blocks.ledger.dying import ACCEPTED, UNENDED, UNKNOWN, Dying
from blocks.model.credential import Credential
from blocks.prefect_api import recording
from blocks.prefect_api.issuers import called, issuer_of


def of(credential: Credential) -> list[Dying]:
    """Those of this credential. Raises LedgerError."""
    return dying.all_of(recording.open_ledger(), credential.name)


def examined(credential: Credential, one: Dying) -> Seen:
    """One that lives until its date is no fault. Raises StepError for one that lives on, else Unproved."""
    page = issuer_of(credential).page(credential.realm)
    if one.is_back:
        raise StepError(
            f"{called(credential)} accepts the old pair {one.mark} again: somebody took its end back.",
            f"End it once more at {page} when nothing needs it: watch ends it for good when it was refused for as long "
            "as before.",
        )
    accepted, unknown = one.heard_since(ACCEPTED), one.heard_since(UNKNOWN)
    if not one.is_reversible and accepted and max(accepted) >= max(unknown, default=one.date):
        raise StepError(
            f"{called(credential)} accepts the old pair {one.mark} after its date.",
            f"Delete it now at {page}, and never the new one: watch says when it is dead.",
        )
    unended = one.heard_since(UNENDED)
    if unended and max(unended) >= max(unknown, default=one.date):
        raise Unproved(
            f"The old pair {one.mark} is refused, and is not ended for good: somebody may take its end back.",
            f"Look at {page}, or at the block of {called(credential)}: watch tries each minute, and its messages say "
            "what is wrong.",
        )
    if unknown:
        raise Unproved(
            f"Whether the old pair {one.mark} is dead is unknown.",
            f"Look at {page} whether only the new one is there: watch asks each minute, and says when it is dead.",
        )
    return Seen("ended" if one.is_reversible else "dies later", f"The old pair {one.mark} {one.told()}.")
