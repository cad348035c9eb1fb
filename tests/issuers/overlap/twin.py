"""An issuer of tests: two keys of an account live beside each other, and the API deletes one. Its twin is a server."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deployments.sandbox import made_up

TOKEN = "X-Token"  # noqa: S105  # a header's name
SLOTS = 2


@dataclass
class Twin:
    """One account, its living tokens by their IDs, and what became of the dead ones."""

    account: str = "overlap-1"
    keys: dict[str, str] = field(default_factory=dict)
    # Deleted keys are refused only when so many more requests with one were accepted.
    late: int = 0
    _dying: dict[str, str] = field(default_factory=dict)

    def mint(self) -> str:
        """Make a token, as a person does on its page. It is shown once, and its ID is for the page alone."""
        assert len(self.keys) < SLOTS, "all slots are taken: delete one first"
        key_id = "OV" + "".join(secrets.choice("ABCDEFGHJKLMNPQR") for _ in range(18))
        self.keys[key_id] = made_up.alpaca_secret()
        return self.keys[key_id]

    def app(self) -> Starlette:
        """Its API."""
        return Starlette(
            routes=[
                Route("/v1/account", self._account),
                Route("/v1/keys", self._listed),
                Route("/v1/key", self._own),
                Route("/v1/keys/{key_id}", self._deleted, methods=["DELETE"]),
            ]
        )

    def _is_known(self, request: Request) -> bool:
        return self._id_of(request) is not None

    def _id_of(self, request: Request) -> str | None:
        """The ID of the token with which somebody asks; None for one that is not accepted."""
        token = request.headers.get(TOKEN, "")
        if self.late > 0 and token in self._dying.values():
            self.late -= 1
            return next(key_id for key_id, known in self._dying.items() if known == token)
        return next((key_id for key_id, known in self.keys.items() if known == token != ""), None)

    async def _account(self, request: Request) -> Response:
        if not self._is_known(request):
            return JSONResponse({"error": "unknown key"}, status_code=401)
        return JSONResponse({"account": self.account, "status": "open"})

    async def _listed(self, request: Request) -> Response:
        if not self._is_known(request):
            return JSONResponse({"error": "unknown key"}, status_code=401)
        return JSONResponse({"keys": list(self.keys)})

    async def _own(self, request: Request) -> Response:
        key_id = self._id_of(request)
        if key_id is None:
            return JSONResponse({"error": "unknown key"}, status_code=401)
        return JSONResponse({"id": key_id})

    async def _deleted(self, request: Request) -> Response:
        if not self._is_known(request):
            return JSONResponse({"error": "unknown key"}, status_code=401)
        key_id = request.path_params["key_id"]
        if key_id not in self.keys:
            return JSONResponse({"error": "no such key"}, status_code=404)
        self._dying[key_id] = self.keys.pop(key_id)
        return Response(status_code=204)
