"""The console's pages: each is made from what is known now, and brought up to date by server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from threading import Event
from typing import Any

from anyio import CapacityLimiter, sleep, to_thread
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from blocks.catalog import load_catalog
from blocks.ledger.trading import clock
from blocks.settings import Settings
from blocks.text import visible
from blocks.wire.beside import Beside
from deployments.console import inbox, rotation
from deployments.console.door import Door, names_of
from deployments.console.known import Reader

HERE = Path(__file__).parent
# How often is looked for what is new, and how often a page that is open hears that it is still told.
LOOK_S, STILL_S = 0.5, 10.0
# Open pages, all browsers together: each costs a connection, and none costs the ledger anything.
MOST_LIVE = 100


class Console:
    """The pages of one rekey, and the threads that read for all of them."""

    def __init__(self, settings: Settings, look_s: float = LOOK_S) -> None:
        self._settings = settings
        self._look_s = look_s
        self.reader = Reader(settings)
        self._threads = [
            Beside(partial(self._again_and_again, look)) for look in (self.reader.look, self.reader.ask_prefect)
        ]
        self._over = Event()
        self._live = CapacityLimiter(MOST_LIVE)
        self._pages = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            finalize=_shown,
            undefined=StrictUndefined,
            trim_blocks=True,
        )
        self._pages.filters["clock"] = clock

    @asynccontextmanager
    async def running(self, _: Starlette) -> AsyncIterator[None]:
        """Read while the server runs."""
        for thread in self._threads:
            thread.begin()
        try:
            yield
        finally:
            self._over.set()

    def _again_and_again(self, look: Callable[[], None]) -> None:
        while not self._over.is_set():
            look()
            self._over.wait(self._look_s)

    def page(self, name: str, code: HTTPStatus = HTTPStatus.OK, **shown: Any) -> HTMLResponse:
        """A page of this name."""
        known = self.reader.known
        text = self._pages.get_template(name).render(known=known, now=datetime.now(UTC), **shown)
        return HTMLResponse(text, code)

    async def inbox(self, _: Request) -> Response:
        """What waits for a person, what goes on by itself, and how every credential is."""
        known = self.reader.known
        return self.page("inbox.html", waits=inbox.waiting(known), goes_on=inbox.going_on(known))

    async def health(self, _: Request) -> Response:
        """The matrix, what is not ok first."""
        return self.page("health.html", lines=inbox.by_trouble(self.reader.known))

    async def credential(self, request: Request) -> Response:
        """The newest rotation of a credential."""
        name = request.path_params["name"]
        ledger = self.reader.ledger
        found = await to_thread.run_sync(rotation.newest_of, ledger, name) if ledger else None
        if found is None:
            return self._nothing(f"rekey has not rotated {name} yet, or the catalog does not name it.")
        return RedirectResponse(f"/rotations/{found}", HTTPStatus.SEE_OTHER)

    async def rotation(self, request: Request) -> Response:
        """One rotation."""
        ledger, name = self.reader.ledger, request.path_params["rotation"]
        catalog = load_catalog(self._settings.catalog)
        found = await to_thread.run_sync(rotation.page_of, ledger, catalog, name) if ledger else None
        if found is None:
            return self._nothing("The ledger knows no such rotation, or the catalog not its credential.")
        status = self.reader.known.open.get(found.credential.name)
        here = status if status is not None and status.rotation == found.rotation else None
        told = inbox.headline(here) if here else ""
        return self.page("rotation.html", page=found, here=here, headline=told)

    async def live(self, request: Request) -> Response:
        """Says whenever there is something new."""
        if self._live.available_tokens < 1:
            told = f"{MOST_LIVE} pages are open already. Close some, and reload this one.\n"
            return Response(told, HTTPStatus.SERVICE_UNAVAILABLE, media_type="text/plain")
        return StreamingResponse(self._events(request), media_type="text/event-stream")

    async def _events(self, request: Request) -> AsyncIterator[str]:
        token = object()
        self._live.acquire_on_behalf_of_nowait(token)
        try:
            told, silent_s = -1, 0.0
            while not await request.is_disconnected():
                version = self.reader.known.version
                if version != told or silent_s >= STILL_S:
                    yield f"event: {'changed' if told not in {version, -1} else 'still'}\ndata: {version}\n\n"
                    told, silent_s = version, 0.0
                await sleep(self._look_s / 2)
                silent_s += self._look_s / 2
        finally:
            self._live.release_on_behalf_of(token)

    def _nothing(self, told: str) -> Response:
        return self.page("nothing.html", HTTPStatus.NOT_FOUND, told=told)

    async def missing(self, _: Request, __: Exception) -> Response:
        """A page that does not exist."""
        return self._nothing("There is no such page.")


def _shown(value: object) -> object:
    """Text of people and vendors is shown, never obeyed: what cannot be seen is written by its number."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else visible(value, lines=True)


def application(settings: Settings, look_s: float = LOOK_S) -> Starlette:
    """The console as an ASGI application, for the address in the settings. ``look_s``: how often it reads."""
    console = Console(settings, look_s)
    return Starlette(
        routes=[
            Route("/", console.inbox),
            Route("/health", console.health),
            Route("/credentials/{name}", console.credential),
            Route("/rotations/{rotation}", console.rotation),
            Route("/live", console.live),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ],
        middleware=[Middleware(Door, names=names_of(settings.console_url))],
        exception_handlers={HTTPStatus.NOT_FOUND: console.missing},
        lifespan=console.running,
    )
