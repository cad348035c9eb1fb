"""How an issuer replaces a pair decides what the steps do; a way that none of them carries out is refused."""

from __future__ import annotations

from itertools import product
from typing import ClassVar

import pytest

from blocks import issuer_kinds, listed
from blocks.errors import CatalogError
from blocks.issuers.alpaca.issuer import Alpaca
from blocks.issuers.terms import By, OldDies, Traits
from blocks.listed import Listed

EVERY = [Traits(*one) for one in product(OldDies, By, (None, *By))]


class Other(Alpaca):
    """An issuer that replaces a pair as the test says."""

    _block_type_slug = "other"
    traits: ClassVar[Traits]


def told_of(traits: Traits, monkeypatch: pytest.MonkeyPatch) -> str:
    """What is said of an issuer that replaces a pair so; empty when it may be used."""
    monkeypatch.setattr(Other, "traits", traits)
    monkeypatch.setitem(listed.ISSUERS, "other", Listed(f"{__name__}:Other"))
    try:
        issuer_kinds.kind_called("other")
    except CatalogError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("traits", EVERY, ids=str)
def test_only_what_a_step_carries_out_may_be_used(traits: Traits, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pair that nobody revokes, and that no clock ends, would live on."""
    may_be = (traits.old_dies, traits.minted_by, traits.revoked_by) in {
        ("at mint", "person", None),
        ("at revoke", "person", "API"),
        ("at revoke", "API", "API"),
        ("at revoke", "person", "person"),
        ("after grace", "person", None),
    }

    told = told_of(traits, monkeypatch)

    assert (told == "") is may_be
    assert may_be or f"it dies {traits.old_dies}, is minted by {traits.minted_by} and revoked by" in told


@pytest.mark.parametrize("old_dies", OldDies)
def test_pairs_overlap_unless_minting_ends_the_old_one(old_dies: OldDies) -> None:
    assert Traits(old_dies).overlap is (old_dies is not OldDies.AT_MINT)


def test_an_issuer_that_is_not_listed_is_told_with_those_that_are() -> None:
    with pytest.raises(CatalogError, match=f"no issuer 'alpacca'. These are known: {', '.join(listed.ISSUERS)}."):
        issuer_kinds.kind_called("alpacca")
