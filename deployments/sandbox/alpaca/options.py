"""What the simulated Alpaca answers about option contracts, wallets, tokens and locates, of which it has none.

The texts are those of Alpaca's page "Options Trading Overview" (of 2026-09-16) and its OpenAPI 2.0.1, read 2026-11-29.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deployments.sandbox.alpaca.asked import is_id
from deployments.sandbox.alpaca.contracts import is_contract
from deployments.sandbox.alpaca.orders import INVALID_STATE, NOT_FOUND, AlpacaProblem

if TYPE_CHECKING:
    from deployments.sandbox.alpaca.account import SandboxAccount
    from deployments.sandbox.alpaca.market import Handlers


def handlers() -> Handlers:
    """By path and method."""
    return {
        "/v2/options/contracts": {"GET": _contracts},
        "/v2/options/contracts/{wanted}": {"GET": _contract},
        "/v2/wallets": {"GET": _nothing},
        "/v2/wallets/transfers": {"GET": _nothing},
        "/v2/wallets/whitelists": {"GET": _nothing},
        "/v2/tokenization/requests": {"GET": _nothing},
        "/v1/locates": {"GET": _locates},
        "/v2/positions/{wanted}/exercise": {"POST": _exercise},
        "/v2/positions/{wanted}/do-not-exercise": {"POST": _exercise},
    }


async def _nothing(_: SandboxAccount, __: Request) -> Response:
    return JSONResponse([])


async def _locates(_: SandboxAccount, __: Request) -> Response:
    return JSONResponse({"locates": [], "next_page_token": None})


async def _contracts(_: SandboxAccount, __: Request) -> Response:
    return JSONResponse({"option_contracts": [], "next_page_token": None})


async def _contract(_: SandboxAccount, request: Request) -> Response:
    # The example of OpenAPI.
    raise AlpacaProblem(404, NOT_FOUND, f"option contract {request.path_params['wanted']} not found")


async def _exercise(_: SandboxAccount, request: Request) -> Response:
    wanted = request.path_params["wanted"]
    if not is_contract(wanted) and not is_id(wanted):
        raise AlpacaProblem(422, INVALID_STATE, "invalid symbol")
    raise AlpacaProblem(404, NOT_FOUND, f"long position not found: {wanted}")
