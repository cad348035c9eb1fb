"""Who issues a credential: the block of its issuer, and how people call it."""

from __future__ import annotations

from blocks.issuer_kinds import kind_called
from blocks.issuers.interface import Issuer
from blocks.model.credential import Credential
from blocks.prefect_api import estate


def issuer_of(credential: Credential) -> Issuer:
    """Its issuer, as Prefect's block has it. Raises what loading a block raises."""
    return estate.loaded(kind_of(credential), estate.DOCUMENT)


def kind_of(credential: Credential) -> type[Issuer]:
    """What is known of its issuer without a block."""
    return kind_called(credential.issuer)


def called(credential: Credential) -> str:
    """How people call its issuer."""
    return kind_of(credential).called


def overlaps(credential: Credential) -> bool:
    """Whether the old pair lives beside the new one until it is retired."""
    return kind_of(credential).traits.overlap


def share_a_realm(first: Credential, second: Credential) -> bool:
    """Whether one host or mode of one issuer answers for both: an outage of it concerns both."""
    return (first.issuer, first.realm) == (second.issuer, second.realm)
