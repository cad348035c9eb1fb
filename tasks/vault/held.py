"""Whether what the vault holds as the current pair can be one: before its issuer is asked, and told as the vault's.

An issuer is never asked about what no request can carry. Whoever heard only that it cannot be sent might make a new
pair for it, and the one that is in use would die outside of a rotation.
"""

from __future__ import annotations

from blocks.errors import StepError
from blocks.issuers.pasted import foreign_in
from blocks.model.credential import Credential
from blocks.prefect_api import estate
from blocks.prefect_api.issuers import called, kind_of
from blocks.secret import Minted


def demand_values(credential: Credential, pair: Minted) -> None:
    """Raise StepError for a name that holds nothing, a reference to another secret, or what no request can carry."""
    place, words = credential.vault, estate.vault_kind(credential.vault).words
    for field, name in place.names.items():
        value = pair.values[field].get_secret_value()
        told = f"{words.name}: {name} in {place.path} ({place.environment})"
        if words.reference and words.reference in value:
            raise StepError(
                f"{told} is a reference to another secret, not a value: a rotation would write a value in its place, "
                "and whatever else reads that secret would keep the old one.",
                f"Name the place to which it points as the vault's place of {credential.name} in the catalog.",
            )
        problem = foreign_in(value) if kind_of(credential).in_headers else ""
        if not value:
            raise StepError(f"{told} is empty.", f"Set it back in {words.console} to the last value that it had.")
        if problem:
            raise StepError(
                f"{told} {problem}. An application may cut it off; no request can carry it.",
                f"Set it in {words.console} to the same value without that character. Make nothing new at "
                f"{called(credential)}: the pair itself may live, and a click there may end it.",
            )
