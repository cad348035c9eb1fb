"""Whether a pair is refused because the vault was changed: then no account was reset, and nothing died."""

from __future__ import annotations

from blocks.answer import Answer
from blocks.errors import RekeyError, StepError
from blocks.model.credential import Credential
from blocks.model.places import VaultPlace
from blocks.prefect_api import estate
from blocks.prefect_api.issuers import called, issuer_of
from blocks.secret import Minted
from blocks.vaults import pending
from blocks.vaults.pending import COPY


def instead_of_a_death(credential: Credential, pair: Minted) -> StepError | None:
    """What to tell of the vault's ``pair``, which is refused, when a copy that a preflight kept is accepted."""
    copy = _living_copy(credential, pair)
    if copy is None:
        return None
    place = credential.vault
    kept = pending.names_of(place, copy.fingerprint, COPY)
    return StepError(
        f"{called(credential)} refuses the current {credential.name} pair {pair.fingerprint}, and accepts "
        f"{copy.fingerprint}, which an earlier preflight found in the vault and kept: the pair lives, and the vault "
        "was changed.",
        f"Put it back {put_back(place, kept)}. No account was reset.",
    )


def put_back(place: VaultPlace, kept: tuple[str, ...]) -> str:
    """How a person makes the pair with these names in the ``rekey/`` folder the current one, as the end of an order."""
    (first, into), *others = zip(kept, place.names.values(), strict=True)
    beside = "".join(f", {name} into {target}" for name, target in others)
    return (
        f"in {estate.vault_kind(place).words.console}: {first} of {pending.folder_of(place).path} into {into} of "
        f"{place.path} ({place.environment}){beside}"
    )


def _living_copy(credential: Credential, pair: Minted) -> Minted | None:
    """The copy of another pair that a preflight kept, if it is accepted. Not to be told is none."""
    try:
        with estate.vault(credential.vault).get_client() as vault:
            copies = pending.look(vault, credential.vault).copies(credential.vault)
        issuer, realm = issuer_of(credential), credential.realm
        found = (one for one in copies if not one.same_as(pair) and issuer.accepts(realm, one) is Answer.YES)
        return next(found, None)
    except RekeyError:
        return None
