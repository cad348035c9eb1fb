"""The simulated vault's tags of secrets: listed, found by slug or id, made, changed and deleted.

From the vault's own source (secret-tag-router.ts and its service, read 2026-11-29). Its command line looks a tag up by
its slug and makes the one that is not there.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox import made_up
from deployments.sandbox.infisical import read as reads
from deployments.sandbox.infisical.call import Call
from deployments.sandbox.infisical.project import Project, Tag
from deployments.sandbox.infisical.state import Refusal, Vault

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST = 64
_Closed = Callable[[str, Callable[[Call], Awaitable[Any]]], Callable[[Request], Awaitable[Response]]]


class Tags:
    """The routes of tags. ``closed`` makes an endpoint of a handler: login and rate limit first."""

    def __init__(self, vault: Vault, closed: _Closed) -> None:
        self._vault = vault
        self._closed = closed

    def routes(self, base: str) -> list[Route]:
        """All below a project."""
        tags = f"{base}/{{project_id}}/tags"
        return [
            Route(tags, self._closed("read", self._list)),
            Route(tags, self._closed("write", self._make), methods=["POST"]),
            Route(f"{tags}/slug/{{slug}}", self._closed("read", self._by_slug)),
            Route(f"{tags}/{{tag}}", self._closed("read", self._get)),
            Route(f"{tags}/{{tag}}", self._closed("write", self._change), methods=["PATCH"]),
            Route(f"{tags}/{{tag}}", self._closed("write", self._delete), methods=["DELETE"]),
        ]

    async def _list(self, call: Call) -> Any:
        project = self._permitted(call, "read")
        return {"tags": [tag.as_json(project.id) for tag in project.tags.values()]}

    async def _by_slug(self, call: Call) -> Any:
        project, slug = self._permitted(call, "read"), str(call.request.path_params["slug"])
        found = next((tag for tag in project.tags.values() if tag.slug == slug), None)
        return _named(project, found)

    async def _get(self, call: Call) -> Any:
        project = self._permitted(call, "read")
        return _named(project, project.tags.get(str(call.request.path_params["tag"])))

    async def _make(self, call: Call) -> Any:
        slug, color = _fields(call)
        project = self._permitted(call, "create")
        _refuse_taken(project, slug)
        made = Tag(made_up.identifier(), slug, color, call.identity.id)
        project.tags[made.id] = made
        return {"tag": made.as_json(project.id)}

    async def _change(self, call: Call) -> Any:
        slug, color = _fields(call)
        project = self._permitted(call, "edit")
        found = _existing(project, call)
        _refuse_taken(project, slug, found)
        found.slug, found.color = slug, color
        return {"tag": found.as_json(project.id)}

    async def _delete(self, call: Call) -> Any:
        """Secrets that had the tag have it no more."""
        project = self._permitted(call, "delete")
        found = _existing(project, call)
        del project.tags[found.id]
        return {"tag": found.as_json(project.id)}

    def _permitted(self, call: Call, right: str) -> Project:
        project = reads.own_project(self._vault, call.identity, str(call.request.path_params["project_id"]))
        reads.permit(self._vault, call.identity, project, right, "tags")
        return project


def _fields(call: Call) -> tuple[str, str]:
    slug, color = call.fields.text("slug"), call.fields.text("color")
    if isinstance(slug, str) and slug and not (_SLUG.fullmatch(slug) and len(slug) <= _LONGEST):
        # In which words is not known.
        call.fields.refuse("Slug must be a valid slug", "slug")
    call.fields.check()
    return slug, color


def _named(project: Project, found: Tag | None) -> dict[str, Any]:
    if found is None:
        raise Refusal(404, "NotFound", "Tag doesn't exist")
    return {"tag": {**found.as_json(project.id), "name": found.slug}}


def _existing(project: Project, call: Call) -> Tag:
    found = project.tags.get(str(call.request.path_params["tag"]))
    if found is None:
        raise Refusal(400, "BadRequest", "Tag doesn't exist")
    return found


def _refuse_taken(project: Project, slug: str, itself: Tag | None = None) -> None:
    if any(tag.slug == slug and tag is not itself for tag in project.tags.values()):
        raise Refusal(400, "BadRequest", "Tag already exist")
