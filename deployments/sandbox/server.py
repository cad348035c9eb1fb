"""Several ASGI applications on loopback, one port each, in one thread with one event loop.

The handlers are coroutines on one loop, so a vendor's state needs no locks.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import uvicorn
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from blocks.errors import RekeyError
from deployments.sandbox.faults import FaultMiddleware, FaultPlan, path_of

HOST = "127.0.0.1"
START_TIMEOUT_S = 10.0


class SandboxError(RekeyError):
    """The sandbox cannot be started or was asked for something that it does not have."""

    slug = "sandbox"
    advice = "Give the sandbox what it names: free ports, or an address that it has."


@dataclass(frozen=True, slots=True)
class Entry:
    """One request in the journal: no header, no body, no query, so no secret."""

    at: datetime
    vendor: str
    method: str
    path: str
    status: int


class Journal:
    """Every request that the sandbox saw, in the order of the answers."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def clear(self) -> None:
        """Forget everything (a bench counts from here)."""
        self.entries.clear()

    def of(self, vendor: str) -> list[Entry]:
        """The requests to one vendor."""
        return [entry for entry in self.entries if entry.vendor == vendor]

    def as_rows(self) -> list[dict[str, Any]]:
        """For the control page."""
        return [{**asdict(entry), "at": entry.at.isoformat()} for entry in self.entries]


class JournalMiddleware:
    """Writes an entry for each request. A dropped connection has status 0."""

    def __init__(self, app: ASGIApp, *, vendor: str, journal: Journal) -> None:
        self._app = app
        self._vendor = vendor
        self._journal = journal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note its status."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        noted = False

        def note(status: int) -> None:
            nonlocal noted
            if not noted:
                noted = True
                self._journal.entries.append(
                    Entry(datetime.now(UTC), self._vendor, scope["method"], path_of(scope), status)
                )

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Before it is sent, so that whoever has the answer finds the entry.
                note(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            note(0)


class _TransportProtocol(H11Protocol):
    """Puts the transport into the scope, so that a fault can reset the connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        inner = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope["sandbox.transport"] = self.transport
            await inner(scope, receive, send)

        self.app = with_transport


class SandboxServer:
    """Serves applications by name. ``ports`` names fixed ports; every other application gets a free one."""

    def __init__(self, apps: Mapping[str, ASGIApp], ports: Mapping[str, int] | None = None) -> None:
        self.plan = FaultPlan()
        self.journal = Journal()
        self._sockets = {name: _bound(name, (ports or {}).get(name, 0)) for name in apps}
        self._servers = [(self._server(name, app), self._sockets[name]) for name, app in apps.items()]
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)

    def url(self, name: str) -> str:
        """The base URL of an application, known before it is started."""
        return f"http://{HOST}:{self._sockets[name].getsockname()[1]}"

    def start(self) -> None:
        """Serve, and return when every port answers."""
        self._thread.start()
        deadline = threading.Event()
        for _ in range(int(START_TIMEOUT_S / 0.01)):
            if all(server.started for server, _ in self._servers):
                return
            deadline.wait(0.01)
        raise SandboxError("The sandbox did not start.", "Run `rekey sandbox` alone and read what it prints.")

    def stop(self) -> None:
        """Stop serving and join the thread."""
        for server, _ in self._servers:
            server.should_exit = True
            server.force_exit = True
        self._thread.join(timeout=START_TIMEOUT_S)

    def _server(self, name: str, app: ASGIApp) -> uvicorn.Server:
        wrapped = JournalMiddleware(
            FaultMiddleware(app, vendor=name, plan=self.plan), vendor=name, journal=self.journal
        )
        # Only where there is a websocket: elsewhere a request for one is answered like any other.
        streams = any(isinstance(route, WebSocketRoute) for route in getattr(app, "routes", ()))
        return uvicorn.Server(
            uvicorn.Config(
                wrapped,
                http=_TransportProtocol,
                lifespan="off",
                log_config=None,
                access_log=False,
                ws="websockets-sansio" if streams else "none",
            )
        )

    def _run(self) -> None:
        async def serve_all() -> None:
            await asyncio.gather(*(server.serve(sockets=[bound]) for server, bound in self._servers))

        asyncio.run(serve_all())


def _bound(name: str, port: int) -> socket.socket:
    # The protocol is named because asyncio switches Nagle off only then; without it each answer waits 40 ms.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((HOST, port))
    except OSError:
        bound.close()
    else:
        return bound
    raise SandboxError(
        f"Port {port} on {HOST}, meant for the sandbox's {name}, is in use.",
        "Stop the program that uses it, or give another first port (rekey demo --sandbox-port, rekey sandbox --port).",
    )
