"""The code of a repository of the GitHub sandbox, which is one commit on one branch.

From GitHub's OpenAPI description (23.0.2: branches, commits, git) and recorded answers (octokit/fixtures, git-refs and
branch-protection). The texts for a branch and a commit that are not there are those of public reports.
"""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github import looks
from deployments.sandbox.github.actions import BRANCH, COMMIT, TREE
from deployments.sandbox.github.face import Face, paged
from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.github.store import Repository, timestamp

_MESSAGE = "Initial commit"
_REF = f"refs/heads/{BRANCH}"


class Code:
    """The routes of branches, commits and references. They ask for "contents: read", or "statuses"."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def routes(self) -> list[Route]:
        """Lists, and one of each."""
        base = "/repos/{owner}/{name}"
        return [
            Route(f"{base}/branches", self._branches),
            Route(f"{base}/branches/{{branch:path}}/protection", self._unprotected),
            Route(f"{base}/branches/{{branch:path}}/protection/{{part:path}}", self._unprotected),
            Route(f"{base}/branches/{{branch:path}}", self._branch),
            Route(f"{base}/commits", self._commits),
            Route(f"{base}/commits/{{wanted:path}}/status", self._status),
            Route(f"{base}/commits/{{wanted:path}}/statuses", self._statuses),
            # The older address, which PyGithub asks.
            Route(f"{base}/statuses/{{wanted:path}}", self._statuses),
            Route(f"{base}/commits/{{wanted:path}}", self._commit),
            Route(f"{base}/git/commits/{{wanted}}", self._git_commit),
            Route(f"{base}/git/ref/{{wanted:path}}", self._reference),
            Route(f"{base}/git/matching-refs/{{wanted:path}}", self._references),
            # No page of today's has it, and PyGithub asks.
            Route(f"{base}/git/refs", self._references),
        ]

    def _read(self, request: Request) -> Repository:
        return self._face.permitted(request, "contents", writes=False)

    async def _branches(self, request: Request) -> Response:
        base = f"{request.base_url}repos/{self._read(request).full_name}"
        rows = [{"name": BRANCH, "commit": {"sha": COMMIT, "url": f"{base}/commits/{COMMIT}"}, "protected": False}]
        chosen, headers = paged(request, rows)
        return self._face.answer(request, chosen, headers=headers)

    async def _branch(self, request: Request) -> Response:
        found = self._named(request)
        base = f"{request.base_url}repos/{found.full_name}"
        url, page = f"{base}/branches/{BRANCH}", f"https://github.com/{found.full_name}/tree/{BRANCH}"
        status_checks = {"enforcement_level": "off", "contexts": [], "checks": []}
        shown = {
            "name": BRANCH,
            "commit": commit_shown(request, found),
            "_links": {"self": url, "html": page},
            "protected": False,
            "protection": {"enabled": False, "required_status_checks": status_checks},
            "protection_url": f"{url}/protection",
        }
        return self._face.answer(request, shown)

    async def _unprotected(self, request: Request) -> Response:
        self._named(request)
        raise Refusal(404, "Branch not protected")

    def _named(self, request: Request) -> Repository:
        found = self._read(request)
        if request.path_params["branch"] != BRANCH:
            raise Refusal(404, "Branch not found")
        return found

    async def _commits(self, request: Request) -> Response:
        found = self._read(request)
        if request.query_params.get("sha", BRANCH) not in {BRANCH, COMMIT}:
            raise Refusal(404, "Not Found")
        chosen, headers = paged(request, [commit_shown(request, found)])
        return self._face.answer(request, chosen, headers=headers)

    async def _commit(self, request: Request) -> Response:
        """By its number or the beginning of it, or by a branch."""
        found = self._meant(request, "contents")
        files = [_file_shown(request, found, path) for path in sorted(found.files)]
        added = sum(one["additions"] for one in files)
        stats = {"stats": {"total": added, "additions": added, "deletions": 0}, "files": files}
        return self._face.answer(request, {**commit_shown(request, found), **stats})

    async def _statuses(self, request: Request) -> Response:
        self._meant(request, "statuses")
        return self._face.answer(request, [])

    async def _status(self, request: Request) -> Response:
        """All statuses together, which is pending while there is none (documented)."""
        found, base = self._meant(request, "statuses"), str(request.base_url)
        url = f"{base}repos/{found.full_name}/commits/{COMMIT}"
        of = {"repository": looks.repository(found, base), "commit_url": url, "url": f"{url}/status"}
        return self._face.answer(request, {"state": "pending", "statuses": [], "sha": COMMIT, "total_count": 0, **of})

    def _meant(self, request: Request, permission: str) -> Repository:
        """The repository, if its commit is the one that the path names. Raises Refusal."""
        found = self._face.permitted(request, permission, writes=False)
        demand_commit(request)
        return found

    async def _git_commit(self, request: Request) -> Response:
        found = self._read(request)
        if request.path_params["wanted"] != COMMIT:
            raise Refusal(404, "Not Found")
        whole = commit_shown(request, found)
        return self._face.answer(
            request, {**whole["commit"], "sha": COMMIT, "html_url": whole["html_url"], "parents": []}
        )

    async def _reference(self, request: Request) -> Response:
        found = self._read(request)
        if request.path_params["wanted"] != f"heads/{BRANCH}":
            raise Refusal(404, "Not Found")
        return self._face.answer(request, _reference(request, found))

    async def _references(self, request: Request) -> Response:
        found = self._read(request)
        is_one = f"heads/{BRANCH}".startswith(str(request.path_params.get("wanted", "")))
        return self._face.answer(request, [_reference(request, found)] if is_one else [])


def demand_commit(request: Request) -> None:
    """Raise Refusal unless the path names the only commit that there is."""
    wanted = str(request.path_params["wanted"])
    if wanted not in {BRANCH, f"heads/{BRANCH}", _REF} and not _is_begun_by(wanted):
        raise Refusal(422, f"No commit found for SHA: {wanted}")


def _is_begun_by(wanted: str) -> bool:
    """GitHub takes the beginning of a number from seven digits on."""
    return len(wanted) >= len("0123456") and COMMIT.startswith(wanted)


def number_of_file(content: bytes) -> str:
    """As git counts it."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _file_shown(request: Request, of: Repository, path: str) -> dict[str, Any]:
    """A file as the commit has it, to which all were added."""
    content, page = of.files[path], f"https://github.com/{of.full_name}"
    lines = len(content.splitlines())
    return {
        "sha": number_of_file(content),
        "filename": path,
        "status": "added",
        "additions": lines,
        "deletions": 0,
        "changes": lines,
        "blob_url": f"{page}/blob/{COMMIT}/{quote(path)}",
        "raw_url": f"{page}/raw/{COMMIT}/{quote(path)}",
        "contents_url": f"{request.base_url}repos/{of.full_name}/contents/{quote(path)}?ref={COMMIT}",
    }


