"""What the simulated Alpaca knows of the market: assets, the calendar and the clocks (OpenAPI 2.0.1, read 2026-11-27).

Which symbols are assets says assets.py; well-known ones are listed, and those that were asked for. There are no bonds
and corporate actions: their lists are there, and empty.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deployments.sandbox.alpaca.assets import LISTED, asset_view, is_asset
from deployments.sandbox.alpaca.hours import (
    EASTERN,
    closes,
    is_market_day,
    next_market_day,
    opens,
    session_closes,
    session_opens,
)
from deployments.sandbox.alpaca.orders import BAD_PARAMETER, NOT_FOUND, AlpacaProblem
from deployments.sandbox.alpaca.views import clock_view

if TYPE_CHECKING:
    from deployments.sandbox.alpaca.account import SandboxAccount
    from deployments.sandbox.alpaca.state import Market

_NEW_YORK = "America/New_York"
# Those that keep these hours, by their acronym: identifier code and name. The documented ones elsewhere are not played.
_MARKETS = {
    "NYSE": ("XNYS", "New York Stock Exchange"),
    "NASDAQ": ("XNAS", "National Association of Securities Dealers Automated Quotations"),
    "IEX": ("IEXG", "Investors Exchange"),
    "OTC": ("OTCM", "OTC Markets"),
}
_ACRONYMS = {name: acronym for acronym, (code, _) in _MARKETS.items() for name in (acronym, code)}
# What the calendar has (documented), and the most days that nobody trades in a row.
_FIRST_DAY, _LAST_DAY, _LONGEST_BREAK = date(1970, 1, 1), date(2029, 12, 31), 7
Handlers = dict[str, dict[str, Callable[["SandboxAccount", Request], Awaitable[Response]]]]


def handlers(market: Market) -> Handlers:
    """By path and method."""

    async def assets(_: SandboxAccount, request: Request) -> Response:
        shown = [asset_view(symbol) for symbol in sorted({*LISTED, *market.prices})]
        return JSONResponse([one for one in shown if _is_wanted(one, request.query_params)])

    async def asset(_: SandboxAccount, request: Request) -> Response:
        wanted = "/".join(request.path_params.values())
        symbol = market.symbol(wanted)
        if not is_asset(symbol):
            raise AlpacaProblem(404, NOT_FOUND, f"asset not found for {wanted}")
        return JSONResponse(asset_view(symbol))

    async def calendar(_: SandboxAccount, request: Request) -> Response:
        return JSONResponse(calendar_view(request.query_params))

    async def clocks(_: SandboxAccount, request: Request) -> Response:
        wanted = [one for one in request.query_params.get("markets", "NYSE").split(",") if one]
        acronyms = [_acronym(one) for one in wanted]
        return JSONResponse({"clocks": [_clock(one, is_open=market.is_open) for one in acronyms]})

    async def days(_: SandboxAccount, request: Request) -> Response:
        acronym = _acronym(request.path_params["market"])
        return JSONResponse({"market": _market(acronym), "calendar": days_view(request.query_params)})

    return {
        "/v2/assets": {"GET": assets},
        "/v2/assets/fixed_income/us_treasuries": {"GET": partial(_none, "us_treasuries")},
        "/v2/assets/fixed_income/us_corporates": {"GET": partial(_none, "us_corporates")},
        "/v2/assets/{wanted}": {"GET": asset},
        # A pair whose slash was escaped, which the path has no more.
        "/v2/assets/{coin}/{money}": {"GET": asset},
        "/v2/calendar": {"GET": calendar},
        "/v3/clock": {"GET": clocks},
        "/v3/calendar/{market}": {"GET": days},
        "/v2/corporate_actions/announcements": {"GET": _announcements},
        "/v2/corporate_actions/announcements/{wanted}": {"GET": _announcement},
    }


async def _announcements(_: SandboxAccount, request: Request) -> Response:
    # The message is from a public list of what the API answers.
    if not all(request.query_params.get(name) for name in ("since", "until")):
        raise AlpacaProblem(422, BAD_PARAMETER, "invalid param: both since & until required")
    return JSONResponse([])


async def _announcement(_: SandboxAccount, request: Request) -> Response:
    # In which words is not known.
    raise AlpacaProblem(404, NOT_FOUND, f"announcement not found for {request.path_params['wanted']}")


async def _none(name: str, _: SandboxAccount, __: Request) -> Response:
    return JSONResponse({name: []})


def calendar_view(query: Mapping[str, str]) -> list[dict[str, Any]]:
    """GET /v2/calendar: the market days from ``start`` to ``end``, both of them too, or those that settle then."""
    start, end = _day(query, "start", _FIRST_DAY), _day(query, "end", _LAST_DAY)
    if query.get("date_type", "TRADING").upper() == "SETTLEMENT":
        before = max(start, _FIRST_DAY) - timedelta(days=_LONGEST_BREAK)
        return [row for row in _rows(before, end) if start <= date.fromisoformat(row["settlement_date"]) <= end]
    return _rows(start, end)


def _rows(start: date, end: date) -> list[dict[str, Any]]:
    return [
        {
            "date": day.isoformat(),
            "open": f"{opens(day):%H:%M}",
            "close": f"{closes(day):%H:%M}",
            "session_open": f"{session_opens(day):%H%M}",
            "session_close": f"{session_closes(day):%H%M}",
            "settlement_date": next_market_day(day).isoformat(),
        }
        for day in _market_days(start, end)
    ]


def _market_days(start: date, end: date) -> list[date]:
    first, last = max(start, _FIRST_DAY), min(end, _LAST_DAY)
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [day for day in days if is_market_day(day)]


def _is_wanted(asset: dict[str, Any], query: Mapping[str, str]) -> bool:
    """Whether it has what is asked for, and of the attributes any."""
    attributes = [one for one in query.get("attributes", "").split(",") if one]
    return (
        query.get("status", asset["status"]) == asset["status"]
        and query.get("asset_class", "us_equity") == asset["class"]
        and query.get("exchange", asset["exchange"]) == asset["exchange"]
        and (not attributes or any(one in asset["attributes"] for one in attributes))
    )


def _day(query: Mapping[str, str], name: str, otherwise: date) -> date:
    text = query.get(name)
    if text is None:
        return otherwise
    try:
        # Clients send a day or a moment.
        return date.fromisoformat(text[:10])
    except ValueError:
        # Documented with this status; in which words is not.
        raise AlpacaProblem(400, BAD_PARAMETER, f"invalid {name}") from None


def days_view(query: Mapping[str, str]) -> list[dict[str, Any]]:
    """The days of GET /v3/calendar/{market}: a week from today unless asked otherwise, in the market's time or UTC."""
    zone = UTC if query.get("timezone") == "UTC" else EASTERN
    start = _day(query, "start", datetime.now(EASTERN).date())
    end = _day(query, "end", start + timedelta(days=7))
    return [_day_view(day, zone) for day in _market_days(start, end)]


