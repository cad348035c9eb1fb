"""Who issues a credential: the block of its issuer, and how people call it."""

from __future__ import annotations

from blocks import issuer_kinds
from blocks.catalog_file import for_blocks
from blocks.issuers.interface import Issuer
from blocks.model.credential import Credential
from blocks.model.words import Words
from blocks.prefect_api import estate
from blocks.settings import read_settings


def issuer_of(credential: Credential) -> Issuer:
    """Its issuer, as Prefect's block has it, or as the catalog alone does. Raises what loading a block raises."""
    kind = kind_of(credential)
    declared = kind.in_the_catalog(for_blocks(read_settings().catalog).hosts)
    return declared or estate.loaded(kind)


def kind_of(credential: Credential) -> type[Issuer]:
    """What is known of its issuer without a block."""
    return issuer_kinds.kind_of(credential)


def called(credential: Credential) -> str:
    """How people call its issuer."""
    return kind_of(credential).called


def words_of(credential: Credential) -> Words:
    """How people call what it is, and what is done for a new one."""
    return issuer_kinds.words_of(credential)


def overlaps(credential: Credential) -> bool:
    """Whether the old pair lives beside the new one until it is retired."""
    return kind_of(credential).traits.overlap


def share_a_realm(first: Credential, second: Credential) -> bool:
    """Whether one host or mode of one issuer answers for both: an outage of it concerns both."""
    return (first.issuer, first.realm) == (second.issuer, second.realm)
