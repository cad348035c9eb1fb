"""A repository by its number: where GitHub's redirect from a former name leads, and what lies below it.

That every path below /repos/OWNER/NAME is there below /repositories/NUMBER, too, is documented by those redirects alone
(GitHub REST API, best practices, "Follow redirects"); the number is not in its OpenAPI description (23.0.2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from deployments.sandbox.github.store import Repository

_BY_NUMBER = re.compile(r"(?P<root>(?:/api/v3)?)/repositories/(?P<number>[0-9]{1,19})(?P<rest>/.*)?")


class ByNumber:
    """Serves these paths as if they had the name that the repository has now."""

    def __init__(self, app: ASGIApp, repositories: Mapping[str, Repository]) -> None:
        self._app = app
        self._repositories = repositories

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; one with a number of no repository as it is."""
        asked = _BY_NUMBER.fullmatch(scope["path"]) if scope["type"] == "http" else None
        found = [one for one in self._repositories.values() if asked and one.id == int(asked["number"])]
        if asked and found:
            base = f"{asked['root']}/repos/{found[0].full_name}"
            raw = _BY_NUMBER.search(scope["raw_path"].decode("latin-1"))
            # What is escaped in it, such as a slash, stays so.
            raw_path = f"{quote(base)}{(raw and raw['rest']) or ''}".encode("latin-1")
            scope = {**scope, "path": f"{base}{asked['rest'] or ''}", "raw_path": raw_path}
        await self._app(scope, receive, send)


def rest_of(request: Request) -> str:
    """What follows the name of a repository in the path of a request, as it was sent, with the query."""
    raw = request.scope["raw_path"].decode("latin-1")
    parts = raw.partition("/repos/")[2].split("/", 2)
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{'/' if len(parts) > 2 else ''}{''.join(parts[2:])}{query}"
