"""Ask what all rotations share; first of all whether each vault lets rekey in.

Without its vault no credential can be examined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from prefect import task

from blocks.catalog import load_catalog
from blocks.check import Check, Depth, Outcome, Question, asked
from blocks.model.credential import Credential
from blocks.prefect_api import estate
from blocks.prefect_api.issuers import words_of
from blocks.settings import read_settings
from blocks.wire.parallel import all_at_once
from tasks.health import shared, tokens
from tasks.run import policy

ALL = "all"
# People are told of the vault itself, once, and not again of each credential.
NOT_EXAMINED = "not examined"


def chosen(credential: str) -> list[str]:
    """The names to examine: one of the catalog, or all that are enabled. Raises CatalogError."""
    return [one.name for one in _chosen(credential)]


def _chosen(credential: str) -> Sequence[Credential]:
    catalog = load_catalog(read_settings().catalog)
    return catalog.enabled if credential == ALL else (catalog.get(credential),)


@task(name="ask what is shared", **policy.HUMAN)
def ask_shared(credential: str, depth: Depth) -> list[Check]:
    """The checks of no single credential. Only the vaults' when none is ok: nothing can be asked then.

    Raises CatalogError.
    """
    examined = _chosen(credential)
    firsts = {_subject_of(one): one for one in reversed(examined)}
    first = all_at_once([partial(asked, "", name, partial(shared.vault, one)) for name, one in firsts.items()])
    if all(one.outcome is not Outcome.OK for one in first):
        return first
    questions = shared.by_subject() | (tokens_of(examined, firsts) if depth is Depth.FULL else {})
    return [
        *first,
        *all_at_once([partial(asked, "", subject, question) for subject, question in questions.items()]),
    ]


def tokens_of(examined: Sequence[Credential], firsts: Mapping[str, Credential]) -> dict[str, Question]:
    """Of each vendor once, and of each vault that tells anything of it. ``firsts``: a credential by its vault's check.

    Apart from the vault's own check: a vault whose key ends in a week lets rekey in today.
    """
    known = {one.whose_token: one for each in examined for one in each.consumers if one.whose_token}
    telling = {name: one for name, one in firsts.items() if estate.vault_kind(one.vault).tells_key_end}
    return {
        **{f"{name} token": partial(tokens.of_consumer, one) for name, one in known.items()},
        **{f"{name} token": partial(tokens.of_vault, one) for name, one in telling.items()},
    }


def readable(credential: str, checks: Sequence[Check]) -> list[str]:
    """The names to examine of which the vault answers. ``checks``: what ``ask_shared`` found. Raises CatalogError."""
    well = {one.subject for one in checks if one.outcome is Outcome.OK}
    return [one.name for one in _chosen(credential) if _subject_of(one) in well]


def unexamined(credential: str, checks: Sequence[Check]) -> list[Check]:
    """One check that is unknown for each of the others: nothing that was found of them before is so now."""
    well = readable(credential, checks)
    return [_unknown(one) for one in _chosen(credential) if one.name not in well]


def _unknown(one: Credential) -> Check:
    told, remedy = (
        "Its vault does not let rekey in, so nothing of it was examined.",
        f"See the check {_subject_of(one)}.",
    )
    found = Check(one.name, "current pair", Outcome.UNKNOWN, told, remedy, short=NOT_EXAMINED)
    return found.said(words_of(one).said)


def _subject_of(one: Credential) -> str:
    """The check of its vault: there may be several, and then each has its name."""
    catalog = load_catalog(read_settings().catalog)
    several = len({catalog.vault_of(each) for each in catalog.enabled}) > 1
    return f"vault {catalog.vault_of(one)}" if several else "vault"
