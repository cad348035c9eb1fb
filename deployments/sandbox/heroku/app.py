"""Heroku on loopback: the Platform API v3 as far as the heroku CLI, heroku3 and rekey use it.

Any app may be named by name or id. Bearer (CLI) and Basic with an empty user (heroku3) are accepted.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.heroku import wire
from deployments.sandbox.heroku.access import Access, Scope
from deployments.sandbox.heroku.addons import Addons
from deployments.sandbox.heroku.apps import SandboxApp
from deployments.sandbox.heroku.attached import Attached
from deployments.sandbox.heroku.builds import Builds
from deployments.sandbox.heroku.domains import Domains
from deployments.sandbox.heroku.formation import Formation
from deployments.sandbox.heroku.handing import Handing
from deployments.sandbox.heroku.neighbours import Neighbours
from deployments.sandbox.heroku.oauth_clients import OAuthClients
from deployments.sandbox.heroku.own_apps import OwnApps
from deployments.sandbox.heroku.places import Places
from deployments.sandbox.heroku.ranges import list_answer
from deployments.sandbox.heroku.releases import HerokuKnobs
from deployments.sandbox.heroku.remedies import Remedies
from deployments.sandbox.heroku.ssh_keys import SshKeys
from deployments.sandbox.heroku.webhooks import Webhooks
from deployments.sandbox.heroku.wire import HerokuError
from deployments.sandbox.server import SandboxError

_Handler = Callable[[Request], Awaitable[Response]]

_KEY = re.compile(r"[A-Za-z0-9_]+")
_MOST_BYTES = 32 * 1024


class HerokuSandbox:
    """Apps, tokens and a rate limit. ``token`` is a global one of operator@example.com."""

    def __init__(self, token: str | None = None) -> None:
        """``token`` is that global one; None makes one up."""
        self.knobs = HerokuKnobs()
        self.apps: dict[str, SandboxApp] = {}
        self.access = Access(self.knobs)
        self.webhooks = Webhooks(self.apps)
        self.token = self.access.add_known(token) if token else self.add_token()

    def add_app(
        self,
        name: str,
        variables: Mapping[str, str],
        quantity: int = 1,
        types: Mapping[str, int] | None = None,
        *,
        preboot: bool = False,
    ) -> SandboxApp:
        """An app whose dynos are up. ``quantity`` counts web dynos unless ``types`` gives the whole formation."""
        formation = types if types is not None else {"web": quantity}
        self.apps[name] = SandboxApp(name, variables, formation, self.knobs, preboot=preboot)
        return self.apps[name]

    def add_token(self, scope: Scope = "global", email: str = "operator@example.com") -> str:
        """A further token."""
        return self.access.add(scope, email)

    def revoke_token(self, made: str) -> None:
        """From now on the token is refused with ``knobs.revoked_status``."""
        self.access.revoke(made)

    def variables(self, name: str) -> dict[str, str]:
        """The config vars as set, whatever the dynos run."""
        return dict(self._named(name).variables)

    def serving(self, name: str) -> dict[str, str] | None:
        """The variables of the dyno to which the router leads now; None when there is none. A request wakes an app."""
        self._named(name).wake()
        running = self._named(name).serving()
        return None if running is None else dict(running)

    def set_by_hand(self, name: str, variable: str, value: str | None) -> None:
        """What somebody does in Heroku's dashboard."""
        self._named(name).change({variable: value}, "somebody@example.com")

    def _named(self, name: str) -> SandboxApp:
        if name not in self.apps:
            raise SandboxError(f"The sandbox's Heroku has no app {name}.", "Add it with add_app first.")
        return self.apps[name]

    def app(self) -> Starlette:
        """The API host."""
        config, one = "/apps/{app}/config-vars", "/apps/{app}/releases/{release}"
        remedies, builds = Remedies(self.apps, self.access), Builds(self.apps)
        others = (
            remedies,
            Neighbours(self.apps, self.access),
            Formation(self.apps),
            Attached(self.apps),
            self.webhooks,
            SshKeys(),
            builds,
            OAuthClients(),
            Places(),
            Domains(self.apps),
            Addons(self.apps),
            Handing(self.apps),
            OwnApps(self.apps, lambda name: self.add_app(name, {}, types={})),
        )
        app = Starlette(
            routes=[
                self._route("/account/rate-limits", self._rate_limits),
                self._route("/account", self._account),
                self._route("/apps", self._apps),
                self._route("/apps/{app}", self._app),
                self._route(config, self._config_vars, config=True),
                self._route(config, self._patch_config_vars, method="PATCH", config=True),
                self._route("/apps/{app}/releases", self._releases),
                self._route(one, self._release),
                self._route(f"{one}/config-vars", self._release_config_vars, config=True),
                self._route("/apps/{app}/dynos", self._dynos),
                self._route("/apps/{app}/dynos/{dyno}", self._stop_dyno, method="DELETE"),
                self._route("/apps/{app}/dynos/{dyno}/actions/stop", self._stop_dyno, method="POST"),
                self._route("/apps/{app}/formation", self._formation),
                self._route("/apps/{app}/features", self._features),
                self._route("/apps/{app}/features/{feature}", self._feature),
                *(self._route(path, act, method=method) for one in others for path, act, method in one.routes()),
                *remedies.streams(),
                *builds.streams(),
            ],
            exception_handlers={HerokuError: self._refuse, HTTPException: self._refuse_unrouted},
        )
        # A path with a slash at its end is another one, and no redirect leads from it.
        app.router.redirect_slashes = False
        return app

    def _route(self, path: str, handler: _Handler, *, method: str = "GET", config: bool = False) -> Route:
        async def guarded(request: Request) -> Response:
            counted = path != "/account/rate-limits"
            request.state.email = self.access.admit(request, write=method != "GET", config=config, counted=counted)
            response = await handler(request)
            response.headers["RateLimit-Remaining"] = str(int(self.access.allowance))
            return response

        return Route(path, guarded, methods=[method])

    async def _refuse(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HerokuError)  # noqa: S101  Starlette's type for handlers is wider than what it calls them with
        headers = {"RateLimit-Remaining": str(int(self.access.allowance))}
        return wire.answer(request, error.body, error.status, headers)

    async def _refuse_unrouted(self, request: Request, _: Exception) -> Response:
        return wire.answer(request, {"id": "not_found", "message": "The requested API endpoint was not found."}, 404)

    def _of(self, request: Request) -> SandboxApp:
        return wire.app_of(self.apps, request)

    async def _rate_limits(self, request: Request) -> Response:
        return wire.answer(request, {"remaining": int(self.access.allowance)})

    async def _account(self, request: Request) -> Response:
        return wire.answer(request, wire.account_row(request.state.email))

    async def _apps(self, request: Request) -> Response:
        return self._listed(request, [wire.app_row(app) for app in self.apps.values()], "name")

    async def _app(self, request: Request) -> Response:
        return wire.answer(request, wire.app_row(self._of(request)))

    async def _config_vars(self, request: Request) -> Response:
        return wire.answer(request, self._of(request).shown_variables())

    async def _patch_config_vars(self, request: Request) -> Response:
        app = self._of(request)
        change = _change(await request.body())
        if not change and app.knobs.empty_patch_status != 200:
            raise HerokuError(app.knobs.empty_patch_status, "invalid_params", "No config vars were given.")
        _check_attached(app, change)
        _check_limits(app.variables, change)
        app.change(change, request.state.email)
        return wire.answer(request, app.shown_variables())

    async def _releases(self, request: Request) -> Response:
        app, now, base = self._of(request), time.monotonic(), str(request.base_url)
        rows = [wire.release_row(app, one, now, base) for one in app.listed_releases()]
        return self._listed(request, rows, "version")

    async def _release(self, request: Request) -> Response:
        app = self._of(request)
        release = wire.release_of(app, request.path_params["release"])
        return wire.answer(request, wire.release_row(app, release, time.monotonic(), str(request.base_url)))

    async def _release_config_vars(self, request: Request) -> Response:
        release = wire.release_of(self._of(request), request.path_params["release"])
        return wire.answer(request, dict(release.variables))

    async def _dynos(self, request: Request) -> Response:
        app = self._of(request)
        return self._listed(request, [wire.dyno_row(app, dyno) for dyno in app.dynos()], "name")

    async def _stop_dyno(self, request: Request) -> Response:
        if not self._of(request).stop_dyno(request.path_params["dyno"]):
            raise HerokuError(404, "not_found", "Couldn't find that dyno.", resource="dyno")
        return wire.answer(request, {}, 202)

    async def _formation(self, request: Request) -> Response:
        app = self._of(request)
        return self._listed(request, [wire.formation_row(app, *entry) for entry in app.formation().items()], "type")

    async def _features(self, request: Request) -> Response:
        return self._listed(request, [wire.preboot_row(self._of(request))], "name")

    async def _feature(self, request: Request) -> Response:
        row = wire.preboot_row(self._of(request))
        if request.path_params["feature"] not in {row["name"], row["id"]}:
            raise HerokuError(404, "not_found", "Couldn't find that app feature.", resource="app_feature")
        return wire.answer(request, row)

    def _listed(self, request: Request, rows: list[dict[str, Any]], order_by: str) -> Response:
        return list_answer(request, rows, order_by=order_by, page_size=self.knobs.page_size)


def _change(body: bytes) -> dict[str, str | None]:
    change = wire.json_of(body)
    if not all(_KEY.fullmatch(name) and isinstance(value, str | None) for name, value in change.items()):
        raise HerokuError(422, "invalid_params", "Config vars are names with texts, or null to remove.")
    return change


def _check_attached(app: SandboxApp, change: Mapping[str, str | None]) -> None:
    """What an add-on brought is not set by hand (public reports). Inferred: it may be sent as it is."""
    touched = [one for one, value in change.items() if one in app.attached and value != app.variables.get(one)]
    if any(change[one] is None for one in touched):
        named = next(app.attached[one] for one in touched if change[one] is None)
        raise HerokuError(422, "invalid_params", f"Cannot destroy last attachment to billing app for addon {named}.")
    if touched:
        raise HerokuError(422, "invalid_params", f"Cannot overwrite attachment values {', '.join(touched)}.")


def _check_limits(variables: Mapping[str, str], change: Mapping[str, str | None]) -> None:
    after = {**variables, **change}
    if sum(len(name) + len(value) for name, value in after.items() if value is not None) > _MOST_BYTES:
        raise HerokuError(422, "invalid_params", "Config vars may have 32 KB in all.")
