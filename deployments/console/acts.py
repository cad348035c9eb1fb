"""What a person does on the console: log in, start, take, answer, examine.

Every act is sent by one of the console's own pages as JSON (door.py) and answered by one: where to ``go``, what was
``told``, or which ``problem`` there is. Nothing that was typed is repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from http import HTTPStatus
from json import JSONDecodeError
from typing import Any

from anyio import to_thread
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from blocks.catalog import load_catalog
from blocks.errors import RekeyError, Unclear, Unreachable
from blocks.ledger import history, operators
from blocks.ledger.history import History
from blocks.ledger.ledger import Action, Ledger
from blocks.listed import ISSUERS
from blocks.model.credential import Credential
from blocks.model.rotation import Reason
from blocks.operators import registry
from blocks.operators.act import act_of
from blocks.operators.assertion import Assertion
from blocks.operators.passkeys import Passkey, Site
from blocks.sealed.keys import text_of
from blocks.settings import Settings
from deployments.console.known import Reader
from deployments.console.limits import Limit
from deployments.console.session import COOKIE, LASTS_S, Session
from deployments.console.waiting_form import OPERATOR, PROOF, SEALED, hash_of
from deployments.local.ask_prefect import Prefect, Shown

Body = Mapping[str, Any]
# What one address may do. A person needs a dozen acts for a rotation.
ACTS, ACTS_WITHIN_S = 60, 60.0
LOGINS, LOGINS_WITHIN_S = 10, 300.0
LONGEST_REASON = 200
HEALTH = "health/nightly"
# A busy Prefect takes its time, and an act is not repeated by itself.
ACT_TIMEOUT_S = 20.0
# Whoever is answered so logs in on the page itself.
UNKNOWN = "Whether it arrived is unknown: if this page still asks in a moment, press Submit again."
LOG_IN = "Log in first: nobody knows who acts."


NOT_OURS = "That is nothing that this page sends: reload it."


class Refused(Exception):
    """An act that is not done, with the sentence that says why and what to do."""

    def __init__(self, problem: str, code: HTTPStatus = HTTPStatus.CONFLICT) -> None:
        super().__init__(problem)
        self.code = code


class Acts:
    """The acts of one console."""

    def __init__(self, settings: Settings, reader: Reader, session: Session) -> None:
        self._settings = settings
        self._reader = reader
        self._session = session
        self._acts, self._logins = Limit(ACTS, ACTS_WITHIN_S), Limit(LOGINS, LOGINS_WITHIN_S)

    def name_of(self, request: Request) -> str:
        """Who is logged in with this browser; empty for nobody."""
        return self._session.name_in(request.cookies.get(COOKIE, ""))

    async def login(self, request: Request) -> Response:
        """Begin a session."""
        wait_s = self._logins.wait_s(address_of(request))
        if wait_s:
            return refused(later(wait_s), HTTPStatus.TOO_MANY_REQUESTS)
        body = await body_of(request)
        typed = body.get("name") if isinstance(body.get("name"), str) else ""
        problem = operators.problem_of(typed or "")
        if not self._session.exists:
            problem = "The console has no login of Prefect: set PREFECT_API_AUTH_STRING where it runs, and start it."
        elif problem is None and not self._session.is_login(SecretStr(str(body.get("login", "")))):
            problem = "That is not the login of Prefect. It has a user, a colon and a password."
        if problem is not None:
            return refused(problem, HTTPStatus.UNAUTHORIZED)
        answer = JSONResponse({"go": _within(body.get("to"))})
        cookie = self._session.begin(operators.normalised(typed or ""))
        answer.set_cookie(COOKIE, cookie, max_age=LASTS_S, path="/", secure=True, httponly=True, samesite="strict")
        return answer

    async def logout(self, _: Request) -> Response:
        """End the session in this browser."""
        answer = JSONResponse({"go": "/"})
        answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
        return answer

    async def start(self, request: Request) -> Response:
        """Start a rotation."""
        return await self._done(request, self._start)

    async def take(self, request: Request) -> Response:
        """Take a rotation's forms upon oneself."""
        return await self._done(request, self._take)

    async def answer(self, request: Request) -> Response:
        """Answer the form that waits."""
        return await self._done(request, self._answer)

    async def challenge(self, request: Request) -> Response:
        """What a passkey signs to answer so."""
        return await self._done(request, self._challenge)

    async def examine(self, request: Request) -> Response:
        """Examine every credential now."""
        return await self._done(request, self._examine)

    async def _done(self, request: Request, act: Callable[[str, Body, Mapping[str, str]], Body]) -> Response:
        wait_s = self._acts.wait_s(address_of(request))
        if wait_s:
            return refused(later(wait_s), HTTPStatus.TOO_MANY_REQUESTS)
        name = self.name_of(request)
        if not name:
            return refused(LOG_IN, HTTPStatus.UNAUTHORIZED)
        body = await body_of(request)
        try:
            return JSONResponse(await to_thread.run_sync(act, name, body, request.path_params))
        except Refused as problem:
            return refused(str(problem), problem.code)
        except RekeyError as error:
            return refused(f"It was not done. {error}", HTTPStatus.BAD_GATEWAY)

    def _start(self, _: str, body: Body, path: Mapping[str, str]) -> Body:
        credential = load_catalog(self._settings.catalog).get(path["name"])
        reason = body.get("reason")
        if reason not in {one.value for one in Reason} - {Reason.MISROTATION}:
            raise Refused("Choose why it is rotated.", HTTPStatus.BAD_REQUEST)
        with Prefect(timeout_s=ACT_TIMEOUT_S) as prefect:
            parameters = {"credential": credential.name, "reason": reason}
            run = prefect.start(f"rotate/{credential.name}", parameters)
        return {"go": f"/credentials/{credential.name}/runs/{run}"}

    def _examine(self, _: str, __: Body, ___: Mapping[str, str]) -> Body:
        with Prefect(timeout_s=ACT_TIMEOUT_S) as prefect:
            run = prefect.start(HEALTH, {"credential": "all", "depth": "full"})
        where = f"{self._settings.prefect_ui_url}/runs/flow-run/{run}"
        return {"told": "Every credential is being examined: this page shows what is found.", "where": where}

    def _take(self, name: str, body: Body, path: Mapping[str, str]) -> Body:
        ledger, known, credential = self._open(path["rotation"])
        taker = known.taken.facts.taker if known.taken else ""
        why = str(body.get("why", "")).strip()
        if taker == name:
            return {"told": "You have it already."}
        if taker != str(body.get("instead_of", "")):
            raise Refused(f"{taker or 'Nobody'} has it now: look at the page again.")
        if taker and not why:
            raise Refused(f"Say why you take it over from {taker}.", HTTPStatus.BAD_REQUEST)
        if len(why) > LONGEST_REASON:
            raise Refused(f"Say it in {LONGEST_REASON} characters.", HTTPStatus.BAD_REQUEST)
        ledger.append(
            Action.TAKEN,
            rotation=path["rotation"],
            credential=credential.name,
            actor=operators.claimed_by(name),
            context={"taker": name, "instead_of": taker, "why": why},
        )
        return {"told": "It is yours: others see that."}

    def _answer(self, name: str, body: Body, path: Mapping[str, str]) -> Body:
        _, credential = self._asked_of(name, body, path)
        run = str(body.get("run", ""))
        with Prefect(timeout_s=ACT_TIMEOUT_S) as prefect:
            values = _values(body, _form_of(prefect, run, body), credential, name)
            if "assertion" in body:
                values[PROOF] = assertion_of(body["assertion"]).text
            try:
                problem = prefect.answer(run, values)
            except (Unreachable, Unclear) as error:
                raise Refused(f"{error} {UNKNOWN}", HTTPStatus.BAD_GATEWAY) from None
        if problem:
            raise Refused(_in_words(problem))
        return {"told": "Taken. rekey reads it now."}

    def _challenge(self, name: str, body: Body, path: Mapping[str, str]) -> Body:
        """What is signed to answer so, and by which passkeys of theirs. The run checks it, and not the console."""
        known, credential = self._asked_of(name, body, path)
        with Prefect(timeout_s=ACT_TIMEOUT_S) as prefect:
            shown = _form_of(prefect, str(body.get("run", "")), body)
        step = next((one.step for one in known.forms.shown if one.form == shown.key), "")
        values = _values(body, shown, credential, name)
        done = act_of(path["rotation"], step, shown.key, hash_of(shown), values, ISSUERS[credential.issuer].fields)
        mine = {one.credential_id: name for one in self.passkeys_of(name)}
        return {"rp": Site.of(self._settings.console_url).host, "challenge": text_of(done.challenge), "known": mine}

    def passkeys_of(self, name: str) -> tuple[Passkey, ...]:
        """The passkeys of whoever is enrolled by this name."""
        ledger = self._reader.ledger
        found = registry.of(ledger).operators.get(name) if ledger and name else None
        return found.passkeys if found else ()

    def _asked_of(self, name: str, body: Body, path: Mapping[str, str]) -> tuple[History, Credential]:
        """The rotation whose form somebody answers. Raises Refused when that is not theirs, or another run's."""
        _, known, credential = self._open(path["rotation"])
        taker = known.taken.facts.taker if known.taken else ""
        if taker != name:
            raise Refused(f"{taker or 'Nobody'} has this rotation. Take it first.")
        status = self._reader.known.open.get(credential.name)
        run = str(body.get("run", ""))
        if status is None or status.rotation != path["rotation"] or not status.run.endswith(f"/{run}"):
            raise Refused("Another run goes on with this rotation now. Look at what this page says, and answer that.")
        return known, credential

    def _open(self, rotation: str) -> tuple[Ledger, History, Credential]:
        """The ledger, this rotation's history and its credential. Raises Refused for one that is not open."""
        ledger = self._reader.ledger
        known = history.of(ledger, rotation) if ledger else History()
        start = next((row for row in known.rows if row.action is Action.STARTED), None)
        catalog = load_catalog(self._settings.catalog)
        credential = catalog.credential.get(start.credential) if start else None
        if ledger is None or credential is None:
            raise Refused("The ledger knows no such rotation.", HTTPStatus.NOT_FOUND)
        if known.ended is not None:
            raise Refused("This rotation is over: there is nothing to answer.")
        return ledger, known, credential


