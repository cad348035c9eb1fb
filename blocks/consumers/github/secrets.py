"""GitHub Actions secrets of a repository, or of one of its environments.

A workflow of the repository's own can prove the value (docs/rekey-attestation.yml), which GitHub never shows.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from blocks.answer import Answer
from blocks.check import Depth, Seen
from blocks.consumers.github import attestation
from blocks.consumers.github.copies import GithubCopy, connected
from blocks.consumers.github.place import Place
from blocks.consumers.github.places import ITS_OWN, called
from blocks.consumers.interface import PROVED, Given, Held
from blocks.errors import StepError, Unproved
from blocks.secret import Minted


class GithubConsumer(GithubCopy):
    """Actions secrets of a repository, or of one of its environments. They can be written and never read."""

    kind: Literal["github"] = Field(description="secrets of GitHub Actions")
    repository: str = Field(pattern=r"^[\w.-]+/[\w.-]+$", description="`owner/name`, whose Actions secrets are written")
    environment: str | None = Field(
        default=None, description="one of its environments, whose secrets are written instead"
    )
    # docs/rekey-attestation.yml, where it was added.
    attestation: str | None = Field(
        default=None,
        pattern=r"^[\w-][\w.-]*\.ya?ml$",
        description="the file name of the workflow that proves which pair it has",
    )

    @property
    def label(self) -> str:
        """How this consumer is called in messages, task runs and the ledger."""
        return f"github {self.repository}" + (f" ({self.environment})" if self.environment else "")

    @property
    def place(self) -> Place:
        """Where they are. Raises CatalogError."""
        return Place.of(self.repository, self.environment)

    @property
    def word(self) -> str:
        """How this place is called among those that the repository's jobs read."""
        return called(self.environment) if self.environment else ITS_OWN

    def holds(self, held: Held, given: Given | None, depth: Depth) -> Seen:
        """By the dates of both secrets. A full examination starts the workflow: that costs minutes of a runner."""
        if self.attestation is not None and depth is Depth.FULL:
            return self._attested(self.attestation, held.pair)
        return super().holds(held, given, depth)

    def _attested(self, workflow: str, pair: Minted) -> Seen:
        with connected() as github:
            found = attestation.of(github, self.repository, workflow, pair)
        if found.answer is Answer.YES:
            return Seen(PROVED, f"{self.label} has the vault's pair {pair.fingerprint}: its own workflow proved it.")
        if found.answer is Answer.NO:
            raise StepError(
                f"{self.label} has another pair than the vault's {pair.fingerprint}: its own workflow says so.",
                "Look at the repository's audit log. Then rotate, or write both secrets by hand from the vault.",
            )
        ended = " Its run was cancelled." if found.is_cancelled else ""
        if found.awaited:
            raise Unproved(
                f"{self.label}: its workflow {workflow} waits for environment {', '.join(found.awaited)} (for "
                f"approval, or its wait timer), so it gave no answer in time.{ended}",
                "Take attestation out of this entry in the catalog (its copy is judged by its dates then), or the "
                "reviewers off that environment.",
            )
        raise Unproved(
            f"{self.label}: its workflow {workflow} gave no answer in time.{ended}",
            "Look at the repository's Actions page: is the workflow enabled, and is a runner free?",
        )
