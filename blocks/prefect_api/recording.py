"""Writes what a step did and proved to the ledger, to the run's log and to Prefect's events, in one place."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any, Protocol

from prefect.events import emit_event
from prefect.logging import get_run_logger

from blocks import doing
from blocks.errors import LeaseLost, LedgerError, RekeyError
from blocks.issuer_kinds import words_of
from blocks.ledger import history, lease, outcomes
from blocks.ledger.history import History
from blocks.ledger.ledger import Ledger
from blocks.ledger.operators import claimed_by
from blocks.ledger.row import Action, Row
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.operators.prove import Proof
from blocks.prefect_api.block_cache import CACHE
from blocks.prefect_api.leave import FormLeft
from blocks.proofs import Record
from blocks.settings import read_settings
from blocks.wire import witnesses

# What of a row is written for people.
PROOFS = "proofs"
SENTENCES = ("problem", "reason", "what_would_help", "awaited")
DONE, FAILED, WAITING, NOTED = outcomes.DONE, outcomes.FAILED, outcomes.WAITING, outcomes.NOTED


class Shown(Protocol):
    """Whoever shows people where the rotation of this run stands."""

    def began(self, rotation: Rotation, step: Step) -> None:
        """A step begins."""

    def is_patient(self, told: str) -> None:
        """What was begun last is tried again only later, as ``told``."""

    def wrote(self, row: Row) -> None:
        """The ledger has a new row."""


shown_by: ContextVar[Shown | None] = ContextVar("who shows this run", default=None)


# By rotation and name: what an operator proved in this process, last.
_proofs: dict[tuple[str, str], Proof] = {}


def proved(rotation: str, proof: Proof) -> None:
    """From now on what this operator decides in this rotation is by them, and no claim."""
    _proofs[rotation, proof.who] = proof


def claimed(rotation: str, name: str) -> None:
    """A name was typed where nothing has to be proved: it is a claim."""
    _proofs.pop((rotation, name), None)


def open_ledger() -> Ledger:
    """The ledger that the settings name."""
    return Ledger(read_settings().ledger_url)


@contextmanager
def recorded(rotation: Rotation, step: Step, *, subject: str | None = None) -> Iterator[Record]:
    """Record a step: its outcome, its proofs, its seconds and the hosts that answered in it, also when it fails.

    ``subject`` tells the parts of one step apart (a consumer of propagate).
    """
    with witnesses.heard(), _recorded(rotation, step, subject) as record:
        yield record


@contextmanager
def _recorded(rotation: Rotation, step: Step, subject: str | None) -> Iterator[Record]:
    said = words_of(rotation.credential).said
    record, page = Record(said), shown_by.get()
    if page is not None:
        page.began(rotation, step)
    started = time.monotonic()
    outcome, problem = FAILED, ""
    try:
        with CACHE.once(), doing.begun(rotation, step, subject):
            yield record
        outcome, problem = DONE, ""
    except FormLeft as left:
        # It is no end of the step: the form stays open.
        outcome = NOTED
        record.note(form_left=left.form)
        record.prove(str(left))
        raise
    except RekeyError as error:
        error.say(said)
        problem = str(error)
        raise
    except BaseException as error:
        # A signal, a bug, a cancelled run. Only the kind: the text of a foreign error may hold anything.
        problem = f"Stopped by {type(error).__name__}."
        raise
    finally:
        context: dict[str, Any] = {
            "step": step,
            "outcome": outcome,
            "seconds": round(time.monotonic() - started, 3),
            "proofs": record.proofs,
            **record.facts,
        }
        if subject:
            context["subject"] = subject
        if problem:
            context["problem"] = problem
        with _borne() if outcome == NOTED else nullcontext():
            write(rotation, Action.STEP, context, operator=record.operator)


@contextmanager
def _borne() -> Iterator[None]:
    """A ledger that is away keeps no form from being left: watch notes it, too."""
    try:
        yield
    except (LeaseLost, LedgerError) as error:
        get_run_logger().warning("That the form was left is not recorded yet: %s", error)


def write(rotation: Rotation, action: Action, context: Mapping[str, Any], *, operator: str | None = None) -> Row:
    """One row in the ledger, and the same as a Prefect event. Raises LeaseLost when another run acts for it now.

    It is by rekey, unless it records what a person decided who typed the name ``operator``, or proved to be that one.
    """
    name = rotation.credential.name
    context = _said(context, words_of(rotation.credential).said)
    actor = claimed_by(operator) if operator else rotation.actor
    proof = _proofs.get((rotation.id, operator)) if operator else None
    if proof is not None:
        actor = proof.actor
        context = {**context, "role": proof.role, "how": proof.how, "proved_in": proof.row}
    row = open_ledger().append(
        action, rotation=rotation.id, credential=name, actor=actor, context=context, lease=lease.current(name)
    )
    announce(row)
    return row


def _said(facts: Mapping[str, Any], said: Callable[[str], str]) -> dict[str, Any]:
    """With its sentences in the words of the credential's issuer."""
    return {key: _in_words(key, value, said) for key, value in facts.items()}


def _in_words(key: str, value: Any, said: Callable[[str], str]) -> Any:
    if key == PROOFS:
        return [said(one) for one in value]
    return said(value) if key in SENTENCES and isinstance(value, str) else value


def announce(row: Row) -> None:
    """Emit a ledger row as a Prefect event, so that automations can react to it, and let the run's page show it."""
    page = shown_by.get()
    if page is not None:
        page.wrote(row)
    emit_event(
        event=row.action.value,
        resource={"prefect.resource.id": f"rekey.credential.{row.credential}", "prefect.resource.name": row.credential},
        payload={"rotation": row.rotation, "actor": row.actor, "ledger_sequence": row.sequence, **row.context},
    )


def history_of(rotation: Rotation) -> History:
    """What the ledger says of this rotation now. Raises LedgerError."""
    return history.of(open_ledger(), rotation.id)
