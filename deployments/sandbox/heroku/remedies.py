"""What a person does at the simulated Heroku when something is wrong: read logs, release again, restart, ...

These are the routes behind the commands of the heroku CLI that rekey's remedies name (its source, read 2026-11-27).
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from deployments.sandbox.heroku import wire
from deployments.sandbox.heroku.access import SCOPES, Access
from deployments.sandbox.heroku.apps import SandboxApp, SandboxDyno
from deployments.sandbox.heroku.neighbours import authorization_row
from deployments.sandbox.heroku.releases import SandboxRelease
from deployments.sandbox.heroku.wire import HerokuError
from deployments.sandbox.made_up import identifier

_Act = Callable[[Request], Awaitable[Response]]

_LINES = 100


@dataclass(frozen=True, slots=True)
class _Session:
    """What somebody wants to read: lines of a source (app or heroku) and of a dyno or a type of them; "" for all."""

    app: SandboxApp
    source: str
    dyno: str
    most: int


class Remedies:
    """Routes for people. Apps and tokens are those of the simulated Heroku."""

    def __init__(self, apps: Mapping[str, SandboxApp], access: Access) -> None:
        self._apps = apps
        self._access = access
        # Who knows such an address may read what a session asked for, without a token.
        self._sessions: dict[str, _Session] = {}

    def routes(self) -> list[tuple[str, _Act, str]]:
        """Path, handler and method of what asks for a token."""
        return [
            ("/apps/{app}/log-sessions", self._open_log, "POST"),
            ("/apps/{app}/releases", self._release, "POST"),
            ("/apps/{app}/dynos", self._restart, "DELETE"),
            ("/oauth/authorizations", self._authorize, "POST"),
        ]

    def streams(self) -> list[Route]:
        """The addresses that logs and the output of a release command are read from."""
        return [
            Route("/logs/{session}", self._log),
            Route("/streams/{app}/{release}", self._output),
        ]

    def _of(self, request: Request) -> SandboxApp:
        return wire.app_of(self._apps, request)

    async def _open_log(self, request: Request) -> Response:
        app, asked = self._of(request), wire.json_of(await request.body())
        lines, session = asked.get("lines"), identifier()
        # heroku3 and the CLI send ``dyno``, which may be a type too; the schema has ``dyno_name`` and ``type``.
        dyno = next((str(asked[one]) for one in ("dyno", "dyno_name", "type") if asked.get(one)), "")
        source = str(asked.get("source") or "")
        self._sessions[session] = _Session(app, source, dyno, lines if isinstance(lines, int) else _LINES)
        now = wire.when(datetime.now(UTC))
        url = f"{request.base_url}logs/{session}"
        return wire.answer(request, {"id": session, "logplex_url": url, "created_at": now, "updated_at": now}, 201)

    async def _log(self, request: Request) -> Response:
        if request.path_params["session"] not in self._sessions:
            return PlainTextResponse("Not found.", 404)
        lines = _log_of(self._sessions[request.path_params["session"]])
        if "text/event-stream" not in request.headers.get("accept", ""):
            return PlainTextResponse("".join(f"{line}\n" for line in lines))
        events = "".join(f"id: {number}\ndata: {line}\n\n" for number, line in enumerate(lines, start=1))
        return Response(events, media_type="text/event-stream")

    async def _output(self, request: Request) -> Response:
        release = wire.release_of(self._of(request), request.path_params["release"])
        return PlainTextResponse("".join(f"{line}\n" for line in _output_of(release)))

    async def _release(self, request: Request) -> Response:
        """``{"slug": ...}`` releases code, such as the same again (releases:retry), ``{"release": ...}`` rolls back."""
        app, asked, by = self._of(request), wire.json_of(await request.body()), request.state.email
        if "release" in asked:
            to = wire.release_of(app, str(asked["release"]))
            if to.status(time.monotonic()) != "succeeded":
                raise HerokuError(422, "invalid_params", f"Cannot roll back to v{to.version}: it did not succeed.")
            made = app.roll_back(to, by)
        elif isinstance(asked.get("slug"), str) and asked["slug"] in app.slugs:
            slug = app.slugs[asked["slug"]]
            described = f"Deploy {str(slug.commit)[:8]}" if slug.commit else "Deploy"
            made = app.release_slug(slug, str(asked.get("description") or described), by)
        else:
            raise HerokuError(422, "invalid_params", "A slug of this app, or a release of it, is expected.")
        return wire.answer(request, wire.release_row(app, made, time.monotonic(), str(request.base_url)), 201)

    async def _restart(self, request: Request) -> Response:
        self._of(request).restart()
        return wire.answer(request, {}, 202)

    async def _authorize(self, request: Request) -> Response:
        asked = wire.json_of(await request.body())
        scopes, seconds = asked.get("scope") or ["global"], asked.get("expires_in")
        if not isinstance(scopes, list) or not all(isinstance(one, str) and one in SCOPES for one in scopes):
            raise HerokuError(422, "invalid_params", f"The scopes are {', '.join(sorted(SCOPES))}.")
        if seconds is not None and not str(seconds).isdecimal():
            raise HerokuError(422, "invalid_params", "expires_in is a number of seconds.")
        expires_in = None if seconds is None else int(seconds)
        made = self._access.authorize(tuple(scopes), request.state.email, expires_in, asked.get("description"))
        return wire.answer(request, authorization_row(made, shows_token=True), 201)


def _log_of(session: _Session) -> list[str]:
    """What Heroku itself says of releases and dynos, oldest first. The app says nothing, so no value is in it."""
    app = session.app
    said = [
        (one.created_at, "app[api]", f"Release v{one.version} created by user {one.user_email}") for one in app.releases
    ]
    said += [(one.created_at, f"app[release.{one.version}]", line) for one in app.releases for line in _output_of(one)]
    said += [(one.updated_at, f"heroku[{one.name}]", line) for one in app.dynos() for line in _said_of(one)]
    wanted = [
        f"{moment.isoformat()} {source}: {line}"
        for moment, source, line in sorted(said, key=lambda one: one[0])
        if source.startswith(session.source) and f"[{session.dyno}" in source
    ]
    return wanted[-session.most :]


def _said_of(dyno: SandboxDyno) -> list[str]:
    ended = ["Process exited with status 1"] if dyno.state == "crashed" else []
    return [*ended, f"State changed to {dyno.state}"]


def _output_of(release: SandboxRelease) -> list[str]:
    """What its release command wrote, if it has one."""
    if not release.knobs.release_phase_s and not release.knobs.release_phase_fails:
        return []
    ended = {"pending": [], "failed": ["The release command ended with status 1"]}
    return [
        "Running the release command",
        *ended.get(release.status(time.monotonic()), ["The release command is done"]),
    ]
