"""The vault's folders: whether one exists, and how it is made; and what to do when the vault refuses a request."""

from __future__ import annotations

from blocks.errors import Rejected
from blocks.vaults.infisical.proof import unproved
from blocks.vaults.infisical.session import InfisicalSession, unclear
from blocks.vaults.read_back import read_backs
from blocks.vaults.terms import Location
from blocks.wire.exchange import LIST_BYTES

_ROUTE = "/api/v1/folders"


class Folders:
    """The folders of one project."""

    def __init__(self, session: InfisicalSession, project_id: str, read_back_pause_s: float) -> None:
        self._session = session
        self._project_id = project_id
        self._read_back_pause_s = read_back_pause_s

    def exists(self, location: Location) -> bool:
        """Whether the folder exists. Raises Missing when not even the environment or the project does."""
        parent, _, name = location.path.rpartition("/")
        body = self._session.ask(
            "list folders",
            "GET",
            _ROUTE,
            params={**self._scope(location), "path": parent or "/"},
            remedies=remedies(self._project_id, "read folders", location),
            largest=LIST_BYTES,
        )
        folders = body.get("folders")
        if not isinstance(folders, list):
            raise unclear("list folders", "the answer has no folders", status=200)
        return not name or any(isinstance(folder, dict) and folder.get("name") == name for folder in folders)

    def ensure(self, location: Location) -> None:
        """Create the folder and its parents unless it exists, and prove that it does. Safe to repeat."""
        if self.exists(location):
            return
        try:
            self._create(location)
        except Rejected:
            # Somebody else made it in between: the current server refuses a second one.
            if self.exists(location):
                return
            raise
        for _ in read_backs(self._read_back_pause_s):
            if self.exists(location):
                return
        raise unproved(f"{location} does not show after it was created")

    def _create(self, location: Location) -> None:
        parent, _, name = location.path.rpartition("/")
        self._session.ask(
            "create folder",
            "POST",
            _ROUTE,
            json={**self._scope(location), "path": parent or "/", "name": name},
            remedies=remedies(self._project_id, "create folders", location),
        )

    def _scope(self, location: Location) -> dict[str, str]:
        return {"workspaceId": self._project_id, "environment": location.environment}


def remedies(project_id: str, right: str, location: Location) -> dict[int, str]:
    """What to do by status, when the identity lacks ``right`` or a place is not found."""
    return {
        403: f"Give rekey's machine identity the right to {right} in {location} (project {project_id}): it "
        "has to read (with their values), create, edit and delete secrets there, and to create folders.",
        404: f"Compare 'Project ID' {project_id} of the Infisical block with the project's settings in Infisical, and "
        f"{location} of the catalog with its folders.",
    }