def commit_shown(request: Request, of: Repository) -> dict[str, Any]:
    """The commit."""
    base, made = f"{request.base_url}repos/{of.full_name}", timestamp(of.created_at)
    by = {"name": "Sandbox", "email": "sandbox@example.com", "date": made}
    verification = {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}
    who = looks.account(looks.PERSON, str(request.base_url))
    return {
        "sha": COMMIT,
        "node_id": f"C_{of.id}",
        "commit": {
            "author": by,
            "committer": by,
            "message": _MESSAGE,
            "tree": {"sha": TREE, "url": f"{base}/git/trees/{TREE}"},
            "url": f"{base}/git/commits/{COMMIT}",
            "comment_count": 0,
            "verification": verification,
        },
        "url": f"{base}/commits/{COMMIT}",
        "html_url": f"https://github.com/{of.full_name}/commit/{COMMIT}",
        "comments_url": f"{base}/commits/{COMMIT}/comments",
        "author": who,
        "committer": who,
        "parents": [],
    }


def _reference(request: Request, of: Repository) -> dict[str, Any]:
    base = f"{request.base_url}repos/{of.full_name}/git"
    points_to = {"sha": COMMIT, "type": "commit", "url": f"{base}/commits/{COMMIT}"}
    return {"ref": _REF, "node_id": f"REF_{of.id}", "url": f"{base}/{_REF}", "object": points_to}
