"""Where secrets live at GitHub. Each place has a public key and a list of its own, and who reads which differs.

Facts from GitHub's REST API reference (Actions secrets, Dependabot secrets), read 2026-11-21 and 2026-11-28.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote

from blocks.errors import CatalogError

VENDOR = "GitHub"
REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*/(?!\.{1,2}$)[A-Za-z0-9_.-]+")
_ORGANIZATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Place:
    """A place that holds secrets: ``path`` of the API, and how people call it and what they grant for it."""

    path: str
    label: str
    # The repository or the organization that it belongs to.
    named: str
    # What a fine-grained token needs there, and which scope a classic one does.
    permission: str
    scope: str = "repo"
    # Whether each secret says for which repositories it is.
    is_shared: bool = False

    @classmethod
    def of(cls, repository: str, environment: str | None = None) -> Self:
        """The Actions secrets of a repository, or of one of its environments. Raises CatalogError."""
        base = _checked(repository)
        if environment is None:
            return cls(f"{base}/actions/secrets", repository, repository, '"Secrets: read and write"')
        if not environment.strip(" ."):
            raise CatalogError(f"{VENDOR}: {environment!r} is not an environment.", "Name it, or leave it out.")
        # An environment's name may hold a slash.
        path = f"{base}/environments/{quote(environment, safe='')}/secrets"
        return cls(path, f"{repository} ({environment})", repository, '"Environments: read and write"')

    @classmethod
    def of_dependabot(cls, repository: str) -> Self:
        """What runs that Dependabot starts read in place of the repository's Actions secrets. Raises CatalogError."""
        path = f"{_checked(repository)}/dependabot/secrets"
        return cls(path, f"{repository} (Dependabot)", repository, '"Dependabot secrets: read and write"')

    @classmethod
    def of_organization(cls, organization: str) -> Self:
        """The Actions secrets that an organization shares with repositories. Raises CatalogError."""
        if not _ORGANIZATION.fullmatch(organization):
            raise CatalogError(
                f"{VENDOR}: {organization!r} is not an organisation.", "Write its name as in its address."
            )
        path = f"/orgs/{organization}/actions/secrets"
        permission = '"Secrets: read and write" of the organisation'
        return cls(path, organization, organization, permission, scope="admin:org", is_shared=True)

    @classmethod
    def of_workflows(cls, repository: str) -> Self:
        """The workflows of a repository, which need another permission than its secrets. Raises CatalogError."""
        return cls(f"{_checked(repository)}/actions", repository, repository, '"Actions: read and write"')


def _checked(repository: str) -> str:
    """The repository's path, checked because it becomes a part of one. Raises CatalogError."""
    if not REPOSITORY.fullmatch(repository):
        raise CatalogError(
            f"{VENDOR}: {repository!r} is not a repository.", "Write owner/name in the catalog entry's repository."
        )
    return f"/repos/{repository}"
