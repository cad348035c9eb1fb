"""An issuer of tests: two keys of an account live beside each other, and the API deletes one. Its twin is a server."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deployments.sandbox import made_up

KEY_ID, SECRET = "X-Key-Id", "X-Secret"
SLOTS = 2


@dataclass
class Twin:
    """One account, its living keys by their IDs, and what became of the dead ones."""

    account: str = "overlap-1"
    keys: dict[str, str] = field(default_factory=dict)
    # Deleted keys are refused only when so many more requests with one were accepted.
    late: int = 0
    _dying: dict[str, str] = field(default_factory=dict)

    def mint(self) -> tuple[str, str]:
        """Make a key, as a person does on its page. The secret is shown once."""
        assert len(self.keys) < SLOTS, "all slots are taken: delete one first"
        key_id = "OV" + "".join(secrets.choice("ABCDEFGHJKLMNPQR") for _ in range(18))
        self.keys[key_id] = made_up.alpaca_secret()
        return key_id, self.keys[key_id]

    def app(self) -> Starlette:
        """Its API."""
        return Starlette(
            routes=[
                Route("/v1/account", self._account),
                Route("/v1/keys", self._listed),
                Route("/v1/keys/{key_id}", self._deleted, methods=["DELETE"]),
            ]
        )

    def _is_known(self, request: Request) -> bool:
        key_id, secret = request.headers.get(KEY_ID, ""), request.headers.get(SECRET, "")
        if self._dying.get(key_id) == secret and self.late > 0:
            self.late -= 1
            return True
        return self.keys.get(key_id) == secret != ""

    async def _account(self, request: Request) -> Response:
        if not self._is_known(request):
            return JSONResponse({"error": "unknown key"}, status_code=401)
        return JSONResponse({"account": self.account, "status": "open"})

    async def _listed(self, request: Request) -> Response:
        if not self._is_known(request):
            return JSONResponse({"error": "unknown key"}, status_code=401)
        return JSONResponse({"keys": list(self.keys)})

    async def _deleted(self, request: Request) -> Response:
        if not self._is_known(request):
            return JSONResponse({"error": "unknown key"}, status_code=401)
        key_id = request.path_params["key_id"]
        if key_id not in self.keys:
            return JSONResponse({"error": "no such key"}, status_code=404)
        self._dying[key_id] = self.keys.pop(key_id)
        return Response(status_code=204)
