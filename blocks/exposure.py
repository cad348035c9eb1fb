"""What an incident is about: the credentials that a place holds, or that a person could have seen, in order.

First what reaches furthest: guarded credentials, then those with the most copies; but before each the keys to its
places, because whoever has those reads whatever is put there. Nothing is read here but the catalog; what a person did
is handed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from blocks import keys
from blocks.catalog import Catalog
from blocks.errors import StepError
from blocks.issuer_kinds import kind_called
from blocks.issuers.terms import By
from blocks.ledger.incidents import Suspect
from blocks.model.credential import Credential


def suspects(catalog: Catalog, reasons: Mapping[str, Sequence[str]]) -> tuple[Suspect, ...]:
    """The credentials with a reason, in the order in which they are rotated; each names its keys before it.

    Also one that is disabled: it may be known as well, and nobody but a person sees to it.
    """
    found = [one for one in catalog.credential.values() if reasons.get(one.name)]
    # The order of the catalog stays where nothing else decides.
    found.sort(key=lambda one: (not one.guarded, -len(one.consumers)))
    needed = {one.name: keys.keys_of(catalog, one) for one in found}
    names = keys.in_order([one.name for one in found], needed)
    return tuple(
        Suspect(
            name,
            tuple(reasons[name]),
            _needs_a_person(catalog.credential[name]),
            tuple(one for one in names[:at] if one in needed[name]),
        )
        for at, name in enumerate(names)
    )


def held_by(catalog: Catalog, place: str) -> dict[str, str]:
    """By name the credentials that this place holds: `heroku:raxx-api-prod`, or a vault, as `vault:sealed-file`.

    Raises StepError.
    """
    wanted = " ".join(place.split(":", 1))
    held = {
        one.name: {each.label: "has a copy" for each in one.consumers} | {f"vault {catalog.vault_of(one)}": "keeps it"}
        for one in catalog.credential.values()
    }
    found = {name: f"{wanted} {told[wanted]}" for name, told in held.items() if wanted in told}
    if not found:
        places = sorted({each.replace(" ", ":", 1) for told in held.values() for each in told})
        raise StepError(f"No credential has a copy at {place}.", f"Name one of these: {', '.join(places)}.")
    return found


def _needs_a_person(credential: Credential) -> bool:
    traits = kind_called(credential.issuer).traits
    return not credential.enabled or By.PERSON in {traits.minted_by, traits.revoked_by}
