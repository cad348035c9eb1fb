"""Whoever sends nonsense to a simulated vendor is told so in the vendor's own way, and never that the sandbox broke."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import httpx
import pytest
from starlette.routing import Route, WebSocketRoute

from deployments.sandbox.estate import Estate

# What the bodies of these vendors' requests are made of.
FIELDS = """
ref inputs encrypted_value key_id qty symbol limit_price secretValue secrets workspaceId environment updates scope text
maintenance channel blocks name value query variables credentials enabled release slug mode secretPath path
"""
ODD: tuple[Any, ...] = ([1], {"a": 1}, 1, None, True, "x", -1.5)
BODIES = [
    b"",
    b"[]",
    b"\xff",
    b'{"a": NaN}',
    b"[" * 5000,
    json.dumps(dict(zip(FIELDS.split(), cycle(ODD), strict=False))).encode(),
]
QUERY = "limit=%C2%B2&page=x&per_page=-3&after=zz&start=x&qty=NaN&oldest=inf&ts=1&cursor=%ff&version=%C2%B2&until_id=x"
# Parts of paths that exist, so that what lies behind them is asked.
KNOWN = {"owner": "raxx", "app": "raxx-api-prod", "wanted": "AAPL", "environment": "prod", "number": "1", "run": "1"}


@pytest.fixture(scope="module")
def estate() -> Iterator[Estate]:
    with Estate(profile="current") as running:
        running.alpaca.knobs.rate_limit_per_minute = 10_000
        yield running


def headers_of(estate: Estate) -> dict[str, dict[str, str]]:
    key_id, secret = estate.paper.regenerate()
    url = f"{estate.url('infisical')}/api/v1/auth/universal-auth/login"
    client = dict(zip(("clientId", "clientSecret"), estate.identity, strict=True))
    vault = httpx.post(url, json=client, trust_env=False).json()["accessToken"]
    accept = {"Accept": "application/vnd.heroku+json; version=3"}
    return {
        "alpaca-paper": {"APCA-API-KEY-ID": key_id, "APCA-API-SECRET-KEY": secret},
        "infisical": {"Authorization": f"Bearer {vault}"},
        "heroku": {"Authorization": f"Bearer {estate.heroku.token}", **accept},
        "github": {"Authorization": f"Bearer {estate.github.token}"},
        "slack": {"Authorization": f"Bearer {estate.slack.token}"},
        "raptor-prod": {},
    }


def requests_of(estate: Estate, vendor: str) -> Iterator[tuple[str, str, bytes]]:
    """Method, path and body: every route of a vendor, with everything that has no sense."""
    app: Any = estate._apps()[vendor]
    while not hasattr(app, "routes"):
        app = app._app
    for route in app.routes:
        if isinstance(route, WebSocketRoute):
            # A stream, which is asked nothing by these methods.
            continue
        assert isinstance(route, Route)
        path = re.sub(r"{(\w+)(:\w+)?}", lambda part: KNOWN.get(part[1], "raxx"), route.path)
        methods = sorted((route.methods or set()) - {"HEAD"})
        paths = [f"/api/{one}" for one in [*estate.slack._methods, "api.test"]] if "{method}" in route.path else [path]
        for method in methods:
            yield from ((method, one, body) for one in paths for body in (BODIES if method != "GET" else [b""]))


@pytest.mark.parametrize("vendor", ["alpaca-paper", "infisical", "heroku", "github", "slack", "raptor-prod"])
def test_nonsense_is_refused_and_breaks_nothing(estate: Estate, vendor: str) -> None:
    broken, count = [], 0
    headers = {"Content-Type": "application/json", **headers_of(estate)[vendor]}
    with httpx.Client(base_url=estate.url(vendor), headers=headers, trust_env=False) as client:
        for method, path, body in requests_of(estate, vendor):
            count += 1
            answer = client.request(method, f"{path}?{QUERY}", content=body)
            if answer.text == "Internal Server Error":
                broken.append((method, path, body[:20]))
    assert (broken, count > 10) == ([], True)