def assertion_of(found: object) -> Assertion:
    """A passkey's signature, as a page sends it. Raises Refused."""
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise Refused(NOT_OURS, HTTPStatus.BAD_REQUEST)
    if found.keys() != {one.name for one in fields(Assertion)}:
        raise Refused(NOT_OURS, HTTPStatus.BAD_REQUEST)
    return Assertion(**found)


def _form_of(prefect: Prefect, run: str, body: Body) -> Shown:
    """The form that the page shows. Raises Refused when the run shows another one, or none."""
    shown = prefect.form_of(run)
    if shown is None or shown.key != body.get("form"):
        raise Refused("This form was answered, or came again. Look at what this page says now, and answer that.")
    return shown


def _values(body: Body, shown: Shown, credential: Credential, name: str) -> dict[str, Any]:
    """What was entered, in this name. Raises Refused for what is not asked for, and for a pair that is not sealed."""
    values = body.get("values")
    properties = shown.schema.get("properties")
    if not isinstance(values, dict) or not isinstance(properties, dict) or not values.keys() <= properties.keys():
        raise Refused("That is no answer to this form: reload the page.", HTTPStatus.BAD_REQUEST)
    plain = values.keys() & set(ISSUERS[credential.issuer].fields)
    if any(values[one] for one in plain):
        raise Refused("The console takes a pair sealed only: reload the page.", HTTPStatus.BAD_REQUEST)
    if not all(isinstance(one, str | bool) for one in values.values()):
        raise Refused("That is no answer to this form: reload the page.", HTTPStatus.BAD_REQUEST)
    sealed = values.get(SEALED)
    return {**{one: value for one, value in values.items() if one != SEALED or sealed}, OPERATOR: name}


def _in_words(problem: str) -> str:
    """Why Prefect's server refuses an entry: the form says what it expects, in single quotes."""
    _, found, told = problem.partition("'")
    expected = told.rpartition("'")[0] if found else ""
    return f"Still missing: {expected}." if expected else "The form does not take that. Look at each field again."


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
        body = await request.json()
    except (JSONDecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
