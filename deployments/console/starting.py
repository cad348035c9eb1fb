"""Starts a rotation, lets somebody take the forms of one, and closes one by hand: signed where that is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from blocks import free_text
from blocks.catalog import load_catalog
from blocks.ledger import operators
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action, Row
from blocks.model.credential import Credential
from blocks.model.rotation import Reason
from blocks.operators import outside
from blocks.operators.act import Act
from blocks.operators.outside import CLOSE, TAG, TAKE
from blocks.settings import Settings
from deployments.cli import closing
from deployments.console.answering import ACT_TIMEOUT_S, Body, Refused, open_rotation
from deployments.console.known import Reader
from deployments.console.signing import ActOf, Signing
from deployments.local.ask_prefect import Prefect

Path = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Taking:
    """Who takes which rotation, and instead of whom."""

    ledger: Ledger
    # What was the newest of such rows when it was looked: of two who press at the same moment only one has it.
    newest: Row | None
    credential: Credential
    rotation: str
    by: str
    instead_of: str
    why: str

    def act(self, form: str) -> Act:
        """As it is signed."""
        return outside.act_of(TAKE, form, self.rotation, self.facts)

    @property
    def facts(self) -> dict[str, str]:
        """As it is recorded."""
        return {"taker": self.by, "instead_of": self.instead_of, "why": self.why}


class Starting:
    """What is done on one console with a rotation as a whole."""

    def __init__(self, settings: Settings, reader: Reader) -> None:
        self._settings = settings
        self._reader = reader
        self.signing = Signing(settings, reader)

    def start(self, name: str, body: Body, path: Path) -> Body:
        """Start a rotation."""
        credential, reason = self._what_to_start(body, path)
        started = partial(_started, name, credential.name, reason)
        proof = self.signing.proof(name, credential, body, started)
        form = str(body["form"]) if proof else ""
        with Prefect(timeout_s=ACT_TIMEOUT_S) as prefect:
            parameters = {"credential": credential.name, "reason": reason}
            tag = f"{TAG}{form}" if proof else ""
            run = prefect.start(f"rotate/{credential.name}", parameters, name=form, tag=tag)
        return {"go": f"/credentials/{credential.name}/runs/{run}"}

    def challenge_of_start(self, name: str, body: Body, path: Path) -> Body:
        """What a passkey signs to start it."""
        credential, reason = self._what_to_start(body, path)
        return self.signing.asked(name, partial(_started, name, credential.name, reason))

    def _what_to_start(self, body: Body, path: Path) -> tuple[Credential, str]:
        is_open = path["name"] in self._reader.known.open
        credential = load_catalog(self._settings.catalog, as_it_is=True).get(path["name"], is_open=is_open)
        reason = body.get("reason")
        if not isinstance(reason, str) or reason not in {one.value for one in Reason} - {Reason.MISROTATION}:
            raise Refused("Choose why it is rotated.", HTTPStatus.BAD_REQUEST)
        return credential, reason

    def take(self, name: str, body: Body, path: Path) -> Body:
        """Take a rotation's forms upon oneself."""
        found = self._what_to_take(name, body, path)
        if found is None:
            return {"told": "You have it already."}
        proof = self.signing.proof(name, found.credential, body, found.act)
        proved = {"role": proof.role, "how": proof.how, "proved_in": proof.row} if proof else {}
        taken = found.ledger.append_if_newest(
            Action.TAKEN,
            rotation=found.rotation,
            credential=found.credential.name,
            actor=proof.actor if proof else operators.claimed_by(name),
            context={**found.facts, **proved},
            newest=found.newest,
        )
        if taken is None:
            raise Refused("Somebody else took it at the same moment: look at the page again.")
        return {"told": "It is yours: others see that."}

    def challenge_of_taking(self, name: str, body: Body, path: Path) -> Body:
        """What a passkey signs to take it."""
        found = self._what_to_take(name, body, path)
        if found is None:
            raise Refused("You have it already: reload the page.")
        return self.signing.asked(name, found.act)

    def close(self, name: str, body: Body, path: Path) -> Body:
        """End a rotation of which no run lives, by hand."""
        ledger, credential, closed = self._what_to_close(name, body, path)
        start = ledger.open_start(credential.name)
        if start is None or start.rotation != path["rotation"]:
            raise Refused("Another rotation began meanwhile: look at the inbox.")
        closing.demand_no_run(self._settings, credential.name)
        proof = self.signing.proof(name, credential, body, closed)
        proved = {"role": proof.role, "how": proof.how, "proved_in": proof.row} if proof else {}
        actor = proof.actor if proof else operators.claimed_by(name)
        facts = {"reason": str(body["reason"]).strip(), "operator": name, **proved}
        return {"told": " ".join(closing.close(self._settings, ledger, start, actor, facts))}

    def challenge_of_closing(self, name: str, body: Body, path: Path) -> Body:
        """What a passkey signs to end it."""
        return self.signing.asked(name, self._what_to_close(name, body, path)[2])

    def _what_to_close(self, name: str, body: Body, path: Path) -> tuple[Ledger, Credential, ActOf]:
        ledger, _, credential = open_rotation(self._settings, self._reader, path["rotation"])
        reason = str(body.get("reason") or "").strip()
        problem = free_text.problem_of(reason)
        if problem:
            raise Refused(problem, HTTPStatus.BAD_REQUEST)
        return ledger, credential, partial(_closed, name, path["rotation"], reason)

    def _what_to_take(self, name: str, body: Body, path: Path) -> _Taking | None:
        """None when it is this person's already. Raises Refused."""
        ledger, _, credential = open_rotation(self._settings, self._reader, path["rotation"])
        # Before the history is read again: see ``_Taking``.
        newest = ledger.newest(credential=credential.name, actions=(Action.TAKEN,))
        _, known, _ = open_rotation(self._settings, self._reader, path["rotation"])
        taker = known.taken.facts.taker if known.taken else ""
        why = str(body.get("why", "")).strip()
        if taker == name:
            return None
        if taker != str(body.get("instead_of", "")):
            raise Refused(f"{taker or 'Nobody'} has it now: look at the page again.")
        if taker and not why:
            raise Refused(f"Say why you take it over from {taker}.", HTTPStatus.BAD_REQUEST)
        problem = free_text.problem_of(why) if why else None
        if problem:
            raise Refused(problem, HTTPStatus.BAD_REQUEST)
        return _Taking(ledger, newest, credential, path["rotation"], name, taker, why)


def _closed(operator: str, rotation: str, reason: str, form: str) -> Act:
    return outside.act_of(CLOSE, form, rotation, {"reason": reason, "operator": operator})


def _started(operator: str, credential: str, reason: str, form: str) -> Act:
    return outside.started(form, credential, reason, operator)
