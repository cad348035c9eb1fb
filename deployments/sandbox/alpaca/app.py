"""The simulated Alpaca: two API hosts and a dashboard over one state.

Faithful enough for alpaca-py 0.44.0 and for curl. What each answer looks like is taken from the Alpaca Trading OpenAPI
2.0.1 and from public captures (read 2026-11-21); ``door`` says what is known of those who may not come in.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from decimal import Decimal
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from deployments.sandbox import made_up
from deployments.sandbox.alpaca import activities, closing, events, market, options, watchlists
from deployments.sandbox.alpaca.account import NUMBER_PREFIXES, SandboxAccount
from deployments.sandbox.alpaca.asked import body_of, is_true, order_named, order_of
from deployments.sandbox.alpaca.door import Gateway, pair_of, refusal
from deployments.sandbox.alpaca.history import history_view
from deployments.sandbox.alpaca.listing import legs_of, select_orders
from deployments.sandbox.alpaca.orders import AlpacaProblem
from deployments.sandbox.alpaca.state import AlpacaKnobs, Environment, Market
from deployments.sandbox.alpaca.stream import Stream
from deployments.sandbox.alpaca.views import (
    account_view,
    clock_view,
    configurations_view,
    configure,
    position_view,
)

Handler = Callable[[SandboxAccount, Request], Awaitable[Response]]
RATE_LIMITED = {"code": 42910000, "message": "rate limit exceeded"}


class AlpacaSandbox:
    """Accounts of both environments. Change ``knobs`` and the accounts at any time, from any thread."""

    def __init__(self) -> None:
        self.knobs = AlpacaKnobs()
        self.market = Market(self.knobs)
        self._accounts: list[SandboxAccount] = []

    def add_account(
        self,
        environment: Environment,
        *,
        name: str = "Paper account 1",
        cash: str = "100000",
        account_number: str | None = None,
    ) -> SandboxAccount:
        """Open an account. It has no pair until ``regenerate`` is called."""
        number = account_number or made_up.account_number(NUMBER_PREFIXES[environment])
        account = SandboxAccount(environment, name, number, Decimal(cash), self.knobs, self.market)
        self._accounts.append(account)
        return account

    def delete_account(self, account: SandboxAccount) -> None:
        """Close an account for good: its pairs die at once."""
        account.close()
        self._accounts.remove(account)

    def accounts(self, environment: Environment) -> list[SandboxAccount]:
        """The accounts of one environment, in the order in which they were opened."""
        return [account for account in self._accounts if account.environment == environment]

    def account_of(self, environment: Environment, key_id: str, secret: str) -> SandboxAccount | None:
        """The account that a living pair belongs to."""
        accounts = self.accounts(environment)
        found = next((account for account in accounts if account.accepts(key_id, secret)), None)
        is_broken = self.knobs.accepts_garbage in {True, environment}
        return found or (accounts[0] if is_broken and accounts else None)

    def host(self, environment: Environment) -> Starlette:
        """The API host of one environment."""
        return _Host(self, environment).app()


class _Host:
    """The endpoints of one environment."""

    def __init__(self, sandbox: AlpacaSandbox, environment: Environment) -> None:
        self._sandbox = sandbox
        self._environment = environment

    def app(self) -> Starlette:
        by_method: dict[str, dict[str, Handler]] = {
            "/v2/account": {"GET": self._account},
            "/v2/account/configurations": {"GET": self._configurations, "PATCH": self._configure},
            "/v2/orders": {"GET": self._orders, "POST": self._place, "DELETE": self._cancel_all},
            "/v2/orders/{order_id}": {"GET": self._order, "DELETE": self._cancel},
            "/v2/orders:by_client_order_id": {"GET": self._order_by_client_id},
            "/v2/positions": {"GET": self._positions},
            "/v2/clock": {"GET": self._clock},
            "/v2/account/portfolio/history": {"GET": self._history},
        }
        for path, handlers in (
            *market.handlers(self._sandbox.market).items(),
            *closing.handlers().items(),
            *activities.handlers().items(),
            *watchlists.handlers().items(),
            *options.handlers().items(),
            *events.handlers().items(),
        ):
            by_method.setdefault(path, {}).update(handlers)
        routes = [
            Route(path, self._authenticated(handler), methods=[method])
            for path, handlers in by_method.items()
            for method, handler in handlers.items()
        ]
        app = Starlette(
            routes=[*routes, WebSocketRoute("/stream", self._stream)],
            middleware=[Middleware(Gateway)],
            exception_handlers={HTTPException: _gateway_error},
        )
        # A path with a slash at its end is another one, and no redirect leads from it.
        app.router.redirect_slashes = False
        return app

    def _authenticated(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def answered(request: Request) -> Response:
            key_id, secret = pair_of(request)
            account = self._sandbox.account_of(self._environment, key_id, secret) if key_id and secret else None
            if account is None:
                return self._refusal(request)
            return await self._limited(account, handler, request)

        return answered

    def _refusal(self, request: Request) -> Response:
        other: Environment = "live" if self._environment == "paper" else "paper"
        elsewhere = any(account.has(*pair_of(request)) for account in self._sandbox.accounts(other))
        return refusal(request, self._sandbox.knobs, is_of_the_other=elsewhere)

    async def _limited(self, account: SandboxAccount, handler: Handler, request: Request) -> Response:
        limit, used = self._sandbox.knobs.rate_limit_per_minute, account.bucket.take()
        if used > limit:
            response: Response = JSONResponse(RATE_LIMITED, 429)
        else:
            account.settle()
            try:
                response = await handler(account, request)
            except AlpacaProblem as problem:
                response = JSONResponse(problem.body, problem.status)
        response.headers["X-RateLimit-Limit"] = str(limit)
        response.headers["X-RateLimit-Remaining"] = str(max(limit - used, 0))
        response.headers["X-RateLimit-Reset"] = str(math.ceil(account.bucket.resets_at))
        return response

    async def _stream(self, socket: WebSocket) -> None:
        account_of = partial(self._sandbox.account_of, self._environment)
        await Stream(socket, account_of, binary=self._environment == "paper").run()

    async def _account(self, account: SandboxAccount, _: Request) -> Response:
        self._sandbox.market.drift()
        return JSONResponse(account_view(account))

    async def _configurations(self, account: SandboxAccount, _: Request) -> Response:
        return JSONResponse(configurations_view(account))

    async def _configure(self, account: SandboxAccount, request: Request) -> Response:
        configure(account, await body_of(request))
        return JSONResponse(configurations_view(account))

    async def _orders(self, account: SandboxAccount, request: Request) -> Response:
        return JSONResponse(select_orders(account.orders, request.query_params))

    async def _place(self, account: SandboxAccount, request: Request) -> Response:
        order = account.place(await body_of(request))
        # Alpaca answers before the market does, and with the legs (a capture of 2020).
        answer = JSONResponse(order.as_json(legs_of(order, account.orders)))
        account.settle()
        return answer

    async def _cancel_all(self, account: SandboxAccount, _: Request) -> Response:
        statuses = account.cancel_all()
        return JSONResponse([{"id": identifier, "status": status} for identifier, status in statuses.items()], 207)

    async def _order(self, account: SandboxAccount, request: Request) -> Response:
        order = order_named(account.orders, request)
        nested = is_true(request.query_params, "nested")
        return JSONResponse(order.as_json(legs_of(order, account.orders) if nested else None))

    async def _order_by_client_id(self, account: SandboxAccount, request: Request) -> Response:
        return JSONResponse(
            order_of(account.orders, "client_order_id", request.query_params.get("client_order_id", "")).as_json()
        )

    async def _cancel(self, account: SandboxAccount, request: Request) -> Response:
        account.cancel(order_named(account.orders, request))
        return Response(status_code=204)

    async def _positions(self, account: SandboxAccount, _: Request) -> Response:
        self._sandbox.market.drift()
        return JSONResponse([position_view(account, held) for held in list(account.positions.values())])

    async def _history(self, account: SandboxAccount, request: Request) -> Response:
        return JSONResponse(history_view(account, request.query_params))

    async def _clock(self, _: SandboxAccount, __: Request) -> Response:
        return JSONResponse(clock_view(is_open=self._sandbox.knobs.clock_is_open))


async def _gateway_error(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    return JSONResponse({"message": "endpoint not found." if status == 404 else "method not allowed."}, status, headers)
