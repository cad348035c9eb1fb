"""Domains of apps of the simulated Heroku: the one that Heroku gives each app, and those of one's own.

From the official schema (heroku/platform-api 4f4f592: domain), as `heroku domains` and heroku3 ask for them. No name is
looked up, so a domain of one's own is pending. The texts that refuse are inferred; so is that Heroku's own stays.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from deployments.sandbox.heroku import wire
from deployments.sandbox.heroku.apps import SandboxApp
from deployments.sandbox.heroku.certificates import Certificates
from deployments.sandbox.heroku.wire import HerokuError
from deployments.sandbox.made_up import identifier

_Act = Callable[[Request], Awaitable[Response]]
_Row = dict[str, Any]
_HOSTNAME = re.compile(r"(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.IGNORECASE)


class Domains:
    """Their routes, and those of the certificates that they may have."""

    def __init__(self, apps: Mapping[str, SandboxApp]) -> None:
        self._apps = apps
        # Those of one's own by the app's id, as they are shown.
        self._own: dict[str, list[_Row]] = {}
        self._certificates = Certificates(apps, self._bound_to)

    def routes(self) -> list[tuple[str, _Act, str]]:
        """Path, handler and method."""
        every, one = "/apps/{app}/domains", "/apps/{app}/domains/{wanted}"
        return [
            (every, self._list, "GET"),
            (every, self._add, "POST"),
            (one, self._get, "GET"),
            (one, self._bind, "PATCH"),
            (one, self._remove, "DELETE"),
            *self._certificates.routes(),
        ]

    def _bound_to(self, endpoint: str) -> list[str]:
        every = (row for rows in self._own.values() for row in rows)
        return [row["id"] for row in every if row["sni_endpoint"] and row["sni_endpoint"]["id"] == endpoint]

    def _rows(self, request: Request) -> tuple[SandboxApp, list[_Row]]:
        app = wire.app_of(self._apps, request)
        return app, self._own.setdefault(app.id, [])

    async def _list(self, request: Request) -> Response:
        app, own = self._rows(request)
        return wire.answer(request, [_given(app), *own])

    async def _add(self, request: Request) -> Response:
        (app, own), asked = self._rows(request), wire.json_of(await request.body())
        hostname = asked.get("hostname")
        if not isinstance(hostname, str) or not _HOSTNAME.fullmatch(hostname):
            raise HerokuError(422, "invalid_params", "Hostname is not a valid domain.")
        if any(row["hostname"] == hostname.lower() for rows in self._own.values() for row in rows):
            raise HerokuError(422, "invalid_params", "Domain already added to this app.")
        now, mark = wire.when(datetime.now(UTC)), hashlib.sha256(hostname.lower().encode()).hexdigest()[:12]
        made = {
            "id": identifier(),
            "hostname": hostname.lower(),
            "kind": "custom",
            "status": "pending",
            "cname": f"sandbox-{mark}.example.com",
            "app": {"id": app.id, "name": app.name},
            **dict.fromkeys(("acm_status", "acm_status_reason")),
            "sni_endpoint": self._endpoint(app, asked.get("sni_endpoint")),
            "created_at": now,
            "updated_at": now,
        }
        own.append(made)
        return wire.answer(request, made, 201)

    def _endpoint(self, app: SandboxApp, asked: Any) -> _Row | None:
        if asked is None:
            return None
        found = self._certificates.named(app, asked if isinstance(asked, str) else None)
        return {"id": found.id, "name": found.name}

    async def _get(self, request: Request) -> Response:
        return wire.answer(request, self._named(request)[2])

    async def _bind(self, request: Request) -> Response:
        app, _, row = self._named(request)
        row["sni_endpoint"] = self._endpoint(app, wire.json_of(await request.body()).get("sni_endpoint"))
        row["updated_at"] = wire.when(datetime.now(UTC))
        return wire.answer(request, row)

    async def _remove(self, request: Request) -> Response:
        _, own, row = self._named(request)
        if row["kind"] == "heroku":
            raise HerokuError(422, "invalid_params", "The domain that Heroku gives an app cannot be removed.")
        own.remove(row)
        return wire.answer(request, row)

    def _named(self, request: Request) -> tuple[SandboxApp, list[_Row], _Row]:
        app, own = self._rows(request)
        for row in (_given(app), *own):
            if request.path_params["wanted"].lower() in {row["hostname"], row["id"]}:
                return app, own, row
        raise HerokuError(404, "not_found", "Couldn't find that domain.", resource="domain")


def _given(app: SandboxApp) -> _Row:
    """Heroku's own for the app. It needs no other name and no certificate of its own."""
    made = wire.when(app.created_at)
    hostname = f"{app.name}.example.com"
    return {
        "id": wire.named_id(f"{app.id} {hostname}"),
        "hostname": hostname,
        "kind": "heroku",
        "status": "none",
        "app": {"id": app.id, "name": app.name},
        **dict.fromkeys(("cname", "acm_status", "acm_status_reason", "sni_endpoint")),
        "created_at": made,
        "updated_at": made,
    }
