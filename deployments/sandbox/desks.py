"""Two trading desks with one key of OANDA's: one runs in a cluster, the other asks a switch before it trades.

GET /status: which account it trades in, asked of OANDA with the key that it was started with, and whether it trades.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from deployments.sandbox.flags import FlagsSandbox
from deployments.sandbox.kubernetes.app import KubernetesSandbox

CLUSTER_DESK, SECRET, KEY = "trading/desk", "broker", "token"
SWITCHED_DESK, FLAG = "raxx-desk-switched", "trading"
VARIABLE = "OANDA_LIVE_TOKEN"
REPLICAS = 2
# The names of their hosts.
ORDER = ("kubernetes", "flags", "desk", "desk-switched")
PAGES = ("desk", "desk-switched")
_TIMEOUT_S = 10.0
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass
class Desk:
    """One application: ``serving`` is the environment of what runs, ``may_trade`` what it asks before it trades."""

    serving: Callable[[], Mapping[str, str] | None]
    variable: str
    may_trade: Callable[[], bool]
    # Where OANDA is; known once the servers run.
    hosts: dict[str, str]

    def app(self) -> Starlette:
        """Its page."""
        return Starlette(routes=[Route("/status", self._status)])

    async def _status(self, _: Request) -> Response:
        environment = self.serving()
        if environment is None:
            return HTMLResponse("<html><body>no healthy upstream</body></html>", 503)
        headers = {"Authorization": f"Bearer {environment.get(self.variable, '')}"}
        async with httpx.AsyncClient(verify=_NO_TLS, trust_env=False, timeout=_TIMEOUT_S) as client:
            answer = await client.get(f"{self.hosts['oanda']}/v3/accounts", headers=headers)
        if answer.status_code != 200:
            return JSONResponse({"error": "the broker refuses the key"}, 502)
        account = answer.json()["accounts"][0]["id"]
        return JSONResponse({"account": account, "state": "ready", "trading": self.may_trade()})


@dataclass
class Desks:
    """Both of them, the cluster and the switch. ``switched`` is the environment of the one that asks a switch."""

    kubernetes: KubernetesSandbox
    flags: FlagsSandbox
    switched: Callable[[], Mapping[str, str] | None]
    hosts: dict[str, str] = field(default_factory=dict)

    def seed(self, key: str) -> None:
        """The key is in the cluster's secret, and two pods run with it."""
        cluster = self.kubernetes.cluster
        namespace, _, name = CLUSTER_DESK.partition("/")
        cluster.put_secret(namespace, SECRET, {KEY: key})
        cluster.put_deployment(namespace, name, SECRET, REPLICAS)

    def apps(self) -> dict[str, ASGIApp]:
        """What is served, by name."""
        in_cluster = Desk(lambda: self.kubernetes.serving(CLUSTER_DESK), KEY, lambda: True, self.hosts)
        switched = Desk(self.switched, VARIABLE, lambda: self.flags.flags[FLAG] is True, self.hosts)
        served = (self.kubernetes.app(), self.flags.app(), in_cluster.app(), switched.app())
        return dict(zip(ORDER, served, strict=True))

    def seeds(self, url: Callable[[str], str]) -> dict[str, Any]:
        """What ``rekey register`` needs to reach them, by variable, without REKEY_."""
        page = {"path": "/status", "subject": "account", "status": "state", "well": "ready"}
        return {
            "kubernetes_url": url("kubernetes"),
            "kubernetes_token": self.kubernetes.token,
            "http_switch": {"flags": {"url": url("flags"), "token": self.flags.token}},
            "http_json": {name: {"url": url(name), **page} for name in PAGES},
        }

    @staticmethod
    def hosts_in(urls: Mapping[str, str]) -> list[str]:
        """Their lines of a catalog's [hosts]; none where they are not served."""
        if "kubernetes" not in urls:
            return []
        return [
            *("", "[hosts.others]", f'kubernetes = "{urls["kubernetes"]}"'),
            *("", "[hosts.http_switch]", f'flags = "{urls["flags"]}"'),
        ]
