"""The page of GitHub's documentation that a refusal names: that of the operation that was asked for.

Recorded answers have it for what is asked wrongly or of what is not there (octokit/fixtures, errors; PyGithub's
tests/ReplayData); whoever has no right token, and who asks for what GitHub has not, is led to the first page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlette.requests import Request
from starlette.routing import Match, Route

from deployments.sandbox.github import pages_of_actions, pages_of_owners, pages_of_repositories

FIRST = "https://docs.github.com/rest"
_BELOW_A_REPOSITORY = "/repos/{}/{}"
_NAMED = re.compile(r"\{[^}]*\}")


def plain(path: str) -> str:
    """The path of a route without what its parts are called."""
    return _NAMED.sub("{}", path)


def _read(pages: dict[str, str], prefix: str) -> dict[tuple[str, str], str]:
    found = {}
    for page, text in pages.items():
        words = text.split()
        for method, path, part in zip(words[::3], words[1::3], words[2::3], strict=True):
            found[method, prefix + path.rstrip("/")] = f"{FIRST}/{page}#{part}"
    return found


_PAGES = {
    **_read(pages_of_owners.PAGES, ""),
    **_read(pages_of_repositories.PAGES, _BELOW_A_REPOSITORY),
    **_read(pages_of_actions.PAGES, _BELOW_A_REPOSITORY),
}


def page_of(method: str, path: str) -> str | None:
    """The page about an operation, None for none. ``path`` is a plain one."""
    return _PAGES.get((method, path.rstrip("/")))


def documented(routes: Iterable[Route], request: Request) -> str:
    """The page about what was asked for."""
    method = "GET" if request.method == "HEAD" else request.method
    for route in routes:
        if route.matches(request.scope)[0] is Match.FULL:
            return page_of(method, plain(route.path)) or FIRST
    return FIRST
