"""What the heroku CLI asks for besides: authorizations, single dynos, and lists that are empty.

`heroku apps:info` wants the pipeline, `heroku authorizations` lists and revokes tokens, and heroku3 asks for invoices.
From the official schema (heroku/platform-api 4f4f592). A token is shown when it is made and by regenerating; everywhere
else ten asterisks stand for most of it (heroku-cli-command 352, by which the CLI tells its own token; how much stands
before and behind them is inferred). Nobody has an API key (``~``) or a session.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from deployments.sandbox.heroku import wire
from deployments.sandbox.heroku.access import Access, Authorization
from deployments.sandbox.heroku.apps import SandboxApp
from deployments.sandbox.heroku.wire import HerokuError

_Act = Callable[[Request], Awaitable[Response]]
_ASTERISKS = "*" * 10
_NONE_OF_AN_ACCOUNT = (
    "/teams",
    "/pipelines",
    "/account/features",
    "/account/invoices",
)


class Neighbours:
    """Routes beside the ones that rekey needs. Apps and tokens are those of the simulated Heroku."""

    def __init__(self, apps: Mapping[str, SandboxApp], access: Access) -> None:
        self._apps = apps
        self._access = access

    def routes(self) -> list[tuple[str, _Act, str]]:
        """Path, handler and method."""
        one = "/oauth/authorizations/{authorization}"
        return [
            ("/oauth/authorizations", self._authorizations, "GET"),
            (one, self._authorization, "GET"),
            (one, self._revoke, "DELETE"),
            (one, self._describe, "PATCH"),
            (f"{one}/actions/regenerate-tokens", self._regenerate, "POST"),
            ("/oauth/sessions", self._none, "GET"),
            ("/oauth/sessions/{session}", self._no_session, "DELETE"),
            ("/users/~/apps", self._own_apps, "GET"),
            ("/apps/{app}/dynos", self._run, "POST"),
            ("/apps/{app}/dynos/{dyno}", self._dyno, "GET"),
            ("/apps/{app}/features/{feature}", self._change_feature, "PATCH"),
            ("/apps/{app}/pipeline-couplings", self._no_pipeline, "GET"),
            *((path, self._none, "GET") for path in _NONE_OF_AN_ACCOUNT),
        ]

    def _of(self, request: Request) -> SandboxApp:
        return wire.app_of(self._apps, request)

    async def _authorizations(self, request: Request) -> Response:
        email = request.state.email
        found = [one for one in self._access.authorizations.values() if one.email == email]
        return wire.answer(request, [authorization_row(one) for one in found])

    async def _authorization(self, request: Request) -> Response:
        return wire.answer(request, authorization_row(self._named(request)))

    async def _revoke(self, request: Request) -> Response:
        found = self._named(request)
        self._access.end(found)
        return wire.answer(request, authorization_row(found))

    async def _describe(self, request: Request) -> Response:
        found, description = self._named(request), wire.json_of(await request.body()).get("description")
        if not isinstance(description, str):
            raise HerokuError(422, "invalid_params", "A description is expected.")
        found.description = description
        return wire.answer(request, authorization_row(found))

    async def _regenerate(self, request: Request) -> Response:
        found = self._named(request)
        self._access.renew(found)
        return wire.answer(request, authorization_row(found, shows_token=True))

    def _named(self, request: Request) -> Authorization:
        found = self._access.authorizations.get(request.path_params["authorization"])
        if found is None or found.email != request.state.email:
            raise HerokuError(404, "not_found", "Couldn't find that authorization.", resource="authorization")
        return found

    async def _own_apps(self, request: Request) -> Response:
        return wire.answer(request, [wire.app_row(one) for one in self._apps.values()])

    async def _run(self, request: Request) -> Response:
        """`heroku run:detached`: a one-off dyno with the variables of now. What it should do, nobody does."""
        app, asked = self._of(request), wire.json_of(await request.body())
        if not isinstance(asked.get("command"), str):
            raise HerokuError(422, "invalid_params", "A command is expected.")
        name = app.start_one_off(str(asked.get("type") or "run"))
        made = next(one for one in app.dynos() if one.name == name)
        return wire.answer(request, {**wire.dyno_row(app, made), "command": asked["command"]}, 201)

    async def _dyno(self, request: Request) -> Response:
        app, wanted = self._of(request), request.path_params["dyno"]
        for row in (wire.dyno_row(app, one) for one in app.dynos()):
            if wanted in {row["name"], row["id"]}:
                return wire.answer(request, row)
        raise HerokuError(404, "not_found", "Couldn't find that dyno.", resource="dyno")

    async def _change_feature(self, request: Request) -> Response:
        app, asked = self._of(request), wire.json_of(await request.body())
        row = wire.preboot_row(app)
        if request.path_params["feature"] not in {row["name"], row["id"]}:
            raise HerokuError(404, "not_found", "Couldn't find that app feature.", resource="app_feature")
        # heroku3 sends the number 0 to switch it off; that Heroku takes it is inferred.
        if asked.get("enabled") not in (True, False):
            raise HerokuError(422, "invalid_params", "enabled is true or false.")
        app.preboot = bool(asked["enabled"])
        return wire.answer(request, wire.preboot_row(app))

    async def _no_session(self, _: Request) -> Response:
        """`heroku logout` asks for it, and takes this answer alone for none."""
        raise HerokuError(404, "not_found", "Couldn't find that session.", resource="session")

    async def _no_pipeline(self, request: Request) -> Response:
        self._of(request)
        raise HerokuError(404, "not_found", "Couldn't find that pipeline coupling.", resource="pipeline_coupling")

    async def _none(self, request: Request) -> Response:
        return wire.answer(request, [])


def _redacted(token: str) -> str:
    """A short one is not shown in part."""
    return f"{token[:9]}{_ASTERISKS}{token[-4:]}" if len(token) > len(_ASTERISKS) * 3 else _ASTERISKS


def authorization_row(one: Authorization, *, shows_token: bool = False) -> dict[str, Any]:
    """An authorization as Heroku shows it."""
    moment = wire.when(one.created_at)
    return {
        "id": one.id,
        "description": one.description,
        "scope": list(one.scopes),
        "access_token": {
            "id": one.id,
            "token": one.token if shows_token else _redacted(one.token),
            "expires_in": one.lasts_s,
        },
        "client": None,
        "grant": None,
        "refresh_token": None,
        "session": None,
        "user": {"id": one.id, "email": one.email, "full_name": None},
        "created_at": moment,
        "updated_at": moment,
    }
