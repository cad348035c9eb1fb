"""How Heroku's Platform API v3 looks on the wire: resources, errors, Range and ETag (official schema, 2026-11-21)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from deployments.sandbox.heroku.apps import SandboxApp, SandboxDyno
from deployments.sandbox.heroku.releases import SandboxRelease
from deployments.sandbox.json_body import parsed
from deployments.sandbox.made_up import identifier

_RANGE = re.compile(
    r"\s*(?P<field>[a-z_]+)\s+(?P<after>\](?P<start>[^\s;]+?))?\s*\.\.\s*[^;]*;?\s*(?P<options>[^;]*);?\s*"
)
_MOST = 1000


class HerokuError(Exception):
    """An error answer: ``{"id": ..., "message": ...}`` with its status."""

    def __init__(self, status: int, machine_id: str, message: str, **more: str) -> None:
        self.status = status
        self.body = {"id": machine_id, "message": message, **more}
        super().__init__(machine_id)


def app_of(apps: Mapping[str, SandboxApp], request: Request) -> SandboxApp:
    """The app that the path names, by name or id."""
    wanted = request.path_params["app"]
    for app in apps.values():
        if wanted in {app.name, app.id}:
            return app
    raise HerokuError(404, "not_found", "Couldn't find that app.", resource="app")


def release_of(app: SandboxApp, wanted: str) -> SandboxRelease:
    """The release of this id or version."""
    for release in app.releases:
        if wanted in {release.id, str(release.version)}:
            return release
    raise HerokuError(404, "not_found", "Couldn't find that release.", resource="release")


def json_of(body: bytes) -> dict[str, Any]:
    """The object that a request carries."""
    try:
        found = parsed(body or b"{}")
    except ValueError:
        raise HerokuError(400, "bad_request", "Unable to parse the JSON request.") from None
    if not isinstance(found, dict):
        raise HerokuError(422, "invalid_params", "An object is expected.")
    return found


def answer(request: Request, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON with ETag and Request-Id; 304 without a body when the client has it already."""
    content = json.dumps(body).encode()
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    known = {**(headers or {}), "ETag": etag, "Request-Id": identifier()}
    if request.method == "GET" and status == 200 and request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=known)
    return Response(content, status, known, media_type="application/json")


def list_answer(request: Request, rows: list[dict[str, Any]], *, order_by: str, page_size: int) -> Response:
    """A list as the Range header asks for it: 206 and Next-Range while there is more. Ignores what it cannot parse."""
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked is None or (rows and asked["field"] not in rows[0]):
        asked = None
    column = asked["field"] if asked else order_by
    options = dict(part.split("=", 1) for part in re.split(r"[,\s]+", asked["options"]) if "=" in part) if asked else {}
    descending = options.get("order") == "desc"
    size = min(max(int(options["max"]), 1), _MOST) if options.get("max", "").isdecimal() else page_size
    ordered = sorted(rows, key=lambda row: row[column], reverse=descending)
    page = _after(ordered, column, asked["start"] if asked else None)
    if len(page) <= size:
        return answer(request, page)
    order = "order=desc," if descending else ""
    following = f"{column} ]{page[size - 1][column]}..; {order}max={size}"
    return answer(request, page[:size], 206, {"Next-Range": following, "Accept-Ranges": f"id, {column}"})


def _after(ordered: list[dict[str, Any]], column: str, start: str | None) -> list[dict[str, Any]]:
    places = [place for place, row in enumerate(ordered) if start is not None and str(row[column]) == start]
    return ordered[places[0] + 1 :] if places else ordered


def when(moment: datetime) -> str:
    """A moment as Heroku writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def app_row(app: SandboxApp) -> dict[str, Any]:
    """An app."""
    return {
        "id": app.id,
        "name": app.name,
        "web_url": f"https://{app.name}.example.com/",
        "git_url": f"https://git.example.com/{app.name}.git",
        "maintenance": app.maintenance,
        "acm": True,
        "archived_at": None,
        "created_at": when(app.created_at),
        "updated_at": when(app.releases[-1].created_at),
        "released_at": when(app.releases[-1].created_at),
        "region": {"id": "59accabd-516d-4f0e-83e6-6e3757701145", "name": "us"},
        "owner": {"id": app.id, "email": "owner@example.com"},
        "stack": {"id": app.id, "name": "heroku-24"},
        "build_stack": {"id": app.id, "name": "heroku-24"},
        "generation": {"id": app.id, "name": "cedar"},
        "team": None,
        "space": None,
        "organization": None,
        "internal_routing": None,
        "repo_size": 0,
        "slug_size": 0,
        "buildpack_provided_description": "Python",
    }


def release_row(app: SandboxApp, release: SandboxRelease, now: float, base_url: str) -> dict[str, Any]:
    """A release. What its release command says is read below ``base_url``."""
    has_output = release.knobs.release_phase_s > 0 or release.knobs.release_phase_fails
    return {
        "id": release.id,
        "version": release.version,
        "status": release.status(now),
        "current": release is app.current_release(),
        "description": release.description,
        "created_at": when(release.created_at),
        "updated_at": when(release.created_at),
        "user": {"id": app.id, "email": release.user_email},
        "app": {"id": app.id, "name": app.name},
        "slug": {"id": app.id},
        "artifacts": [],
        "addon_plan_names": [],
        "output_stream_url": f"{base_url}streams/{app.id}/{release.id}" if has_output else None,
        "eligible_for_rollback": release.status(now) == "succeeded",
    }


def dyno_row(app: SandboxApp, dyno: SandboxDyno) -> dict[str, Any]:
    """A dyno."""
    name = f"{dyno.release.id}/{dyno.name}"
    return {
        "id": f"{dyno.release.id[:24]}{hashlib.sha256(name.encode()).hexdigest()[:12]}",
        "name": dyno.name,
        "type": dyno.type,
        "state": dyno.state,
        "size": "Basic",
        "command": "run it",
        "attach_url": None,
        "release": {"id": dyno.release.id, "version": dyno.release.version},
        "app": {"id": app.id, "name": app.name},
        "created_at": when(dyno.created_at),
        "updated_at": when(dyno.updated_at),
    }


def formation_row(app: SandboxApp, kind: str, quantity: int) -> dict[str, Any]:
    """One process type of a formation."""
    return {
        "id": f"{app.id[:24]}{hashlib.sha256(kind.encode()).hexdigest()[:12]}",
        "type": kind,
        "quantity": quantity,
        "size": "Basic",
        "dyno_size": {"id": app.id, "name": "Basic"},
        "command": "run it",
        "app": {"id": app.id, "name": app.name},
        "created_at": when(app.created_at),
        "updated_at": when(app.created_at),
    }


def preboot_row(app: SandboxApp) -> dict[str, Any]:
    """The only feature that the sandbox knows."""
    return {
        "id": app.id,
        "name": "preboot",
        "display_name": "Preboot",
        "description": "New web dynos boot before the existing ones are stopped.",
        "doc_url": "https://devcenter.heroku.com/articles/preboot",
        "feedback_email": None,
        "state": "general",
        "enabled": app.preboot,
        "created_at": when(app.created_at),
        "updated_at": when(app.created_at),
    }
