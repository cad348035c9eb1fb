"""GitHub Apps of the sandbox: where they are installed, and the tokens of an hour that they get for that.

From GitHub's OpenAPI description (23.0.2: apps, installations) and recorded answers (PyGithub's tests/ReplayData,
GithubIntegration and Installation). A token is for what the installation has, or for less of it. The texts that refuse
are those of public reports; that whoever sends another token than an installation's is answered with 403 is inferred.
"""

from __future__ import annotations

import secrets
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox import made_up
from deployments.sandbox.github import looks
from deployments.sandbox.github.app_keys import GithubApp, Installation, asserted
from deployments.sandbox.github.demands import object_of
from deployments.sandbox.github.face import Face, paged
from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.github.store import Repository, timestamp
from deployments.sandbox.github.tokens import Token

LASTS_S = 3600
_NO_REPOSITORY = "There is at least one repository that does not exist or is not accessible to the parent installation."
_LEVELS = ("read", "write", "admin")


class Installations:
    """The routes: those of an app ask for its assertion, the others for a token of an installation."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def routes(self) -> list[Route]:
        """For apps, and for their tokens."""
        one = "/app/installations/{number:int}"
        return [
            Route("/app", self._app),
            Route("/app/installations", self._list),
            Route(one, self._get),
            Route(one, self._delete, methods=["DELETE"]),
            Route(f"{one}/access_tokens", self._mint, methods=["POST"]),
            Route(f"{one}/suspended", self._suspend, methods=["PUT", "DELETE"]),
            Route("/repos/{owner}/{name}/installation", self._of_place),
            Route("/orgs/{owner}/installation", self._of_place),
            Route("/users/{owner}/installation", self._of_place),
            Route("/orgs/{owner}/installations", self._of_organization),
            Route("/user/installations", self._of_person),
            Route("/installation/repositories", self._repositories),
            Route("/installation/token", self._revoke, methods=["DELETE"]),
        ]

    def _of_app(self, app: GithubApp) -> list[Installation]:
        return [one for one in self._face.estate.installations.values() if one.app.id == app.id]

    def _named(self, request: Request) -> Installation:
        for one in self._of_app(app_asking(self._face, request)):
            if one.id == request.path_params["number"]:
                return one
        raise Refusal(404, "Not Found")

    async def _app(self, request: Request) -> Response:
        app = app_asking(self._face, request)
        return self._face.answer(request, _app_shown(app, len(self._of_app(app)), str(request.base_url)))

    async def _list(self, request: Request) -> Response:
        rows = [_shown(one, str(request.base_url)) for one in self._of_app(app_asking(self._face, request))]
        chosen, headers = paged(request, rows)
        return self._face.answer(request, chosen, headers=headers)

    async def _get(self, request: Request) -> Response:
        return self._face.answer(request, _shown(self._named(request), str(request.base_url)))

    async def _of_place(self, request: Request) -> Response:
        owner, name = request.path_params["owner"].lower(), request.path_params.get("name")
        for one in self._of_app(app_asking(self._face, request)):
            covered = [found.full_name.lower() for found in self._covered(one)]
            if one.owner.lower() == owner and (name is None or f"{owner}/{name}".lower() in covered):
                return self._face.answer(request, _shown(one, str(request.base_url)))
        raise Refusal(404, "Not Found")

    async def _of_organization(self, request: Request) -> Response:
        owner = self._face.administered(request, "organization_administration")
        every = self._face.estate.installations.values()
        return self._counted(request, [one for one in every if one.owner.lower() == owner.lower()])

    async def _of_person(self, request: Request) -> Response:
        self._face.token(request)
        return self._counted(request, list(self._face.estate.installations.values()))

    def _counted(self, request: Request, found: list[Installation]) -> Response:
        rows = [_shown(one, str(request.base_url)) for one in found]
        chosen, headers = paged(request, rows)
        return self._face.answer(request, {"total_count": len(rows), "installations": chosen}, headers=headers)

    async def _delete(self, request: Request) -> Response:
        found = self._named(request)
        del self._face.estate.installations[found.id]
        self._end([value for value, token in self._face.estate.tokens.items() if token.installation == found.id])
        return self._face.answer(request, None, 204)

    async def _suspend(self, request: Request) -> Response:
        self._named(request).suspended_at = time.time() if request.method == "PUT" else None
        return self._face.answer(request, None, 204)

    async def _mint(self, request: Request) -> Response:
        found, content = self._named(request), await request.body()
        if found.suspended_at is not None:
            raise Refusal(403, "This installation has been suspended")
        asked = object_of(content) if content.strip() else {}
        permissions, chosen = _permissions(found, asked.get("permissions")), self._chosen(found, asked)
        names = found.repositories if chosen is None else tuple(one.full_name for one in chosen)
        value, ends_at = made_up.token("ghs_", 36), time.time() + LASTS_S
        self._face.estate.tokens[value] = Token(permissions, None, names, ends_at, found.id, found.owner)
        base, selection = str(request.base_url), "all" if names is None else "selected"
        more = {} if chosen is None else {"repositories": [looks.repository(one, base) for one in chosen]}
        shown = {"token": value, "expires_at": timestamp(ends_at), "permissions": permissions}
        return self._face.answer(request, {**shown, "repository_selection": selection, **more}, 201)

    def _chosen(self, found: Installation, asked: dict[str, Any]) -> list[Repository] | None:
        """The repositories that a token is asked for; None for all of the installation. Raises Refusal."""
        names, numbers = asked.get("repositories"), asked.get("repository_ids")
        if names is None and numbers is None:
            return None
        if not isinstance(names or [], list) or not isinstance(numbers or [], list):
            raise Refusal(400, "Problems parsing JSON")
        wanted = [str(one).lower() for one in (*(names or []), *(numbers or []))]
        covered = self._covered(found)
        chosen = [one for one in covered if {one.full_name.partition("/")[2].lower(), str(one.id)} & set(wanted)]
        if len(chosen) < len(set(wanted)):
            raise Refusal(422, _NO_REPOSITORY)
        return chosen

    def _covered(self, found: Installation) -> list[Repository]:
        own = [one for one in self._face.estate.repositories.values() if one.owner.lower() == found.owner.lower()]
        return [one for one in own if found.repositories is None or one.full_name in found.repositories]

    async def _repositories(self, request: Request) -> Response:
        token, base = self._token(request), str(request.base_url)
        rows = [
            looks.repository(one, base) for one in self._face.estate.repositories.values() if token.sees(one.full_name)
        ]
        chosen, headers = paged(request, rows)
        selection = "all" if token.repositories is None else "selected"
        told = {"total_count": len(rows), "repository_selection": selection, "repositories": chosen}
        return self._face.answer(request, told, headers=headers)

    async def _revoke(self, request: Request) -> Response:
        token = self._token(request)
        self._end([value for value, held in self._face.estate.tokens.items() if held is token])
        return self._face.answer(request, None, 204)

    def _token(self, request: Request) -> Token:
        token = self._face.token(request)
        if token.installation is None:
            raise Refusal(403, "You must authenticate with an installation access token.")
        return token

    def _end(self, values: list[str]) -> None:
        for value in values:
            del self._face.estate.tokens[value]


def app_asking(face: Face, request: Request) -> GithubApp:
    """The app whose assertion it is. Raises Refusal."""
    kind, _, assertion = request.headers.get("authorization", "").partition(" ")
    return asserted(assertion.strip() if kind.lower() == "bearer" else "", face.estate.apps.values())


def _permissions(found: Installation, asked: Any) -> dict[str, str]:
    """What a token may do: what was asked for, if the installation has it; it may always read metadata."""
    own = {**found.app.permissions, "metadata": "read"}
    if not isinstance(asked or {}, dict):
        # Recorded.
        raise Refusal(400, "Problems parsing JSON")
    for name, level in (asked or {}).items():
        if level not in _LEVELS or name not in own or _LEVELS.index(level) > _LEVELS.index(own[name]):
            raise Refusal(422, "The permissions requested are not granted to this installation.")
    return {**asked, "metadata": "read"} if asked else own


def new_app(slug: str, permissions: dict[str, str]) -> GithubApp:
    """An app with a key of its own, installed nowhere."""
    number = secrets.randbelow(10**6) + 1
    return GithubApp(number, f"Iv1.{secrets.token_hex(8)}", slug, permissions, time.time(), made_up.private_key())


def _app_shown(app: GithubApp, installations: int, base_url: str) -> dict[str, Any]:
    moment = timestamp(app.created_at)
    return {
        "id": app.id,
        "client_id": app.client_id,
        "slug": app.slug,
        "node_id": f"A_{app.id}",
        "owner": looks.account(looks.PERSON, base_url),
        "name": app.slug,
        "description": "",
        "external_url": "https://example.com",
        "html_url": f"https://github.com/apps/{app.slug}",
        "created_at": moment,
        "updated_at": moment,
        "permissions": {**app.permissions, "metadata": "read"},
        "events": [],
        "installations_count": installations,
    }


def _shown(one: Installation, base_url: str) -> dict[str, Any]:
    account, moment = looks.account(one.owner, base_url), timestamp(one.created_at)
    is_suspended = one.suspended_at is not None
    return {
        "id": one.id,
        "client_id": one.app.client_id,
        "account": account,
        "repository_selection": "all" if one.repositories is None else "selected",
        "access_tokens_url": f"{base_url}app/installations/{one.id}/access_tokens",
        "repositories_url": f"{base_url}installation/repositories",
        "html_url": f"https://github.com/organizations/{one.owner}/settings/installations/{one.id}",
        "app_id": one.app.id,
        "app_slug": one.app.slug,
        "target_id": account["id"],
        "target_type": account["type"],
        "permissions": {**one.app.permissions, "metadata": "read"},
        "events": [],
        "created_at": moment,
        "updated_at": moment,
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": looks.account(looks.PERSON, base_url) if is_suspended else None,
        "suspended_at": timestamp(one.suspended_at) if one.suspended_at is not None else None,
    }
