"""Answers the form with which a rotation waits, for whoever took it; signed where that is asked for.

The run itself checks everything again; what is refused here is refused before anything is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from http import HTTPStatus
from typing import Any

from blocks.catalog import load_catalog
from blocks.errors import Unclear, Unreachable
from blocks.free_text import secret_in
from blocks.ledger import history
from blocks.ledger.history import History
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.model.credential import Credential
from blocks.model.step import Step
from blocks.operators import act, policy, registry
from blocks.operators.act import PROOF, SEALED
from blocks.operators.assertion import Assertion
from blocks.operators.passkeys import Passkey, Site
from blocks.sealed.keys import text_of
from blocks.sealed.run_input import filled_in
from blocks.settings import Settings
from deployments.console.known import Reader
from deployments.console.waiting_form import OPERATOR
from deployments.local.ask_prefect import Prefect, Shown

Body = Mapping[str, Any]
# A busy Prefect takes its time.
ACT_TIMEOUT_S = 20.0
UNKNOWN = "Whether it arrived is unknown: if this page still asks in a moment, press Submit again."
ANSWERED = "This form was answered, or came again. Look at what this page says now, and answer that."
# What Prefect says to the second of two who answer at the same moment (3.8.8).
NOT_PAUSED = "not paused"
NOT_OURS = "That is nothing that this page sends: reload it."


class Refused(Exception):
    """An act that is not done, with the sentence that says why and what to do."""

    def __init__(self, problem: str, code: HTTPStatus = HTTPStatus.CONFLICT) -> None:
        super().__init__(problem)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which rotation waits, and which of its runs."""

    rotation: str
    credential: Credential
    known: History
    run: str


@dataclass(frozen=True, slots=True)
class _Entry:
    """What somebody answers, and to which form."""

    asked: _Asked
    step: str
    shown: Shown
    values: dict[str, Any]

    @property
    def act(self) -> act.Act:
        """As it is signed."""
        shown = act.shown(self.shown.description, self.shown.schema)
        minted = tuple(self.asked.credential.vault.names)
        return act.act_of(self.asked.rotation, self.step, self.shown.key, shown, self.values, minted)


class Answering:
    """The answers of one console."""

    def __init__(self, settings: Settings, reader: Reader) -> None:
        self._settings = settings
        self._reader = reader
        self._site = Site.of(settings.console_url)

    def challenge(self, name: str, body: Body, path: Mapping[str, str]) -> Body:
        """What this operator's passkey signs, and which passkeys are theirs."""
        asked = self._asked(name, body, path["rotation"])
        with Prefect(timeout_s=ACT_TIMEOUT_S) as prefect:
            entry = _entry(prefect, asked, body, name)
        known = {one.credential_id: name for one in usable(self._reader.ledger, name, self._site.host)}
        return {"rp": self._site.host, "challenge": text_of(entry.act.challenge), "known": known}

    def passkeys_of(self, name: str) -> tuple[Passkey, ...]:
        """The passkeys of whoever is enrolled by this name, as far as they sign on this console."""
        ledger = self._reader.ledger
        found = registry.of(ledger).operators.get(name) if ledger and name else None
        return found.passkeys_at(self._site.host) if found else ()

    def answer(self, name: str, body: Body, path: Mapping[str, str]) -> Body:
        """Fill in the form."""
        asked = self._asked(name, body, path["rotation"])
        with Prefect(timeout_s=ACT_TIMEOUT_S) as prefect:
            entry = _entry(prefect, asked, body, name)
            proof = {PROOF: assertion_of(body["assertion"]).text} if "assertion" in body else {}
            try:
                problem = prefect.answer(asked.run, {**entry.values, **proof})
            except (Unreachable, Unclear) as error:
                raise Refused(f"{error.problem} {UNKNOWN}", HTTPStatus.BAD_GATEWAY) from None
        if problem:
            raise Refused(_in_words(problem))
        return {"told": "Taken. rekey reads it now."}

    def _asked(self, name: str, body: Body, rotation: str) -> _Asked:
        """The rotation whose form this person answers. Raises Refused when it is not theirs, or another run's.

        An approval is nobody's alone: somebody else gives it than whoever has the rotation.
        """
        _, known, credential = open_rotation(self._settings, self._reader, rotation)
        taker = known.taken.facts.taker if known.taken else ""
        newest = known.forms.newest
        if taker != name and not (newest and newest.step == Step.APPROVE and newest.form == body.get("form")):
            raise Refused(f"{taker or 'Nobody'} has this rotation. Take it first.")
        status, run = self._reader.known.open.get(credential.name), str(body.get("run", ""))
        if status is None or status.rotation != rotation or not status.run.endswith(f"/{run}"):
            raise Refused("Another run goes on with this rotation now. Look at what this page says, and answer that.")
        return _Asked(rotation, credential, known, run)


