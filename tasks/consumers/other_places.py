"""The places at GitHub that hold a secret of a consumer's names and that no entry of the catalog names.

A rotation leaves them with the dead pair, and a job may read just those.
"""

from __future__ import annotations

from dataclasses import dataclass

from blocks.catalog import load_catalog
from blocks.errors import StepError
from blocks.model.places import GithubConsumer
from blocks.prefect_api import estate
from blocks.settings import read_settings


@dataclass(frozen=True, slots=True)
class Found:
    """What was found where, each a sentence; ``unnamed`` and ``unlisted`` are empty when there is nothing."""

    unnamed: str
    nowhere: str
    unlisted: str

    @property
    def told(self) -> str:
        """All of it."""
        return f"{self.unnamed or self.nowhere} {self.unlisted}".strip()


def of(one: GithubConsumer) -> Found:
    """Look through every place that the token can list. What it may not is said, and is no error.

    Raises VendorError when a place did not answer: nobody knows then what it holds.
    """
    with estate.github().get_client() as github:
        holders = github.places.holding(one.repository, (one.key_id, one.secret))
    named = _named(one)
    unnamed = [
        f"{held.place} ({', '.join(held.names)})"
        for held in holders.held
        if not (held.place == "the repository" and None in named) and held.environment not in named - {None}
    ]
    told = f"{one.repository} has secrets of the same names where no entry of the catalog names them: "
    told += f"{'; '.join(unnamed)}. A job may read those, and they keep the old pair."
    listed = "nowhere that could be listed" if holders.unlisted else "nowhere"
    nowhere = f"{one.repository} has secrets of these names {listed} but where the catalog names them."
    skipped = f"Not looked at: {', '.join(holders.unlisted)}." if holders.unlisted else ""
    return Found(told if unnamed else "", nowhere, skipped)


def told(one: GithubConsumer) -> str:
    """For preflight: it stops no rotation, because nobody can say which place a job reads. Raises as ``of`` does."""
    return of(one).told


def demand_none(one: GithubConsumer) -> str:
    """For health. Raises StepError that names the places, and what ``of`` raises."""
    found = of(one)
    if found.unnamed:
        raise StepError(
            found.told,
            "Add each place that a job reads to the catalog as a consumer, and delete the secret from the others.",
        )
    return found.told


def _named(one: GithubConsumer) -> set[str | None]:
    """The environments of this repository that an entry names, disabled ones too; None for the repository itself."""
    wanted = {one.key_id, one.secret}
    return {
        other.environment
        for entry in load_catalog(read_settings().catalog).credential.values()
        for other in entry.consumers
        if isinstance(other, GithubConsumer)
        and other.repository.lower() == one.repository.lower()
        and wanted & {other.key_id, other.secret}
    }
