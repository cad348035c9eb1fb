"""Two more places at GitHub: what Dependabot's runs read, and what an organization shares with repositories.

A run that Dependabot starts reads Dependabot's secrets in place of the repository's. A job reads an organization's
where neither its environment nor its repository has one of that name. GitHub's REST API reference and documentation
(Using secrets in GitHub Actions), read 2026-11-28.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal

from pydantic import Field

from blocks.answer import Answer
from blocks.consumers.github.copies import GithubCopy, connected
from blocks.consumers.github.place import Place
from blocks.consumers.github.places import DEPENDABOT, ORGANISATION
from blocks.consumers.interface import Consumer, Elsewhere


class DependabotConsumer(GithubCopy):
    """Dependabot secrets of a repository, which the runs that Dependabot starts read. They can never be read back."""

    page: ClassVar[str] = "Look at the repository's Dependabot secrets page."
    audit: ClassVar[str] = "Look at the audit log of the organisation."

    kind: Literal["github-dependabot"] = Field(description="secrets of Dependabot at GitHub")
    repository: str = Field(
        pattern=r"^[\w.-]+/[\w.-]+$", description="`owner/name`, whose Dependabot secrets are written"
    )

    @property
    def label(self) -> str:
        """How this consumer is called in messages, task runs and the ledger."""
        return f"github {self.repository} (Dependabot)"

    @property
    def place(self) -> Place:
        """Where they are. Raises CatalogError."""
        return Place.of_dependabot(self.repository)

    @property
    def word(self) -> str:
        """How this place is called among those that the repository's jobs read."""
        return DEPENDABOT


class OrganizationConsumer(GithubCopy):
    """Actions secrets that an organization shares with its repositories. They can be written and never read.

    Each is there already, made by hand: rekey leaves it for the repositories for which it is.
    """

    page: ClassVar[str] = "Look at the organisation's Actions secrets page."
    audit: ClassVar[str] = "Look at the audit log of the organisation (action org.update_actions_secret)."

    kind: Literal["github-organization"] = Field(description="secrets of GitHub Actions that an organization shares")
    organization: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$", description="its name, whose shared Actions secrets are written"
    )

    @property
    def label(self) -> str:
        """How this consumer is called in messages, task runs and the ledger."""
        return f"github organisation {self.organization}"

    @property
    def place(self) -> Place:
        """Where they are. Raises CatalogError."""
        return Place.of_organization(self.organization)

    @property
    def word(self) -> str:
        """How this place is called among those that a repository's jobs read."""
        return ORGANISATION

    def can_write(self) -> Answer:
        """Whether the token may write there, and whether all names are there, for whomever they are."""
        with connected() as github:
            for name in self.names.values():
                github.readers.of(self.place, name)
        return super().can_write()

    def elsewhere(self, entries: Iterable[Consumer]) -> Elsewhere:
        """Its repositories are not looked through: there may be thousands, and each entry of one looks at its own."""
        del entries
        nowhere = (
            f"A repository of {self.organization}, or an environment, may have a secret of its own of these names."
        )
        return Elsewhere(
            "", f"{nowhere} Its jobs read that one.", f"Not looked at: repositories of {self.organization}."
        )
