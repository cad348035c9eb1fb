"""How Heroku's Platform API v3 looks on the wire: resources, errors and ETag (official schema, 2026-11-21)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from starlette.requests import Request
from starlette.responses import Response

from deployments.sandbox.heroku.apps import SandboxApp, SandboxDyno
from deployments.sandbox.heroku.releases import SandboxRelease, SandboxSlug
from deployments.sandbox.json_body import parsed
from deployments.sandbox.made_up import identifier

_ALWAYS = {
    "Cache-Control": "private, no-cache",
    "RateLimit-Multiplier": "1",
    "Vary": "Authorization,Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
}


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
    """JSON with ETag and Request-Id; 304 without a body when the client has it already.

    The headers are those of a recorded answer (terraform-provider-heroku 5.1.9 against the API, 2022-12-14).
    """
    content = json.dumps(body).encode()
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    # The number that the client gave the request stands behind Heroku's own.
    numbers = [identifier(), *filter(None, [request.headers.get("request-id")])]
    scopes: dict[str, str] = getattr(request.state, "scopes", {})
    known = {**_ALWAYS, **scopes, **(headers or {}), "ETag": etag, "Request-Id": ",".join(numbers)}
    if request.method == "GET" and status == 200 and request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=known)
    return Response(content, status, known, media_type="application/json")


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
        "acm": app.acm,
        "archived_at": None,
        "created_at": when(app.created_at),
        "updated_at": when(app.releases[-1].created_at),
        "released_at": when(app.releases[-1].created_at),
        "region": {"id": named_id(app.region), "name": app.region},
        "owner": {"id": app.id, "email": app.owner},
        "stack": {"id": named_id(app.stack), "name": app.stack},
        "build_stack": {"id": named_id(app.stack), "name": app.stack},
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
        "slug": {"id": release.slug},
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
        "size": app.size_of(dyno.type),
        "command": "run it",
        "attach_url": None,
        "release": {"id": dyno.release.id, "version": dyno.release.version},
        "app": {"id": app.id, "name": app.name},
        "created_at": when(dyno.created_at),
        "updated_at": when(dyno.updated_at),
    }


def formation_id(app: SandboxApp, kind: str) -> str:
    """The id of a process type of an app."""
    return f"{app.id[:24]}{hashlib.sha256(kind.encode()).hexdigest()[:12]}"


def named_id(name: str) -> str:
    """The id of a size of dynos, a stack or a region: the same for every app."""
    return str(uuid5(NAMESPACE_DNS, name))


def formation_row(app: SandboxApp, kind: str, quantity: int) -> dict[str, Any]:
    """One process type of a formation."""
    size = app.size_of(kind)
    return {
        "id": formation_id(app, kind),
        "type": kind,
        "quantity": quantity,
        "size": size,
        "dyno_size": {"id": named_id(size), "name": size},
        "command": "run it",
        "app": {"id": app.id, "name": app.name},
        "created_at": when(app.created_at),
        "updated_at": when(app.created_at),
    }


def slug_row(app: SandboxApp, slug: SandboxSlug, *, is_new: bool = False) -> dict[str, Any]:
    """Code of an app. One that is new is to be sent to its address, every other one is there."""
    moment, url = when(slug.created_at), slug.url or f"https://slugs.example.com/{slug.id}.tgz"
    return {
        "id": slug.id,
        "blob": {"method": "put" if is_new else "get", "url": url},
        "buildpack_provided_description": "Python",
        "checksum": slug.checksum,
        "commit": slug.commit,
        "commit_description": slug.commit_description,
        "process_types": dict(slug.process_types),
        "size": None,
        "stack": {"id": named_id(app.stack), "name": app.stack},
        "created_at": moment,
        "updated_at": moment,
        "deleted_at": None,
    }


def account_row(email: str) -> dict[str, Any]:
    """Whose token it is: a verified account of its own, which is in no team."""
    moment = "2026-01-01T12:00:00Z"
    nothing = ("country_of_residence", "default_organization", "default_team", "delinquent_at", "identity_provider")
    return {
        "id": "01234567-89ab-cdef-0123-456789abcdef",
        "email": email,
        "name": None,
        "allow_tracking": True,
        "beta": False,
        "federated": False,
        "two_factor_authentication": True,
        "verified": True,
        "sms_number": None,
        "suspended_at": None,
        **dict.fromkeys(nothing),
        "created_at": moment,
        "last_login": moment,
        "updated_at": moment,
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
