"""Files of a repository of the GitHub sandbox, kept beside its one commit. Those in .github/workflows are workflows.

From GitHub's OpenAPI description (23.0.2: contents) and what others measured at GitHub (pome-sh/digital-twins 400:
which answer a number gets that is missing or wrong). Of a workflow the sandbox reads its name, and whether a person may
start it; a job of it does nothing. For these files "workflows: write" is needed too (documented), and for a classic
token the scope of that name; inferred is that without it the token may not, as for every permission.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github import workflow_files
from deployments.sandbox.github.actions import BRANCH, COMMIT
from deployments.sandbox.github.code import commit_shown, number_of_file
from deployments.sandbox.github.demands import demand, object_in
from deployments.sandbox.github.face import Face
from deployments.sandbox.github.rules import Refusal, not_allowed
from deployments.sandbox.github.store import Repository

_WORKFLOW = re.compile(r"\.github/workflows/(?P<file>[^/]+\.ya?ml)")
_RAW = "application/vnd.github.raw"
_KINDS = dict.fromkeys(("message", "content", "sha", "branch"), ("string",))


class Files:
    """The routes."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def routes(self) -> list[Route]:
        """A file, or a directory."""
        one = "/repos/{owner}/{name}/contents/{path:path}"
        return [
            Route(one, self._get),
            Route(one, self._put, methods=["PUT"]),
            Route(one, self._delete, methods=["DELETE"]),
        ]

    async def _get(self, request: Request) -> Response:
        found = self._face.permitted(request, "contents", writes=False)
        path = request.path_params["path"].strip("/")
        if request.query_params.get("ref", BRANCH).removeprefix("refs/heads/") not in {BRANCH, COMMIT}:
            raise Refusal(404, f"No commit found for the ref {request.query_params['ref']}")
        if path in found.files:
            if request.headers.get("accept", "").startswith(_RAW):
                answer = self._face.answer(request, None, 200)
                answer.body = found.files[path]
                answer.headers["Content-Length"] = str(len(answer.body))
                answer.headers["Content-Type"] = f"{_RAW}+json; charset=utf-8"
                return answer
            return self._face.answer(request, _shown(request, found, path, whole=True))
        below = [one for one in sorted(found.files) if one.startswith(f"{path}/" if path else "")]
        if not below:
            raise Refusal(404, "Not Found")
        return self._face.answer(request, _listed(request, found, path, below))

    async def _put(self, request: Request) -> Response:
        found, path, asked = await self._asked(request, "message", "content")
        try:
            content = base64.b64decode("".join(asked["content"].split()), validate=True)
        except (binascii.Error, ValueError):
            raise Refusal(422, "content is not valid Base64") from None
        is_new = path not in found.files
        if not is_new:
            _demand_number(found, path, asked)
        found.files[path] = content
        _read_workflow(found, path)
        shown = {"content": _shown(request, found, path), "commit": _committed(request, found, asked)}
        return self._face.answer(request, shown, 201 if is_new else 200)

    async def _delete(self, request: Request) -> Response:
        found, path, asked = await self._asked(request, "message", "sha")
        if path not in found.files:
            raise Refusal(404, "Not Found")
        _demand_number(found, path, asked)
        del found.files[path]
        _read_workflow(found, path)
        return self._face.answer(request, {"content": None, "commit": _committed(request, found, asked)})

    async def _asked(self, request: Request, *required: str) -> tuple[Repository, str, dict[str, Any]]:
        """The repository, the path and what is asked, for those who may write there. Raises Refusal."""
        found, path = self._face.permitted(request, "contents", writes=True), request.path_params["path"].strip("/")
        token = self._face.token(request)
        if _WORKFLOW.fullmatch(path):
            request.state.needed = "contents=write,workflows=write"
            may = token.allows("workflows", writes=True) if token.scopes is None else "workflow" in token.scopes
            if not may:
                by_app = token.installation is not None
                refusal = not_allowed("workflows", writes=True, classic=token.scopes is not None, by_app=by_app)
                refusal.headers = dict.fromkeys(refusal.headers, request.state.needed)
                raise refusal
        asked = await object_in(request)
        demand(asked, _KINDS, required)
        if asked.get("branch", BRANCH).removeprefix("refs/heads/") != BRANCH:
            raise Refusal(404, f"Branch {asked['branch']} not found")
        return found, path, asked


def _demand_number(found: Repository, path: str, asked: dict[str, Any]) -> None:
    """Raise Refusal unless the number of the file as it is was sent."""
    demand(asked, {}, required=("sha",))
    if asked["sha"] != number_of_file(found.files[path]):
        raise Refusal(409, f"{path} does not match {asked['sha']}")


def _read_workflow(found: Repository, path: str) -> None:
    """Have the workflow that the file says, or none when it is gone."""
    named = _WORKFLOW.fullmatch(path)
    if named is None:
        return
    file, text = named["file"], found.files.get(path, b"").decode(errors="replace")
    found.workflows.pop(file, None)
    found.inputs.pop(file, None)
    found.without_dispatch.discard(file)
    if path in found.files:
        found.workflows[file] = workflow_files.title_of(text) or path
        found.inputs[file] = workflow_files.inputs_of(text)
        if not workflow_files.starts_by_hand(text):
            found.without_dispatch.add(file)


def _committed(request: Request, found: Repository, asked: dict[str, Any]) -> dict[str, Any]:
    """The commit, which is the one that there is, with what was said of it."""
    whole = commit_shown(request, found)
    return {**whole["commit"], "sha": COMMIT, "html_url": whole["html_url"], "message": asked["message"], "parents": []}


def _shown(request: Request, found: Repository, path: str, *, whole: bool = False) -> dict[str, Any]:
    content, number = found.files[path], number_of_file(found.files[path])
    more = {"encoding": "base64", "content": base64.encodebytes(content).decode()} if whole else {}
    return {**_addressed(request, found, path, "file", number), "size": len(content), **more}


def _addressed(request: Request, found: Repository, path: str, kind: str, number: str) -> dict[str, Any]:
    base, page = f"{request.base_url}repos/{found.full_name}", f"https://github.com/{found.full_name}"
    is_file = kind == "file"
    url, git = f"{base}/contents/{quote(path)}?ref={BRANCH}", f"{base}/git/{'blobs' if is_file else 'trees'}/{number}"
    html = f"{page}/{'blob' if is_file else 'tree'}/{BRANCH}/{quote(path)}"
    raw = f"https://raw.githubusercontent.com/{found.full_name}/{BRANCH}/{quote(path)}"
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": number,
        "size": 0,
        "url": url,
        "html_url": html,
        "git_url": git,
        "download_url": raw if is_file else None,
        "type": kind,
        "_links": {"self": url, "git": git, "html": html},
    }


def _listed(request: Request, found: Repository, path: str, below: list[str]) -> list[dict[str, Any]]:
    """What lies directly in a directory."""
    within = f"{path}/" if path else ""
    names = dict.fromkeys(one.removeprefix(within).partition("/")[0] for one in below)
    return [
        _shown(request, found, within + name)
        if within + name in found.files
        else _addressed(request, found, within + name, "dir", number_of_file(name.encode()))
        for name in names
    ]
