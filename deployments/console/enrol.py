"""What a one-time link leads to: a superadmin approves it, and its owner registers passkeys.

Its token stands behind the # of its address, which a browser sends to nobody, and comes in the body of what the page's
script sends: no log of a proxy has it, and no Referer.

Whoever has the link may open it; no login is asked for, because somebody new has none. What is registered or approved
is checked in blocks/operators/registration.py, against challenges that anybody can compute: nothing is kept in between.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from anyio import to_thread
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from blocks.errors import ProofRefused, RekeyError
from blocks.ledger.ledger import Ledger
from blocks.operators import registration, registry
from blocks.operators.enrolment import link_of
from blocks.operators.passkeys import Site
from blocks.operators.registry import Link, Operator, Registry
from blocks.sealed.keys import text_of
from blocks.settings import Settings
from deployments.cli.which_ledger import with_rows
from deployments.console.acts import address_of, body_of, later, refused
from deployments.console.answering import NOT_OURS, Body, Refused, assertion_of
from deployments.console.known import Reader
from deployments.console.limits import Limit

TRIES, TRIES_WITHIN_S = 30, 300.0
# COSE's numbers: ES256, EdDSA, RS256 (Windows Hello).
ALGORITHMS = (-7, -8, -257)


class Enrolment:
    """What is done on the page of a link."""

    def __init__(self, settings: Settings, reader: Reader, page: Callable[[Mapping[str, Any]], str]) -> None:
        """``page`` makes HTML of what a link leads to."""
        self._settings = settings
        self._page = page
        self._site = Site.of(settings.console_url)
        self._offer = settings.console_offer
        self._reader = reader
        self._tries = Limit(TRIES, TRIES_WITHIN_S)

    def shown(self, token: SecretStr) -> Mapping[str, Any]:
        """What this link leads to. Raises ProofRefused for one that leads nowhere, and LedgerError."""
        known = registry.of(self._ledger())
        link = link_of(known, token)
        owner = known.operators.get(link.operator, Operator(link.operator, link.role))
        is_approved = bool(link.approved_by) or not link.needs_approval
        return {
            "link": link,
            "is_approved": is_approved,
            "wanted": registration.WANTED,
            "registered": owner.passkeys,
            "options": self._options_of(link, owner) if is_approved else self._approval_of(link, known),
        }

    def offered(self) -> Mapping[str, Any] | None:
        """What the first page offers to whoever opens it; None where no link is to be offered, or it is not good."""
        if self._offer is None:
            return None
        try:
            token = self._offer.read_text().strip()
            return {**self.shown(SecretStr(token)), "token": token}
        except (OSError, RekeyError, Refused):
            return None

    async def show(self, request: Request) -> Response:
        """What the link leads to now, as HTML."""
        return await self._done(request, self._show)

    async def approve(self, request: Request) -> Response:
        """A superadmin approves the link."""
        return await self._done(request, self._approve)

    async def challenge(self, request: Request) -> Response:
        """What the first authenticator signs to add another one."""
        return await self._done(request, self._challenge)

    async def register(self, request: Request) -> Response:
        """The owner registers an authenticator."""
        return await self._done(request, self._register)

    async def _done(self, request: Request, act: Callable[[SecretStr, Body], Body]) -> Response:
        wait_s = self._tries.wait_s(address_of(request))
        if wait_s:
            return refused(later(wait_s), HTTPStatus.TOO_MANY_REQUESTS)
        body = await body_of(request)
        try:
            return JSONResponse(await to_thread.run_sync(act, SecretStr(str(body.get("token", ""))), body))
        except Refused as problem:
            return refused(str(problem), problem.code)
        except ProofRefused as problem:
            return refused(str(problem), HTTPStatus.FORBIDDEN)
        except RekeyError as problem:
            return refused(str(problem), HTTPStatus.CONFLICT)

    def _show(self, token: SecretStr, _: Body) -> Body:
        return {"page": self._page(self.shown(token))}

    def _approve(self, token: SecretStr, body: Body) -> Body:
        link = registration.approve(self._ledger(), self._site, token, assertion_of(body.get("assertion")))
        if link.codes:
            return {"told": f"Approved: the one-time codes of {link.operator} count from now on."}
        return {"told": f"Approved: {link.operator} may register passkeys with this link now."}

    def _challenge(self, token: SecretStr, body: Body) -> Body:
        link = link_of(registry.of(self._ledger()), token)
        return {"challenge": text_of(registration.adding(link, str(body.get("credential_id", ""))).challenge)}

    def _register(self, token: SecretStr, body: Body) -> Body:
        response, called, first = body.get("response"), body.get("called"), body.get("assertion")
        if not isinstance(response, dict) or not isinstance(called, str):
            raise Refused(NOT_OURS, HTTPStatus.BAD_REQUEST)
        signed = None if first is None else assertion_of(first)
        registration.register(self._ledger(), self._site, token, response, called, signed)
        return {"told": "Registered."}

    def _ledger(self) -> Ledger:
        # Whoever opens the first link of all comes before the console has looked for rows again.
        ledger = self._reader.ledger or with_rows(self._settings)
        if ledger is None:
            raise Refused("The console has not found a ledger with rows yet: reload in a moment.")
        return ledger

    def _options_of(self, link: Link, owner: Operator) -> Mapping[str, Any]:
        """What the browser needs to register one, and to sign with one of those that there are."""
        return {
            "rp": self._site.host,
            "challenge": text_of(registration.enrolling(link).challenge),
            "user": text_of(hashlib.sha256(link.operator.encode()).digest()),
            "operator": link.operator,
            "algorithms": ALGORITHMS,
            "known": {one.credential_id: link.operator for one in owner.passkeys},
            "used": link.used,
        }

    def _approval_of(self, link: Link, known: Registry) -> Mapping[str, Any]:
        """What the browser needs to approve the link: which authenticator is whose."""
        return {
            "rp": self._site.host,
            "challenge": text_of(registration.approving(link).challenge),
            "known": {key.credential_id: one.name for one in known.superadmins for key in one.passkeys},
        }
