"""A copy at GitHub, in whichever place. It can be written and never read.

GitHub never shows a secret's value; the proof is its own receipt: all were updated after this write began.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from blocks.answer import Answer
from blocks.check import Depth, Seen
from blocks.consumers.github.place import Place
from blocks.consumers.interface import BY_TIME, NOT_READABLE, Consumer, Elsewhere, Given, Handover, Held
from blocks.errors import StepError, Transient, Unproved
from blocks.key_end import KeyEnd
from blocks.proofs import Record

if TYPE_CHECKING:
    from blocks.consumers.github.client import GithubClient

# Both secrets of one write are dated within this time: they are sent directly after each other. Clocks of two vendors
# differ by less.
ONE_WRITE = timedelta(minutes=1)


class GithubCopy(Consumer):
    """Secrets of a place at GitHub."""

    block: ClassVar[str] = "blocks.consumers.github.block:Github"
    looks_elsewhere: ClassVar[bool] = True
    whose_token: ClassVar[str] = "GitHub"  # noqa: S105  # no token, but the vendor of one
    # Where GitHub shows the secrets, and where it tells who changed them.
    page: ClassVar[str] = "Look at the repository's Actions secrets page."
    audit: ClassVar[str] = "Look at the audit log of the organisation (action repo.update_actions_secret)."

    @property
    @abstractmethod
    def place(self) -> Place:
        """Where they are. Raises CatalogError."""

    @property
    @abstractmethod
    def word(self) -> str:
        """How this place is called among those that a repository's jobs read (places.py)."""

    def can_write(self) -> Answer:
        """Whether the token may write secrets there, found out with one that no workflow reads."""
        with connected() as github:
            return github.can_write(self.place)

    def give(self, handover: Handover, record: Record) -> None:
        """Write both secrets again whenever asked: they cannot be compared, and writing them twice harms nobody.

        They are sealed, and written directly after each other. Raises GitHub's errors, or Transient when GitHub does
        not confirm the write.
        """
        values = self.named(handover.pair)
        with connected() as client:
            written = client.put_secrets(self.place, values)
            confirmed = client.updated_since(self.place, tuple(values), written.at)
        if confirmed is not Answer.YES:
            raise Transient(
                f"GitHub took the secrets of {self.place.named} but does not show them as updated ({confirmed.value}).",
                self.page,
            )
        record.note(updated_at=written.at.isoformat())
        record.prove(
            f"{self.label}: both secrets sealed and updated at {written.at:%H:%M:%S} UTC (value cannot be read)."
        )
        if written.created:
            record.prove(
                f"{self.label} had no {' and '.join(written.created)} before, so nobody read it there: look whether "
                "the workflows read another place (an environment's, the organisation's), and name that in the catalog."
            )

    def holds(self, held: Held, given: Given | None, depth: Depth) -> Seen:
        """By the dates of all its secrets. Raises StepError, Unproved, and GitHub's errors."""
        del depth
        with connected() as github:
            dates = {name: github.secret_updated_at(self.place, name) for name in self.names.values()}
        absent = [name for name, at in dates.items() if at is None]
        if absent:
            raise StepError(
                f"{self.label} has no {' and '.join(absent)}.",
                "Compare the names in the catalog; a rotation writes them again.",
            )
        known = [at for at in dates.values() if at is not None]
        if given is None or given.updated_at is None:
            return self._against_the_vault(held, min(known))
        return self._since_written(held, datetime.fromisoformat(given.updated_at), given.fingerprint, known)

    def _since_written(self, held: Held, at: datetime, mark: str, known: list[datetime]) -> Seen:
        """``at``: when rekey wrote there last, by GitHub's clock."""
        if mark != held.pair.fingerprint:
            raise StepError(
                f"{self.label} was given pair {mark}, and the vault has {held.pair.fingerprint} now.",
                "Somebody changed the vault after the rotation: rotate, or write the secrets by hand.",
            )
        if max(known) > at + ONE_WRITE or min(known) < at:
            raise StepError(
                f"{self.label} was edited at {max(known):%Y-%m-%d %H:%M:%S} UTC; rekey wrote it at "
                f"{at:%Y-%m-%d %H:%M:%S} UTC. GitHub does not tell who did it.",
                f"{self.audit} Then rotate, or write both secrets by hand from the vault.",
            )
        return Seen(
            BY_TIME, f"{self.label} {NOT_READABLE}: consistent by time, untouched since rekey wrote pair {mark} there."
        )

    def _against_the_vault(self, held: Held, oldest: datetime) -> Seen:
        """Rekey never wrote there: only the vault's date is left, and a new version may hold the same value."""
        if oldest + ONE_WRITE < held.since:
            raise Unproved(
                f"{self.label} {NOT_READABLE}, and it is older ({oldest:%Y-%m-%d %H:%M} UTC) than the vault's newest "
                f"version ({held.since:%Y-%m-%d %H:%M} UTC).",
                "Rotate once by rekey, which writes both; or write the secrets by hand from the vault.",
            )
        return Seen(BY_TIME, f"{self.label} {NOT_READABLE}: consistent by time, it is newer than the vault's version.")

    def elsewhere(self, entries: Iterable[Consumer]) -> Elsewhere:
        """The places at GitHub that hold these names and that no entry of the catalog names: as secrets, or variables.

        A rotation leaves them with the dead pair, and a job may read just those. Looks through every place that the
        token can list; what it may not is said, and is no error. Raises VendorError when a place did not answer.
        """
        repository = self.place.named
        with connected() as github:
            holders = github.places.holding(repository, tuple(self.names.values()))
        named = self._named(entries)
        unnamed = [f"{held.place} ({', '.join(held.names)})" for held in holders.held if held.place not in named]
        told = []
        if unnamed:
            told.append(
                f"{repository} has secrets of the same names where no entry of the catalog names them: "
                f"{'; '.join(unnamed)}. A job may read those, and they keep the old pair."
            )
        if holders.variables:
            kept = "; ".join(f"{held.place} ({', '.join(held.names)})" for held in holders.variables)
            told.append(
                f"{repository} has variables of the same names: {kept}. rekey writes none, so a job that reads "
                "vars.NAME has an old value beside new ones: let it read secrets.NAME."
            )
        listed = "nowhere that could be listed" if holders.unlisted else "nowhere"
        nowhere = f"{repository} has secrets of these names {listed} but where the catalog names them, and variables "
        nowhere += f"of these names {listed}."
        # Each may have its own copy, and there may be thousands.
        unlisted = [*holders.unlisted, f"other repositories of {repository.partition('/')[0]}"]
        return Elsewhere(" ".join(told), nowhere, f"Not looked at: {', '.join(unlisted)}.")

    def _named(self, entries: Iterable[Consumer]) -> set[str]:
        """The places of this repository, its organization's too, that an entry names."""
        wanted, repository = set(self.names.values()), self.place.named.lower()
        mine = {repository, repository.partition("/")[0]}
        return {
            other.word
            for other in entries
            if isinstance(other, GithubCopy)
            and other.place.named.lower() in mine
            and wanted & set(other.names.values())
        }

    def token_end(self) -> KeyEnd:
        """When rekey's token ends; without a date when GitHub tells none. Raises GitHub's errors."""
        with connected() as github:
            return KeyEnd(github.token_ends_at())


def connected() -> GithubClient:
    """A client with the token of the block. Close it, or use it as a context manager. Raises CatalogError."""
    from blocks.consumers.github.block import Github  # noqa: PLC0415  # who only reads a catalog does not wait for Prefect
    from blocks.prefect_api import estate  # noqa: PLC0415  # as above

    return estate.loaded(Github).get_client()
