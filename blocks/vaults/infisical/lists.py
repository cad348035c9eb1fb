"""Lists of the vault's secrets: what a folder holds, and whether there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from blocks.errors import Missing, Refused, Unclear
from blocks.vaults.infisical.folders import Folders, remedies
from blocks.vaults.infisical.imports import asked_for
from blocks.vaults.infisical.session import VENDOR, InfisicalSession, unclear
from blocks.vaults.terms import Location
from blocks.wire.exchange import LIST_BYTES


@dataclass(frozen=True, slots=True)
class Routes:
    """Of one version of the API: its addresses, and how it calls the project."""

    secrets: str
    batch: str
    project_field: str


ROUTES: dict[str, Routes] = {
    "v3": Routes("/api/v3/secrets/raw", "/api/v3/secrets/batch/raw", "workspaceId"),
    "v4": Routes("/api/v4/secrets", "/api/v4/secrets/batch", "projectId"),
}


class Lists:
    """The secrets of one project, as it lists them."""

    def __init__(self, session: InfisicalSession, project_id: str, routes: Routes, folders: Folders) -> None:
        self._session = session
        self._project_id = project_id
        self._routes = routes
        self._folders = folders

    def rows(self, location: Location) -> list[Any] | None:
        """The folder's secrets, or None when there is no such folder in an environment that exists."""
        rows: list[Any] = []
        missing: Missing | None = None
        try:
            rows = self.listed(location)
        except Missing as caught:
            missing = caught
        if rows:
            return rows
        if not self._is_there(location, missing):
            return None
        if missing is not None:
            # The folder is there. Whoever hears "missing" would believe that it is empty.
            raise Unclear(
                vendor=VENDOR,
                operation="read secrets",
                fault="not found, although its folder is there",
                status=missing.status,
                remedy=missing.remedy,
            )
        return rows

    def _is_there(self, location: Location, missing: Missing | None) -> bool:
        """Whether the folder exists. Raises Refused for an unknown project: then not even its folders are shown."""
        try:
            return self._folders.exists(location)
        except Refused:
            if missing is None:
                raise
        raise Refused(
            vendor=VENDOR,
            operation=missing.operation,
            fault="not found, and its folders are not shown",
            status=missing.status,
            code=missing.code,
            request_id=missing.request_id,
            remedy=missing.remedy,
        )

    def listed(self, location: Location, *, recursive: bool = False) -> list[Any]:
        """One list as the vault gives it. A missing folder is empty there on servers of 2024."""
        body = self._session.ask(
            "read secrets",
            "GET",
            self._routes.secrets,
            params={
                **self.scope(location),
                "viewSecretValue": "true",
                "expandSecretReferences": "false",
                **asked_for(imports=False),
                "recursive": str(recursive).lower(),
            },
            remedies=remedies(self._project_id, "read secrets (with their values)", location),
            largest=LIST_BYTES,
        )
        rows = body.get("secrets")
        if isinstance(rows, list):
            return rows
        raise unclear("read secrets", "the answer has no secrets", status=200)

    def scope(self, location: Location) -> dict[str, str]:
        """What every request says of where it is meant."""
        return {
            self._routes.project_field: self._project_id,
            "environment": location.environment,
            "secretPath": location.path,
        }
