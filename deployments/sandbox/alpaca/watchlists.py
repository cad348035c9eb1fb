"""The watchlists of a simulated account (OpenAPI 2.0.1, read 2026-11-29): named lists of assets, in their order.

Each may be named by its id or, at ``/v2/watchlists:by_name``, by its name. "watchlist name must be unique" is from a
capture (alpaca-java#52), and what is said of an id and of a long name from those of a client for Elixir (2020); the
other messages are inferred, and so is that a symbol which is there already stays once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deployments.sandbox.alpaca.asked import body_of, is_id
from deployments.sandbox.alpaca.assets import asset_view, is_asset
from deployments.sandbox.alpaca.market import Handlers
from deployments.sandbox.alpaca.orders import BAD_PARAMETER, INVALID_STATE, NOT_FOUND, AlpacaProblem, now
from deployments.sandbox.alpaca.state import Watchlist

if TYPE_CHECKING:
    from deployments.sandbox.alpaca.account import SandboxAccount

LONGEST_NAME = 64


def handlers() -> Handlers:
    """By path and method."""
    return {
        "/v2/watchlists": {"GET": _all, "POST": _create},
        "/v2/watchlists:by_name": {"GET": _get, "PUT": _update, "POST": _append, "DELETE": _delete},
        "/v2/watchlists/{watchlist_id}": {"GET": _get, "PUT": _update, "POST": _append, "DELETE": _delete},
        "/v2/watchlists/{watchlist_id}/{symbol}": {"DELETE": _remove},
    }


async def _all(account: SandboxAccount, _: Request) -> Response:
    return JSONResponse([one.view(account.id) for one in account.watchlists])


async def _create(account: SandboxAccount, request: Request) -> Response:
    body = await body_of(request)
    made = Watchlist(_name_of(account, body.get("name")), _symbols_of(account, body.get("symbols") or []))
    account.watchlists.append(made)
    return _shown(account, made)


async def _get(account: SandboxAccount, request: Request) -> Response:
    return _shown(account, _wanted(account, request))


async def _update(account: SandboxAccount, request: Request) -> Response:
    wanted, body = _wanted(account, request), await body_of(request)
    name = wanted.name if body.get("name") is None else _name_of(account, body["name"], wanted)
    symbols = wanted.symbols if body.get("symbols") is None else _symbols_of(account, body["symbols"])
    wanted.name, wanted.symbols, wanted.updated_at = name, symbols, now()
    return _shown(account, wanted)


async def _append(account: SandboxAccount, request: Request) -> Response:
    wanted, body = _wanted(account, request), await body_of(request)
    wanted.symbols = _symbols_of(account, [*wanted.symbols, body.get("symbol")])
    wanted.updated_at = now()
    return _shown(account, wanted)


async def _remove(account: SandboxAccount, request: Request) -> Response:
    wanted, symbol = _wanted(account, request), account.market.symbol(request.path_params["symbol"])
    if symbol not in wanted.symbols:
        raise AlpacaProblem(404, NOT_FOUND, f"{symbol} is not in the watchlist")
    wanted.symbols = [one for one in wanted.symbols if one != symbol]
    wanted.updated_at = now()
    return _shown(account, wanted)


async def _delete(account: SandboxAccount, request: Request) -> Response:
    account.watchlists.remove(_wanted(account, request))
    return Response(status_code=204)


def _shown(account: SandboxAccount, watchlist: Watchlist) -> Response:
    return JSONResponse({**watchlist.view(account.id), "assets": [asset_view(one) for one in watchlist.symbols]})


def _wanted(account: SandboxAccount, request: Request) -> Watchlist:
    identifier, name = request.path_params.get("watchlist_id"), request.query_params.get("name")
    for one in account.watchlists:
        if one.id == identifier or (identifier is None and one.name == name):
            return one
    if not is_id(identifier) if identifier is not None else not name:
        raise AlpacaProblem(422, BAD_PARAMETER, "watchlist is required")
    raise AlpacaProblem(404, NOT_FOUND, f"watchlist not found: {identifier or name}")


def _name_of(account: SandboxAccount, name: Any, itself: Watchlist | None = None) -> str:
    if not isinstance(name, str) or not name:
        raise AlpacaProblem(422, BAD_PARAMETER, "name is required")
    if len(name) > LONGEST_NAME:
        raise AlpacaProblem(422, BAD_PARAMETER, f"name must be no more than {LONGEST_NAME} characters")
    if any(one.name == name and one is not itself for one in account.watchlists):
        raise AlpacaProblem(422, BAD_PARAMETER, "watchlist name must be unique")
    return name


def _symbols_of(account: SandboxAccount, wanted: Any) -> list[str]:
    if not isinstance(wanted, list) or not all(isinstance(one, str) for one in wanted):
        raise AlpacaProblem(422, BAD_PARAMETER, "invalid symbols")
    symbols = [account.market.symbol(one) for one in wanted]
    for symbol in symbols:
        if not is_asset(symbol):
            raise AlpacaProblem(422, INVALID_STATE, f'asset "{symbol}" not found')
    return list(dict.fromkeys(symbols))