def _day_view(day: date, zone: tzinfo) -> dict[str, Any]:
    hours = {
        "pre": (session_opens, opens),
        "core": (opens, closes),
        "post": (closes, session_closes),
    }
    moments = {
        f"{name}_{end}": datetime.combine(day, hour(day), EASTERN).astimezone(zone).isoformat()
        for name, bounds in hours.items()
        for end, hour in zip(("start", "end"), bounds, strict=True)
    }
    return {"date": day.isoformat(), **moments, "settlement_date": next_market_day(day).isoformat()}


def _acronym(wanted: str) -> str:
    if wanted not in _ACRONYMS:
        raise AlpacaProblem(400, BAD_PARAMETER, f"invalid market: {wanted}")
    return _ACRONYMS[wanted]


def _market(acronym: str) -> dict[str, str]:
    code, name = _MARKETS[acronym]
    return {"acronym": acronym, "mic": code, "name": name, "timezone": _NEW_YORK}


def _clock(market: str, *, is_open: bool) -> dict[str, Any]:
    legacy = clock_view(is_open=is_open)
    now = datetime.fromisoformat(legacy["timestamp"])
    return {
        "market": _market(market),
        "timestamp": legacy["timestamp"],
        "is_market_day": is_open or is_market_day(now.date()),
        "next_market_open": legacy["next_open"],
        "next_market_close": legacy["next_close"],
        "phase": "core" if is_open else "closed",
        "phase_until": legacy["next_close" if is_open else "next_open"],
    }
