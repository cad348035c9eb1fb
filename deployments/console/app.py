"""The console's pages: each is made from what is known now, and brought up to date by server-sent events.

What a person does on them is in acts.py.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from anyio import to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from blocks.catalog import load_catalog
from blocks.errors import RekeyError
from blocks.issuer_kinds import called, kind_of, words_of
from blocks.issuers.terms import By
from blocks.model.credential import Credential
from blocks.model.rotation import Reason
from blocks.model.step import Step
from blocks.operators.passkeys import Site
from blocks.settings import Settings
from deployments.console import beginning, inbox, pages, rotation
from deployments.console.acts import Acts
from deployments.console.asked import Asked, asked_of, picture_of
from deployments.console.door import ACTING, Door
from deployments.console.enrol import Enrolment
from deployments.console.known import Known, Reader
from deployments.console.live import Live
from deployments.console.reading import Reading
from deployments.console.session import Session
from deployments.console.table import Table
from deployments.local.ask_prefect import login_of_environment

HERE = Path(__file__).parent
# How often is looked for what is new.
LOOK_S = 0.5


class Console:
    """The pages of one rekey, and the one reader for all of them."""

    def __init__(self, settings: Settings, look_s: float = LOOK_S) -> None:
        self._settings = settings
        self._look_s = look_s
        self.reader = Reader(settings)
        self.acts = Acts(settings, self.reader, Session(login_of_environment(), Site.of(settings.console_url).origin))
        self.enrolment = Enrolment(settings, self.reader, self._link)
        self.live = Live(lambda: self.reader.known.version, look_s / 2)
        self._pages = pages.environment()
        # In the catalog's order, and what is not well first.
        self._table, self._by_trouble = Table(self._pages), Table(self._pages)

    @asynccontextmanager
    async def running(self, _: Starlette) -> AsyncIterator[None]:
        """Read while the server runs."""
        with self.reader.reading(self._look_s):
            yield

    def page(
        self,
        request: Request,
        name: str,
        code: HTTPStatus = HTTPStatus.OK,
        known: Known | None = None,
        **shown: Any,
    ) -> HTMLResponse:
        """A page of this name, for whoever is logged in. ``known`` is what was known when it began to be made.

        The page says how new it is: one that named something newer than what it shows would not be brought up to date.
        """
        known, me, now = known or self.reader.known, self.acts.name_of(request), datetime.now(UTC)
        is_open = not Site.of(self._settings.console_url).is_https
        text = self._pages.get_template(name).render(known=known, now=now, me=me, is_open=is_open, **shown)
        return HTMLResponse(text, code)

    async def inbox(self, request: Request) -> Response:
        """What waits for a person, what goes on by itself, and how every credential is."""
        known, offer = self.reader.known, await to_thread.run_sync(self.enrolment.offered)
        waits, goes_on = inbox.waiting(known), inbox.going_on(known)
        table = self._table.of([*known.matrix.values()])
        return self.page(request, "inbox.html", known=known, waits=waits, goes_on=goes_on, table=table, offer=offer)

    async def health(self, request: Request) -> Response:
        """The matrix, what is not ok first."""
        return self.page(request, "health.html", table=self._by_trouble.of(inbox.by_trouble(self.reader.known)))

    async def login(self, request: Request) -> Response:
        """Where somebody says who they are."""
        asked = request.query_params
        return self.page(request, "login.html", to=asked.get("to", "/"), typed=asked.get("name", ""))

    async def enrol(self, request: Request) -> Response:
        """The page of every one-time link: what it leads to, its script asks for."""
        return self.page(request, "enrol.html")

    def _link(self, shown: Mapping[str, Any]) -> str:
        return self._pages.get_template("enrolling.html").render(**shown)

    async def start(self, request: Request) -> Response:
        """What starting a rotation does, and why it is rotated."""
        credential = self._credential(request.path_params["name"])
        if credential is None:
            return self._nothing(request, "The catalog names no such credential, or it is not enabled.")
        reasons = [one.value for one in Reason if one is not Reason.MISROTATION]
        issuer = called(credential)
        known = self.reader.known
        is_open = known.open.get(credential.name)
        return self.page(
            request,
            "start.html",
            known=known,
            credential=credential,
            reasons=reasons,
            issuer=issuer,
            words=words_of(credential),
            is_machines=kind_of(credential).traits.minted_by is By.API,
            open=is_open,
            is_signed=await to_thread.run_sync(self.acts.starting.signing.is_wanted, credential),
            signs=await self._signs(request),
        )

    async def _signs(self, request: Request) -> bool:
        """Whether whoever is logged in has a passkey."""
        return bool(await to_thread.run_sync(self.acts.answering.passkeys_of, self.acts.name_of(request)))

    async def run(self, request: Request) -> Response:
        """A run that was started just now: its rotation, once the ledger has it."""
        name, run = request.path_params["name"], request.path_params["run"]
        credential = self._credential(name)
        if credential is None:
            return self._nothing(request, "The catalog names no such credential, or it is not enabled.")
        status = self.reader.known.open.get(name)
        if status is not None and status.run.endswith(f"/{run}"):
            return RedirectResponse(f"/rotations/{status.rotation}", HTTPStatus.SEE_OTHER)
        ledger = self.reader.ledger
        found = await to_thread.run_sync(rotation.of_run, ledger, name, run) if ledger else None
        if found is not None:
            return RedirectResponse(f"/rotations/{found}", HTTPStatus.SEE_OTHER)
        told, what = await to_thread.run_sync(beginning.told, name, run)
        where = f"{self._settings.prefect_ui_url}/runs/flow-run/{run}"
        return self.page(request, "run.html", credential_name=name, told=told, what=what, where=where)

    def _credential(self, name: str) -> Credential | None:
        found = load_catalog(self._settings.catalog).credential.get(name)
        return found if found and (found.enabled or name in self.reader.known.open) else None

    async def credential(self, request: Request) -> Response:
        """The newest rotation of a credential."""
        name = request.path_params["name"]
        ledger = self.reader.ledger
        found = await to_thread.run_sync(rotation.newest_of, ledger, name) if ledger else None
        if found is None:
            return self._nothing(request, f"rekey has not rotated {name} yet, or the catalog does not name it.")
        return RedirectResponse(f"/rotations/{found}", HTTPStatus.SEE_OTHER)

    async def rotation(self, request: Request) -> Response:
        """One rotation."""
        known, ledger, name = self.reader.known, self.reader.ledger, request.path_params["rotation"]
        catalog = load_catalog(self._settings.catalog)
        found = await to_thread.run_sync(rotation.page_of, ledger, catalog, name) if ledger else None
        if found is None:
            return self._nothing(request, inbox.why_no_page(known, name))
        status = known.open.get(found.credential.name)
        # The ledger was read just now, the rest up to a few seconds before: what is over waits for nobody any more.
        is_open = status is not None and status.rotation == found.rotation and not found.ended
        here = status if is_open else None
        told = inbox.headline(here) if here else ""
        me, taker = self.acts.name_of(request), found.taken.facts.taker if found.taken else ""
        # An approval is nobody's alone.
        answers = here is not None and me != "" and (taker == me or here.asks == Step.APPROVE)
        asked = Asked()
        if here is not None and here.asks and answers:
            asked = await to_thread.run_sync(partial(asked_of, here, found.credential, is_mine=taker == me))
        return self.page(
            request,
            "rotation.html",
            known=known,
            page=found,
            here=here,
            headline=told,
            answers=answers,
            may_close=here is not None and me != "" and inbox.may_be_closed(here),
            form=asked.form,
            form_problem=asked.problem,
            hints=asked.hints,
            picture=picture_of(found.credential) if asked.form and asked.form.asks_for_a_pair else "",
            signs=await self._signs(request),
        )

    def _nothing(self, request: Request, told: str, code: HTTPStatus = HTTPStatus.NOT_FOUND) -> Response:
        return self.page(request, "nothing.html", code, told=told, is_there=code is not HTTPStatus.NOT_FOUND)

    async def unreadable(self, request: Request, error: Exception) -> Response:
        """What a page is made of cannot be read now. Whoever has it open keeps it, and reads that it is old."""
        return self._nothing(request, str(error), HTTPStatus.SERVICE_UNAVAILABLE)

    async def missing(self, request: Request, _: Exception) -> Response:
        """A page that does not exist."""
        return self._nothing(request, "There is no such page.")


def application(settings: Settings, look_s: float = LOOK_S) -> Starlette:
    """The console as an ASGI application, for the address in the settings. ``look_s``: how often it reads."""
    console, site = Console(settings, look_s), Site.of(settings.console_url)
    # Others than this machine's users reach what is served by https.
    reading = [Middleware(Reading, name_of=console.acts.name_of)] if site.is_https else []
    return Starlette(
        routes=[
            Route("/", console.inbox),
            Route("/health", console.health),
            Route("/credentials/{name}", console.credential),
            Route("/rotations/{rotation}", console.rotation),
            Route("/live", console.live.told),
            Route("/login", console.login),
            Route("/login", console.acts.login, methods=[ACTING]),
            Route("/logout", console.acts.logout, methods=[ACTING]),
            Route("/credentials/{name}/start", console.start),
            Route("/credentials/{name}/start", console.acts.start, methods=[ACTING]),
            Route("/credentials/{name}/start/challenge", console.acts.challenge_of_start, methods=[ACTING]),
            Route("/credentials/{name}/runs/{run}", console.run),
            Route("/rotations/{rotation}/take", console.acts.take, methods=[ACTING]),
            Route("/rotations/{rotation}/take/challenge", console.acts.challenge_of_taking, methods=[ACTING]),
            Route("/rotations/{rotation}/close", console.acts.close, methods=[ACTING]),
            Route("/rotations/{rotation}/close/challenge", console.acts.challenge_of_closing, methods=[ACTING]),
            Route("/rotations/{rotation}/answer", console.acts.answer, methods=[ACTING]),
            Route("/enrol", console.enrol),
            Route("/enrol", console.enrolment.show, methods=[ACTING]),
            Route("/enrol/approve", console.enrolment.approve, methods=[ACTING]),
            Route("/enrol/challenge", console.enrolment.challenge, methods=[ACTING]),
            Route("/enrol/register", console.enrolment.register, methods=[ACTING]),
            Route("/rotations/{rotation}/challenge", console.acts.challenge, methods=[ACTING]),
            Route("/health/examine", console.acts.examine, methods=[ACTING]),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ],
        middleware=[Middleware(Door, site=site), *reading],
        exception_handlers={HTTPStatus.NOT_FOUND: console.missing, RekeyError: console.unreadable},
        lifespan=console.running,
    )