def usable(ledger: Ledger | None, name: str, host: str) -> tuple[Passkey, ...]:
    """The passkeys that a browser can offer here. Raises Refused when all of this operator's are of another host."""
    found = registry.of(ledger).operators.get(name) if ledger and name else None
    here = found.passkeys_at(host) if found else ()
    if found and found.passkeys and not here:
        former = " and ".join(sorted({one.host for one in found.passkeys}))
        told = f"The passkeys of {name} are of {former}, and this console is at {host}: none of them signs here."
        raise Refused(f"{told} {policy.anew([name])}")
    return here


def _entry(prefect: Prefect, asked: _Asked, body: Body, name: str) -> _Entry:
    """What this person answers. Raises Refused when the page showed another form than the one that waits now."""
    shown = prefect.form_of(asked.run)
    if shown is None or shown.key != body.get("form"):
        raise Refused(ANSWERED)
    step = next((one.step for one in asked.known.forms.shown if one.form == shown.key), "")
    return _Entry(asked, step, shown, {**_values(body, shown, asked.credential), OPERATOR: name})


def open_rotation(settings: Settings, reader: Reader, rotation: str) -> tuple[Ledger, History, Credential]:
    """The ledger, this rotation's history and its credential. Raises Refused for one that is not open."""
    ledger = reader.ledger
    known = history.of(ledger, rotation) if ledger else History()
    start = next((row for row in known.rows if row.action is Action.STARTED), None)
    credential = load_catalog(settings.catalog).credential.get(start.credential) if start else None
    if ledger is None or credential is None:
        raise Refused("The ledger knows no such rotation.", HTTPStatus.NOT_FOUND)
    if known.ended is not None:
        raise Refused("This rotation is over: there is nothing to answer.")
    return ledger, known, credential


def _values(body: Body, shown: Shown, credential: Credential) -> dict[str, Any]:
    """What was entered. Raises Refused for what the form does not ask for, and for a pair that is not sealed."""
    values, properties = body.get("values"), shown.schema.get("properties")
    if not isinstance(values, dict) or not isinstance(properties, dict) or not values.keys() <= properties.keys():
        raise Refused(NOT_OURS, HTTPStatus.BAD_REQUEST)
    if not all(isinstance(one, str | bool) for one in values.values()):
        raise Refused(NOT_OURS, HTTPStatus.BAD_REQUEST)
    if any(values.get(one) for one in credential.vault.names):
        raise Refused("The console takes a pair sealed only: reload the page.", HTTPStatus.BAD_REQUEST)
    secret = next(filter(None, map(secret_in, act.texts_of(values, tuple(credential.vault.names)))), None)
    if secret:
        raise Refused(secret, HTTPStatus.BAD_REQUEST)
    # An empty one is none: a form takes a proof or a sealed text, or does not ask for it.
    entered = {name: value for name, value in values.items() if value or name not in {PROOF, SEALED}}
    return filled_in(shown.schema, entered) if SEALED in entered else entered


def assertion_of(found: object) -> Assertion:
    """A passkey's signature, as a page sends it. Raises Refused."""
    if not isinstance(found, dict) or found.keys() != {one.name for one in fields(Assertion)}:
        raise Refused(NOT_OURS, HTTPStatus.BAD_REQUEST)
    if not all(isinstance(one, str) for one in found.values()):
        raise Refused(NOT_OURS, HTTPStatus.BAD_REQUEST)
    return Assertion(**found)


def _in_words(problem: str) -> str:
    """Why Prefect's server refuses an entry: the form says what it expects, in single quotes."""
    if NOT_PAUSED in problem:
        return ANSWERED
    _, found, told = problem.partition("'")
    expected = told.rpartition("'")[0] if found else ""
    return f"Still missing: {expected}." if expected else "The form does not take that. Look at each field again."
