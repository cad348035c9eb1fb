"""Postmark's Server API as far as a token is rotated: up to three tokens live beside each other.

Of its documentation (postmarkapp.com/developer, "Server API", read 2026-11-27).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deployments.sandbox import made_up
from deployments.sandbox.issuers import page
from deployments.sandbox.issuers.keys import Keys, Knobs, refusal

SERVER = 4711


@dataclass
class PostmarkKnobs(Knobs):
    """How Postmark may behave, where nobody documents it."""

    # Whether the answer lists the server's tokens.
    lists_tokens: bool = True


@dataclass
class Postmark:
    """One server."""

    knobs: PostmarkKnobs = field(default_factory=PostmarkKnobs)
    name: str = "raxx mail"

    def __post_init__(self) -> None:
        self.keys = Keys(partial(made_up.key, "{uuid}"), slots=3, knobs=self.knobs)

    def routes(self) -> list[Route]:
        """Its API and its page."""
        title = f"Postmark: API tokens of the server {self.name}"
        return [Route("/server", self._server), *page.routes("postmark", title, self.keys, self.keys.mint)]

    async def _server(self, request: Request) -> Response:
        if not self.keys.is_accepted(request.headers.get("x-postmark-server-token")):
            return refusal({"ErrorCode": 10, "Message": "The Server Token you provided in the header was not valid."})
        told = {"ApiTokens": list(self.keys.living.values())} if self.knobs.lists_tokens else {}
        return JSONResponse({"ID": SERVER, "Name": self.name, "DeliveryType": "Live", **told})
