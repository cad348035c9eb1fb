"""Raptor on loopback: the trading API that runs on a simulated Heroku app and trades at the simulated Alpaca.

It has no memory of its own keys: at each request it takes the variables of the dyno to which Heroku's router leads at
that moment, and calls Alpaca with them. So a wrong variable name or a dead key really breaks it.
"""

from __future__ import annotations

import hmac
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from deployments.sandbox.heroku.app import HerokuSandbox
from deployments.sandbox.json_body import parsed

Mode = Literal["paper", "live"]
KILL_SWITCH = "TRADING_LIVE_DISABLED"
DEFAULT_NAMES: Mapping[Mode, tuple[str, str]] = {
    "paper": ("ALPACA_PAPER_API_KEY_ID", "ALPACA_PAPER_API_SECRET_KEY"),
    "live": ("ALPACA_LIVE_API_KEY_ID", "ALPACA_LIVE_API_SECRET_KEY"),
}
_ALPACA_TIMEOUT_S = 10.0
_NO_DYNO = "<!DOCTYPE html><html><head><title>Application Error</title></head><body>Application error</body></html>"
# Alpaca is on loopback and plain http; loading the system's certificates for each request would cost more than it.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass(slots=True)
class RaptorKnobs:
    """How this instance behaves."""

    # While on, the health page repeats what it said last, whatever the variables are by now.
    stale_health: bool = False
    # Whether GET /health/trading fails (502) while Alpaca refuses its live pair: some applications die of that.
    fails_with_a_dead_pair: bool = False
    # A fixed answer of GET /health/trading: status, and an object (JSON), a text (HTML), or with a 3xx a location.
    health_answer: tuple[int, Any] | None = None
    # The same for GET /api/trading/account.
    account_answer: tuple[int, Any] | None = None
    # The same for GET /internal/paper.json and /internal/live.json.
    page_answer: tuple[int, Any] | None = None
    # Whether a live order is refused while the kill switch is on (403 trading_disabled), or placed all the same.
    kill_switch_blocks_orders: bool = True
    # The bearer token that /api asks for; None asks for none.
    token: str | None = None
    # What the id of a placed order is called in the answer: id or order_id.
    order_id_field: str = "id"
    # Whether the client order id of a request goes on to Alpaca, or is dropped: the SOP's body has none.
    forwards_client_order_id: bool = True


class _Refusal(Exception):
    """An answer that ends a request early."""

    def __init__(self, status: int, error: str) -> None:
        self.status = status
        self.error = error
        super().__init__(error)


