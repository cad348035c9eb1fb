"""What a person does on the console: log in, start, take, answer, examine.

Every act is sent by one of the console's own pages as JSON (door.py) and answered by one: where to ``go``, what was
``told``, or which ``problem`` there is. Nothing that was typed is repeated.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from anyio import sleep, to_thread
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from blocks.errors import RekeyError, Unclear, Unreachable
from blocks.ledger import operators
from blocks.settings import Settings
from blocks.wire.strict_json import UnreadableError, read_json
from deployments.console.answering import ACT_TIMEOUT_S, Answering, Body, Refused
from deployments.console.known import Reader
from deployments.console.limits import LONGEST_WAIT_S, Guesses, Limit
from deployments.console.session import LASTS_S, Session
from deployments.console.starting import Starting
from deployments.local.ask_prefect import Prefect

# What an operator may do from one address: a person needs a dozen acts for a rotation. And what all may do from there:
# behind a tunnel or a proxy it may be the address of all of them.
ACTS, ACTS_OF_ALL, ACTS_WITHIN_S = 60, 300, 60.0
HEALTH = "health/nightly"
Act = Callable[[str, Body, Mapping[str, str]], Body]
# Seen where logs are JSON lines (deployments/logging.yml).
_LOG = logging.getLogger("rekey.console")
# Whoever is answered so logs in on the page itself.
LOG_IN = "Log in first: nobody knows who acts."


class Acts:
    """The acts of one console."""

    def __init__(self, settings: Settings, reader: Reader, session: Session) -> None:
        self._settings = settings
        self._reader = reader
        self._session = session
        self.answering = Answering(settings, reader)
        self.starting = Starting(settings, reader)
        self._acts, self._acts_of_all = Limit(ACTS, ACTS_WITHIN_S), Limit(ACTS_OF_ALL, ACTS_WITHIN_S)
        self._guesses = Guesses()

    def name_of(self, request: Request) -> str:
        """Who is logged in with this browser; empty for nobody."""
        return self._session.name_in(request.cookies.get(self._session.cookie, ""))

    async def login(self, request: Request) -> Response:
        """Begin a session."""
        body, address = await body_of(request), address_of(request)
        typed = body.get("name") if isinstance(body.get("name"), str) else ""
        problem = operators.refusal_of(typed or "")
        if not self._session.exists:
            problem = "The console has no login of Prefect: set PREFECT_API_AUTH_STRING where it runs, and start it."
        if problem is not None:
            return refused(problem, HTTPStatus.UNAUTHORIZED)
        turn = self._guesses.turn(address)
        if turn is None:
            return refused(later(LONGEST_WAIT_S), HTTPStatus.TOO_MANY_REQUESTS)
        # Only whoever waited is answered, so guessing takes its time also where many ask at once.
        await sleep(self._guesses.wait_s(turn))
        if not self._session.is_login(SecretStr(str(body.get("login", "")))):
            problem = "That is not the login of Prefect. It has a user, a colon and a password."
            return refused(problem, HTTPStatus.UNAUTHORIZED)
        self._guesses.right(address, turn)
        answer = JSONResponse({"go": _within(body.get("to"))})
        cookie = self._session.begin(operators.normalised(typed or ""))
        answer.set_cookie(self._session.cookie, cookie, max_age=LASTS_S, **self._of_a_cookie())
        return answer

    async def logout(self, _: Request) -> Response:
        """End the session in this browser."""
        answer = JSONResponse({"go": "/"})
        answer.delete_cookie(self._session.cookie, **self._of_a_cookie())
        return answer

    def _of_a_cookie(self) -> dict[str, Any]:
        return {"path": "/", "secure": self._session.is_secure, "httponly": True, "samesite": "strict"}

    async def start(self, request: Request) -> Response:
        """Start a rotation."""
        return await self._done(request, self.starting.start)

    async def take(self, request: Request) -> Response:
        """Take a rotation's forms upon oneself."""
        return await self._done(request, self.starting.take)

    async def challenge_of_start(self, request: Request) -> Response:
        """What a passkey signs so that a start counts."""
        return await self._done(request, self.starting.challenge_of_start)

    async def challenge_of_taking(self, request: Request) -> Response:
        """What a passkey signs so that a taking counts."""
        return await self._done(request, self.starting.challenge_of_taking)

    async def close(self, request: Request) -> Response:
        """End a rotation by hand."""
        return await self._done(request, self.starting.close)

    async def challenge_of_closing(self, request: Request) -> Response:
        """What a passkey signs so that a close counts."""
        return await self._done(request, self.starting.challenge_of_closing)

    async def answer(self, request: Request) -> Response:
        """Answer the form that waits."""
        return await self._done(request, self.answering.answer)

    async def challenge(self, request: Request) -> Response:
        """What a passkey signs so that an answer counts."""
        return await self._done(request, self.answering.challenge)

    async def examine(self, request: Request) -> Response:
        """Examine every credential now."""
        return await self._done(request, self._examine)

    async def _done(self, request: Request, act: Act) -> Response:
        name, address = self.name_of(request), address_of(request)
        wait_s = self._acts_of_all.wait_s(address) or self._acts.wait_s(f"{name}@{address}")
        if wait_s:
            return refused(later(wait_s), HTTPStatus.TOO_MANY_REQUESTS)
        if not name:
            return refused(LOG_IN, HTTPStatus.UNAUTHORIZED)
        body = await body_of(request)
        answer = await self._answer(act, name, body, request.path_params)
        about = {"rotation": request.path_params.get("rotation", "")}
        _LOG.info("%s by %s from %s: %s", act.__name__, name, address, answer.status_code, extra=about)
        return answer

    async def _answer(self, act: Act, name: str, body: Body, path: Mapping[str, str]) -> Response:
        try:
            return JSONResponse(await to_thread.run_sync(act, name, body, path))
        except Refused as problem:
            return refused(str(problem), problem.code)
        except (Unreachable, Unclear) as error:
            told = "Whether it was done is unknown: look at the inbox before you press again."
            return refused(f"{error.problem} {told}", HTTPStatus.BAD_GATEWAY)
        except RekeyError as error:
            return refused(f"It was not done. {error}", HTTPStatus.BAD_GATEWAY)

    def _examine(self, _: str, __: Body, ___: Mapping[str, str]) -> Body:
        with Prefect(timeout_s=ACT_TIMEOUT_S) as prefect:
            run = prefect.start(HEALTH, {"credential": "all", "depth": "full"})
        where = f"{self._settings.prefect_ui_url}/runs/flow-run/{run}"
        return {"told": "Every credential is being examined: this page shows what is found.", "where": where}


def address_of(request: Request) -> str:
    """From where it was sent."""
    return request.client.host if request.client else ""


def _within(to: object) -> str:
    """A page of this console to go to; its first for anything else."""
    is_page = isinstance(to, str) and to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable()
    return str(to) if is_page else "/"


def later(wait_s: float) -> str:
    """What is said to whoever was too quick."""
    return f"Too many from here: try again in {wait_s:.0f} s."


def refused(problem: str, code: HTTPStatus) -> Response:
    """The answer to an act that is not done."""
    return JSONResponse({"problem": problem}, code)


async def body_of(request: Request) -> Body:
    """What was sent; empty for what is no JSON object."""
    try:
        body = read_json(await request.body())
    except UnreadableError:
        return {}
    return body if isinstance(body, dict) else {}
