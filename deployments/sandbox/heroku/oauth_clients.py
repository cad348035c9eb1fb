"""OAuth clients of the simulated Heroku: programs that ask people for their consent, each with a secret.

From the official schema (heroku/platform-api 4f4f592: oauth-client), as `heroku clients` and heroku3 ask for them.
Rotating gives another secret at once. Nobody consents here: there are no grants, and no tokens for them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from deployments.sandbox.heroku import wire
from deployments.sandbox.heroku.wire import HerokuError
from deployments.sandbox.made_up import identifier, token

_Act = Callable[[Request], Awaitable[Response]]


@dataclass(slots=True)
class _Client:
    """A program of the person with this address."""

    email: str
    name: str
    redirect_uri: str
    secret: str = field(default_factory=lambda: token(""), repr=False)
    id: str = field(default_factory=identifier)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def as_json(self) -> dict[str, Any]:
        """As every answer shows it, with the secret."""
        moments = {"created_at": wire.when(self.created_at), "updated_at": wire.when(self.updated_at)}
        known = {"id": self.id, "name": self.name, "redirect_uri": self.redirect_uri, "secret": self.secret}
        return {**known, "ignores_delinquent": None, **moments}


class OAuthClients:
    """Their routes. Only a global token may ask, as for everything below /oauth."""

    def __init__(self) -> None:
        self._clients: dict[str, _Client] = {}

    def routes(self) -> list[tuple[str, _Act, str]]:
        """Path, handler and method."""
        one = "/oauth/clients/{client}"
        return [
            ("/oauth/clients", self._list, "GET"),
            ("/oauth/clients", self._create, "POST"),
            (one, self._get, "GET"),
            (one, self._change, "PATCH"),
            (one, self._delete, "DELETE"),
            (f"{one}/actions/rotate-credentials", self._rotate, "POST"),
        ]

    async def _list(self, request: Request) -> Response:
        own = [one.as_json() for one in self._clients.values() if one.email == request.state.email]
        return wire.answer(request, own)

    async def _get(self, request: Request) -> Response:
        return wire.answer(request, self._named(request).as_json())

    async def _create(self, request: Request) -> Response:
        asked = wire.json_of(await request.body())
        made = _Client(request.state.email, _text(asked, "name"), _text(asked, "redirect_uri"))
        self._clients[made.id] = made
        return wire.answer(request, made.as_json(), 201)

    async def _change(self, request: Request) -> Response:
        found, asked = self._named(request), wire.json_of(await request.body())
        name = _text(asked, "name") if "name" in asked else found.name
        uri = _text(asked, "redirect_uri") if "redirect_uri" in asked else found.redirect_uri
        found.name, found.redirect_uri, found.updated_at = name, uri, datetime.now(UTC)
        return wire.answer(request, found.as_json())

    async def _rotate(self, request: Request) -> Response:
        found = self._named(request)
        found.secret, found.updated_at = token(""), datetime.now(UTC)
        return wire.answer(request, found.as_json())

    async def _delete(self, request: Request) -> Response:
        found = self._named(request)
        del self._clients[found.id]
        return wire.answer(request, found.as_json())

    def _named(self, request: Request) -> _Client:
        found = self._clients.get(request.path_params["client"])
        if found is None or found.email != request.state.email:
            raise HerokuError(404, "not_found", "Couldn't find that OAuth client.", resource="oauth_client")
        return found


def _text(asked: dict[str, Any], name: str) -> str:
    found = asked.get(name)
    if not isinstance(found, str) or not found:
        raise HerokuError(422, "invalid_params", f"{name} is a text.")
    return found
