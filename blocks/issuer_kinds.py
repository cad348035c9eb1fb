"""An issuer by its word in the catalog, when the steps can carry out how it replaces a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blocks.errors import CatalogError
from blocks.issuers.terms import By, OldDies
from blocks.listed import ISSUERS
from blocks.model.words import Words, words_for

if TYPE_CHECKING:
    from blocks.issuers.interface import Issuer
    from blocks.model.credential import Credential

# How pairs can be replaced so far. What is minted by an API is revoked by one.
CARRIED_OUT = {
    (OldDies.AT_MINT, By.PERSON, None),
    (OldDies.AT_REVOKE, By.PERSON, By.API),
    (OldDies.AT_REVOKE, By.API, By.API),
    (OldDies.AT_REVOKE, By.PERSON, By.PERSON),
    (OldDies.AFTER_GRACE, By.PERSON, None),
}


def kind_called(word: str) -> type[Issuer]:
    """The issuer with this word. Raises CatalogError for one that is not known."""
    listed = ISSUERS.get(word)
    if listed is None:
        raise CatalogError(f"There is no issuer {word!r}.", f"These are known: {', '.join(ISSUERS)}.")
    found: type[Issuer] = listed.load()
    traits = found.traits
    if (traits.old_dies, traits.minted_by, traits.revoked_by) not in CARRIED_OUT:
        raise CatalogError(
            f"{found.called} replaces a pair in a way that no step carries out yet: it dies {traits.old_dies}, is "
            f"minted by {traits.minted_by} and revoked by {traits.revoked_by or 'nobody'}.",
            f"Take the credentials of {word} out of the catalog.",
        )
    return found


def kind_of(credential: Credential) -> type[Issuer]:
    """What is known of a credential's issuer without a block. Raises CatalogError."""
    return kind_called(credential.issuer).of(credential)


def called(credential: Credential) -> str:
    """How people call a credential's issuer. Read from the lists alone: Prefect takes seconds to load."""
    return credential.own.issuer_called or ISSUERS[credential.issuer].called


def words_of(credential: Credential) -> Words:
    """How people call what it is, and what is done for a new one. Read from the lists alone, as ``called`` is."""
    listed = ISSUERS.get(credential.issuer)
    return words_for(credential.own.thing or (listed.thing if listed else ""))
