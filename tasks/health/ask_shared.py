"""Ask what all rotations share; first of all whether the vault lets rekey in, without which nothing can be examined."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from prefect import task

from blocks.catalog import load_catalog
from blocks.check import Check, Depth, Outcome, asked
from blocks.model.credential import Credential
from blocks.settings import read_settings
from blocks.wire.parallel import all_at_once
from tasks.health import shared
from tasks.run import policy

ALL = "all"


def chosen(credential: str) -> list[str]:
    """The names to examine: one of the catalog, or all that are enabled. Raises CatalogError."""
    return [one.name for one in _chosen(credential)]


def _chosen(credential: str) -> Sequence[Credential]:
    catalog = load_catalog(read_settings().catalog)
    return catalog.enabled if credential == ALL else (catalog.get(credential),)


@task(name="ask what is shared", **policy.HUMAN)
def ask_shared(credential: str, depth: Depth) -> list[Check]:
    """The checks of no single credential. Only the vault's when that is not ok: nothing can be asked then.

    Raises CatalogError.
    """
    examined = _chosen(credential)
    first = asked("", "vault", partial(shared.vault, examined[0]))
    if first.outcome is not Outcome.OK:
        return [first]
    known = {one.whose_token: one for each in examined for one in each.consumers if one.whose_token}
    questions = shared.by_subject(known.values() if depth is Depth.FULL else ())
    return [
        first,
        *all_at_once([partial(asked, "", subject, question) for subject, question in questions.items()]),
    ]


def is_well(checks: Sequence[Check]) -> bool:
    """Whether the credentials can be examined at all."""
    return checks[0].outcome is Outcome.OK
