"""Code of the apps of the simulated Heroku: sources that are sent, builds of them, and slugs that are brought.

From the official schema (heroku/platform-api 4f4f592: build, slug, source), as heroku3 and the CLI ask for them. A
build is pending in the answer that begins it and over afterwards: failed when its source was to be sent here and was
not. A source elsewhere is not fetched, and no code runs; what is built has the process types of the code before, or one
named web. That a release is described by the first eight characters of a version or commit is inferred. What is sent is
kept up to a mebibyte.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from deployments.sandbox.heroku import wire
from deployments.sandbox.heroku.apps import SandboxApp
from deployments.sandbox.heroku.releases import SandboxRelease, SandboxSlug
from deployments.sandbox.heroku.wire import HerokuError
from deployments.sandbox.made_up import identifier

_Act = Callable[[Request], Awaitable[Response]]
_MOST_BYTES = 1024 * 1024


@dataclass(slots=True)
class _Build:
    """One that is over: with a release when it succeeded."""

    app: SandboxApp
    email: str
    source: dict[str, Any]
    buildpacks: Any
    release: SandboxRelease | None
    id: str = field(default_factory=identifier)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))


class Builds:
    """Their routes. The apps are those of the simulated Heroku."""

    def __init__(self, apps: Mapping[str, SandboxApp]) -> None:
        self._apps = apps
        self._builds: dict[str, _Build] = {}
        # By the number in their address; None until it is sent.
        self._blobs: dict[str, bytes | None] = {}

    def routes(self) -> list[tuple[str, _Act, str]]:
        """Path, handler and method of what asks for a token."""
        builds = "/apps/{app}/builds"
        return [
            ("/sources", self._source, "POST"),
            ("/apps/{app}/sources", self._source, "POST"),
            (builds, self._list, "GET"),
            (builds, self._build, "POST"),
            (f"{builds}/{{build}}", self._get, "GET"),
            ("/apps/{app}/slugs", self._bring, "POST"),
            ("/apps/{app}/slugs/{slug}", self._slug, "GET"),
        ]

    def streams(self) -> list[Route]:
        """Where code is sent and fetched, and the output of a build: whoever knows the address may."""
        return [
            Route("/blobs/{blob}", self._send, methods=["PUT"]),
            Route("/blobs/{blob}", self._fetch),
            Route("/build-output/{build}", self._output),
        ]

    def _of(self, request: Request) -> SandboxApp:
        return wire.app_of(self._apps, request)

    def _place(self, request: Request) -> str:
        number = identifier()
        self._blobs[number] = None
        return f"{request.base_url}blobs/{number}"

    async def _source(self, request: Request) -> Response:
        url = self._place(request)
        return wire.answer(request, {"source_blob": {"get_url": url, "put_url": url}}, 201)

    async def _send(self, request: Request) -> Response:
        if request.path_params["blob"] not in self._blobs:
            return PlainTextResponse("Not found.", 404)
        self._blobs[request.path_params["blob"]] = (await request.body())[:_MOST_BYTES]
        return Response(status_code=200)

    async def _fetch(self, request: Request) -> Response:
        found = self._blobs.get(request.path_params["blob"])
        return PlainTextResponse("Not found.", 404) if found is None else Response(found)

    async def _list(self, request: Request) -> Response:
        app, base = self._of(request), str(request.base_url)
        rows = [_shown(one, base) for one in self._builds.values() if one.app is app]
        return wire.answer(request, rows)

    async def _build(self, request: Request) -> Response:
        app, asked = self._of(request), wire.json_of(await request.body())
        source = asked.get("source_blob")
        if not isinstance(source, dict) or not isinstance(source.get("url"), str):
            raise HerokuError(422, "invalid_params", "A source_blob with an url is expected.")
        made = _Build(app, request.state.email, source, asked.get("buildpacks") or None, None)
        self._builds[made.id] = made
        pending = _shown(made, str(request.base_url), is_over=False)
        if self._is_there(request, source["url"]):
            version = str(source.get("version") or made.id)
            types = dict(app.slugs[app.slug].process_types) or {"web": "run it"}
            slug = SandboxSlug(identifier(), types, commit=source.get("version"))
            made.release = app.release_slug(slug, f"Deploy {version[:8]}", made.email)
        return wire.answer(request, pending, 201)

    def _is_there(self, request: Request, url: str) -> bool:
        here, _, number = url.rpartition("/blobs/")
        return f"{here}/" != str(request.base_url) or self._blobs.get(number) is not None

    async def _get(self, request: Request) -> Response:
        app, found = self._of(request), self._builds.get(request.path_params["build"])
        if found is None or found.app is not app:
            raise HerokuError(404, "not_found", "Couldn't find that build.", resource="build")
        return wire.answer(request, _shown(found, str(request.base_url)))

    async def _output(self, request: Request) -> Response:
        found = self._builds.get(request.path_params["build"])
        if found is None:
            return PlainTextResponse("Not found.", 404)
        return PlainTextResponse(f"-----> Build {_status(found)}\n")

    async def _bring(self, request: Request) -> Response:
        app, asked = self._of(request), wire.json_of(await request.body())
        types = asked.get("process_types")
        if not isinstance(types, dict) or not all(isinstance(command, str) for command in types.values()):
            raise HerokuError(422, "invalid_params", "process_types are names with commands.")
        checksum, commit, said = (asked.get(name) for name in ("checksum", "commit", "commit_description"))
        slug = SandboxSlug(identifier(), types, self._place(request), checksum, commit, said)
        app.slugs[slug.id] = slug
        return wire.answer(request, wire.slug_row(app, slug, is_new=True), 201)

    async def _slug(self, request: Request) -> Response:
        app = self._of(request)
        found = app.slugs.get(request.path_params["slug"])
        if found is None:
            raise HerokuError(404, "not_found", "Couldn't find that slug.", resource="slug")
        return wire.answer(request, wire.slug_row(app, found))


def _status(build: _Build) -> str:
    return "succeeded" if build.release else "failed"


def _shown(build: _Build, base_url: str, *, is_over: bool = True) -> dict[str, Any]:
    moment, release = wire.when(build.created_at), build.release
    known = ("url", "checksum", "version", "version_description")
    return {
        "id": build.id,
        "app": {"id": build.app.id},
        "buildpacks": build.buildpacks,
        "generation": "cedar",
        "output_stream_url": f"{base_url}build-output/{build.id}",
        "source_blob": {name: build.source.get(name) for name in known},
        "release": {"id": release.id} if release else None,
        "slug": {"id": release.slug} if release else None,
        "stack": build.app.stack,
        "status": _status(build) if is_over else "pending",
        "user": {"id": build.app.id, "email": build.email},
        "created_at": moment,
        "updated_at": moment,
    }
