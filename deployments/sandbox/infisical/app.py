"""The simulated Infisical: universal auth, folders and secrets of v3 (and v4), as a server of 2024 or of today.

What the two ages answer is from a self-hosted server of 2024-10 that was observed and from the current source, both
2026-11-21. Differences are chosen by ``profile``; a client that is right against both is right against both ages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from starlette.applications import Starlette
from starlette.middleware import Middleware

from deployments.sandbox import made_up
from deployments.sandbox.github.store import Repository
from deployments.sandbox.heroku.apps import SandboxApp
from deployments.sandbox.infisical.auth import Auth
from deployments.sandbox.infisical.http import AccessProxy, NoTrailingSlash, no_route, no_route_today
from deployments.sandbox.infisical.identity import ClientSecret, Identity
from deployments.sandbox.infisical.memberships import RIGHTS
from deployments.sandbox.infisical.project import Project, Tag
from deployments.sandbox.infisical.routes import InfisicalRoutes
from deployments.sandbox.infisical.rows import Folder, Import, new_row
from deployments.sandbox.infisical.state import InfisicalKnobs, Profile, State, Sync, Vault
from deployments.sandbox.server import SandboxError

__all__ = ["InfisicalKnobs", "InfisicalSandbox", "Profile", "State"]


class InfisicalSandbox:
    """A vault in memory. Its state may be read and changed from any thread."""

    def __init__(self, profile: Profile = "2024") -> None:
        self._vault = Vault(profile)
        self._auth = Auth(self._vault)

    @property
    def knobs(self) -> InfisicalKnobs:
        """What goes wrong; see InfisicalKnobs."""
        return self._vault.knobs

    @property
    def history(self) -> list[State]:
        """The values of the changed folder after each transaction, in order (no reader ever saw anything else)."""
        return self._vault.history

    def app(self) -> Starlette:
        """The application to serve."""
        routes = InfisicalRoutes(self._vault, self._auth)
        unknown = no_route_today if self._vault.is_current else no_route
        return Starlette(
            routes=routes.all(),
            exception_handlers={404: unknown, 405: unknown},
            middleware=[Middleware(AccessProxy, self._vault), Middleware(NoTrailingSlash)],
        )

    def reset_knobs(self) -> None:
        """Nothing goes wrong any more."""
        self._vault.knobs = InfisicalKnobs()
        self._vault.windows.clear()

    def add_project(
        self,
        environments: Iterable[str] = ("dev", "staging", "prod"),
        *,
        enforce_capitalization: bool = False,
        project_id: str | None = None,
    ) -> str:
        """A project with empty environments. Returns its id; its slug is ``slug_of`` that."""
        project_id = project_id or made_up.identifier()
        folders = {environment: {"/": Folder("/")} for environment in environments}
        project = Project(project_id, f"raxx-{project_id[:4]}", folders, enforce_capitalization)
        self._vault.projects[project_id] = project
        return project_id

    def slug_of(self, project_id: str) -> str:
        """The project's slug."""
        return self._project(project_id).slug

    def add_identity(
        self,
        project_id: str,
        permissions: Iterable[str] = RIGHTS,
        *,
        manages_identities: bool = False,
        client: tuple[str, str] | None = None,
    ) -> tuple[str, str]:
        """A machine identity with rights on secrets and folders. Returns client ID and client secret: ``client``."""
        client_id, client_secret = client or (made_up.identifier(), made_up.hexadecimal(64))
        rights = {self._project(project_id).id: set(permissions)}
        first = [ClientSecret(client_secret)]
        made = Identity(made_up.identifier(), client_id, first, rights, manages_identities)
        self._vault.identities[client_id] = made
        return client_id, client_secret

    def become(self, profile: Profile) -> None:
        """Be a server of this age from now on, as after an update."""
        self._vault.profile = profile

    def identity_id(self, client_id: str) -> str:
        """The id under which an identity is managed."""
        return self._vault.identities[client_id].id

    def secrets_of(self, client_id: str) -> list[ClientSecret]:
        """All client secrets of an identity, oldest first."""
        return self._vault.identities[client_id].client_secrets

    def living_secrets(self, client_id: str) -> list[str]:
        """The client secrets with which an identity can log in, oldest first."""
        return [one.value for one in self.secrets_of(client_id) if not one.revoked]

    def set_permissions(self, client_id: str, project_id: str, permissions: Iterable[str]) -> None:
        """Replace an identity's rights in a project: on secrets, and to list secret-syncs and integrations."""
        self._vault.identities[client_id].rights[project_id] = set(permissions)

    def unlock(self, client_id: str) -> None:
        """Forget failed logins and the lock that they led to."""
        identity = self._vault.identities[client_id]
        identity.failures, identity.failed_at, identity.locked_until = 0, 0.0, 0.0

    def expire_tokens(self) -> None:
        """Every access token is past its lifetime from now on."""
        for token in list(self._vault.tokens.values()):
            token.expired = True

    def revoke_tokens(self) -> None:
        """Every access token is revoked from now on."""
        for token in list(self._vault.tokens.values()):
            token.revoked = True

    def add_folder(self, project_id: str, environment: str, path: str) -> None:
        """A folder with its parents."""
        self._vault.make_folder(self._project(project_id), environment, path)

    def add_tag(self, project_id: str, slug: str) -> str:
        """A tag that secrets of the project may have, as a person makes it in the console. Its id."""
        made = made_up.identifier()
        self._project(project_id).tags[made] = Tag(made, slug)
        return made

    def add_import(self, project_id: str, environment: str, path: str, source: tuple[str, str]) -> None:
        """From now on the folder imports that one (environment and path). It is made unless it is there."""
        folder = self._vault.make_folder(self._vault.projects[project_id], environment, path)
        folder.imports.append(Import(*source))

    def add_sync(  # a place, a destination, and how it goes there
        self,
        project_id: str,
        environment: str,
        path: str,
        app: SandboxApp | Repository,
        *,
        native: bool = False,
        deletes: bool = True,
    ) -> None:
        """From now on each change of the folder is given to this app or repository; what was before is not."""
        self._vault.syncs.append(Sync(project_id, environment, path, app, native, deletes))

    def put(
        self, project_id: str, environment: str, path: str, values: Mapping[str, str], *, rotated: bool = False
    ) -> None:
        """Set values in one transaction, as a person does in the console; creates the folder and missing names.

        ``rotated``: new rows belong to a rotation of Infisical's own.
        """
        project = self._project(project_id)
        folder = self._vault.make_folder(project, environment, path)
        kept = [
            replace(row, value=values[row.key], version=row.version + 1) if row.key in values else row
            for row in folder.rows
        ]
        there = {row.key for row in folder.rows}
        added = [new_row(name, value, rotated=rotated) for name, value in values.items() if name not in there]
        self._vault.commit(project, environment, {path: (*kept, *added)})

    def put_again(self, project_id: str, environment: str, path: str, name: str, value: str) -> None:
        """A second row of the same name, as concurrent creates leave it."""
        project = self._project(project_id)
        folder = self._vault.make_folder(project, environment, path)
        self._vault.commit(project, environment, {path: (*folder.rows, new_row(name, value))})

    def values(self, project_id: str, environment: str, path: str) -> dict[str, str]:
        """What the folder holds now, by name; empty when there is no such folder."""
        folder = self._vault.folder(self._project(project_id), environment, path)
        return {row.key: row.value for row in folder.rows} if folder else {}

    def versions(self, project_id: str, environment: str, path: str) -> dict[str, int]:
        """The version of each name in the folder."""
        folder = self._vault.folder(self._project(project_id), environment, path)
        return {row.key: row.version for row in folder.rows} if folder else {}

    def rows_named(self, project_id: str, environment: str, path: str, name: str) -> int:
        """How many rows of that name there are: more than one after concurrent creates."""
        folder = self._vault.folder(self._project(project_id), environment, path)
        return sum(row.key == name for row in folder.rows) if folder else 0

    def has_folder(self, project_id: str, environment: str, path: str) -> bool:
        """Whether the folder exists."""
        return self._vault.folder(self._project(project_id), environment, path) is not None

    def _project(self, project_id: str) -> Project:
        if project_id in self._vault.projects:
            return self._vault.projects[project_id]
        raise SandboxError(f"The sandbox's vault has no project {project_id}.", "Use the id that add_project returned.")
