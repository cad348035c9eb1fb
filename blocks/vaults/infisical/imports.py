"""What a folder of the vault imports: it holds none of it, and whoever reads or syncs that folder gets it all the same.

From Infisical's source (secret-router.ts, secret-import-fns.ts, read 2026-11-29): a list with imports has a row for
each of them, by environment and path, and the names of what that one imports again are among its own. What another
project imports, and a secret whose value is a reference to another one, cannot be seen this way.
"""

from __future__ import annotations

from blocks.errors import VendorError
from blocks.vaults.infisical.models import name_of
from blocks.vaults.infisical.session import InfisicalSession, unclear
from blocks.vaults.terms import Location
from blocks.wire.exchange import LIST_BYTES

# As deep as the vault itself follows imports of imports.
_DEEPEST = 10
# Each of them is a question.
_MOST = 50


def asked_for(*, imports: bool) -> dict[str, str]:
    """Whether a list is to have them. Newer servers of v4 call it otherwise, and have them unless that says no."""
    return dict.fromkeys(("include_imports", "includeImports"), str(imports).lower())


class Imports:
    """Of one project. ``route`` lists its secrets, ``project_field`` names it there."""

    def __init__(self, session: InfisicalSession, project_id: str, route: str, project_field: str) -> None:
        self._session = session
        self._project = {project_field: project_id}
        self._route = route

    def of(self, location: Location) -> dict[Location, frozenset[str]]:
        """The folders that it imports, and the names that come from each. Raises VendorError."""
        where = {**self._project, "environment": location.environment, "secretPath": location.path}
        # The values are not wanted; servers of 2024 send them all the same.
        how = {**asked_for(imports=True), "viewSecretValue": "false", "expandSecretReferences": "false"}
        operation = "look for imports"
        body = self._session.ask(
            operation, "GET", self._route, params={**where, **how}, remedies={}, largest=LIST_BYTES
        )
        try:
            return {
                Location(str(one["environment"]), str(one["secretPath"])): frozenset(map(name_of, one["secrets"]))
                for one in body.get("imports") or []
            }
        except (KeyError, TypeError):
            pass
        raise unclear(operation, "a field is missing in the answer", status=200)

    def reached_from(self, location: Location) -> frozenset[Location]:
        """All folders of which its readers get something, by imports of imports too. Raises VendorError."""
        reached, newest = {location}, {location}
        for _ in range(_DEEPEST):
            newest = set().union(*(self.of(one) for one in newest)) - reached
            reached |= newest
            if len(reached) > _MOST:
                raise unclear("look for imports", f"it reaches more than {_MOST} folders", status=200)
            if not newest:
                break
        return frozenset(reached - {location})

    def source_of(self, location: Location, names: frozenset[str]) -> Location | None:
        """The folder from which it imports one of these names; None where that is not known. Raises nothing."""
        try:
            return next((source for source, held in self.of(location).items() if names & held), None)
        except VendorError:
            return None