class RaptorSandbox:
    """One instance. ``names`` says under which names it looks for key ID and secret, by mode."""

    def __init__(
        self,
        app_name: str,
        heroku: HerokuSandbox,
        alpaca_urls: Mapping[Mode, str],
        names: Mapping[Mode, tuple[str, str]] = DEFAULT_NAMES,
    ) -> None:
        self.knobs = RaptorKnobs()
        self._app_name = app_name
        self._heroku = heroku
        self._alpaca_urls = alpaca_urls
        self._names = names
        self._last_health: bool | None = None

    def app(self) -> Starlette:
        """What Heroku's router serves under the app's domain."""
        return Starlette(
            routes=[
                Route("/health", self._routed(self._health), methods=["GET"]),
                Route("/internal/{mode}.json", self._routed(self._page, private=True), methods=["GET"]),
                Route("/health/trading", self._routed(self._trading_health), methods=["GET"]),
                Route("/api/trading/account", self._routed(self._account, private=True), methods=["GET"]),
                Route("/api/trading/orders", self._routed(self._place, private=True), methods=["POST"]),
                Route("/api/trading/orders/{order}", self._routed(self._cancel, private=True), methods=["DELETE"]),
            ]
        )

    def _routed(
        self, handler: Callable[[Request, dict[str, str]], Awaitable[Response]], *, private: bool = False
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            if self._app_name not in self._heroku.apps:
                # Somebody destroyed or renamed it.
                return HTMLResponse("<title>No such app</title>", 404)
            variables = self._heroku.serving(self._app_name)
            if variables is None:
                return HTMLResponse(_NO_DYNO, 503)
            if private and not self._admitted(request):
                return JSONResponse({"error": "unauthorized"}, 401)
            try:
                return await handler(request, variables)
            except _Refusal as refusal:
                return JSONResponse({"error": refusal.error}, refusal.status)

        return answer

    def _admitted(self, request: Request) -> bool:
        presented = request.headers.get("authorization", "")
        return self.knobs.token is None or hmac.compare_digest(presented, f"Bearer {self.knobs.token}")

    async def _health(self, _: Request, __: dict[str, str]) -> Response:
        return JSONResponse({"status": "ok"})

    async def _trading_health(self, _: Request, variables: dict[str, str]) -> Response:
        if self.knobs.health_answer is not None:
            return _fixed(*self.knobs.health_answer)
        if self.knobs.fails_with_a_dead_pair:
            await self._ask_alpaca("live", variables, "GET", "/v2/account")
        if self._last_health is None or not self.knobs.stale_health:
            present = all(variables.get(name) for name in self._names["live"])
            self._last_health = present and variables.get(KILL_SWITCH) != "1"
        return JSONResponse({"status": "ok", "live_enabled": self._last_health})

    async def _account(self, request: Request, variables: dict[str, str]) -> Response:
        mode = _mode(request.query_params.get("mode", "paper"))
        if self.knobs.account_answer is not None:
            return _fixed(*self.knobs.account_answer)
        answer = await self._ask_alpaca(mode, variables, "GET", "/v2/account")
        account = _object_of(answer)
        status, number = account.get("status"), account.get("account_number")
        if answer.status_code != 200 or not status or not number:
            raise _Refusal(502, "alpaca_error")
        return JSONResponse({"status": status, "alpaca_status": status, "account_number": number, "mode": mode})

    async def _page(self, request: Request, variables: dict[str, str]) -> Response:
        """The account in the shape of an application that nobody wrote for rekey."""
        if self.knobs.page_answer is not None:
            return _fixed(*self.knobs.page_answer)
        answer = await self._ask_alpaca(_mode(request.path_params["mode"]), variables, "GET", "/v2/account")
        account = _object_of(answer)
        state = "fine" if account.get("status") == "ACTIVE" else account.get("status")
        is_on = variables.get(KILL_SWITCH) != "1"
        return JSONResponse(
            {"trading": {"account": {"id": account.get("account_number"), "state": state}, "on": is_on}}
        )

    async def _place(self, request: Request, variables: dict[str, str]) -> Response:
        order = await _json_object(request)
        mode = _mode(order.pop("mode", "paper"))
        if mode == "live" and variables.get(KILL_SWITCH) == "1" and self.knobs.kill_switch_blocks_orders:
            raise _Refusal(403, "trading_disabled")
        if not self.knobs.forwards_client_order_id:
            order.pop("client_order_id", None)
        answer = await self._ask_alpaca(mode, variables, "POST", "/v2/orders", order)
        if answer.status_code != 200:
            return _passed_on(answer)
        placed = answer.json()
        return JSONResponse(
            {
                self.knobs.order_id_field: placed["id"],
                "client_order_id": placed["client_order_id"],
                "status": placed["status"],
                "mode": mode,
            }
        )

    async def _cancel(self, request: Request, variables: dict[str, str]) -> Response:
        # Allowed while the kill switch is on: cancelling only ever takes risk away.
        mode = _mode(request.query_params.get("mode", "paper"))
        answer = await self._ask_alpaca(mode, variables, "DELETE", f"/v2/orders/{request.path_params['order']}")
        return Response(status_code=204) if answer.status_code == 204 else _passed_on(answer)

    async def _ask_alpaca(
        self, mode: Mode, variables: dict[str, str], method: str, path: str, body: dict[str, Any] | None = None
    ) -> httpx.Response:
        key_id, secret = (variables.get(name) for name in self._names[mode])
        if not key_id or not secret:
            raise _Refusal(503, "not_configured")
        headers = {"APCA-API-KEY-ID": key_id, "APCA-API-SECRET-KEY": secret}
        try:
            async with httpx.AsyncClient(verify=_NO_TLS, trust_env=False, timeout=_ALPACA_TIMEOUT_S) as client:
                answer = await client.request(method, self._alpaca_urls[mode] + path, headers=headers, json=body)
        except httpx.HTTPError:
            raise _Refusal(502, "alpaca_unreachable") from None
        if _keys_refused(answer):
            raise _Refusal(502, "alpaca_unauthorized")
        return answer


def _keys_refused(answer: httpx.Response) -> bool:
    """401, or the older 403 without a code; 403 with one is a business answer (insufficient buying power)."""
    return answer.status_code == 401 or (answer.status_code == 403 and "code" not in _object_of(answer))


def _passed_on(answer: httpx.Response) -> Response:
    if not 400 <= answer.status_code < 500:
        raise _Refusal(502, "alpaca_error")
    said = _object_of(answer)
    told = {name: said[name] for name in ("code", "message") if name in said}
    return JSONResponse({"error": "alpaca_rejected", **told}, answer.status_code)


def _object_of(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _mode(value: Any) -> Mode:
    if value == "paper":
        return "paper"
    if value == "live":
        return "live"
    raise _Refusal(400, "unknown_mode")


async def _json_object(request: Request) -> dict[str, Any]:
    try:
        body = parsed(await request.body())
    except ValueError:
        raise _Refusal(400, "invalid_json") from None
    if not isinstance(body, dict):
        raise _Refusal(400, "invalid_json")
    return body


def _fixed(status: int, body: Any) -> Response:
    if 300 <= status < 400:
        return RedirectResponse(body, status)
    return HTMLResponse(body, status) if isinstance(body, str) else JSONResponse(body, status)
