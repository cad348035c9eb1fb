"""Who answered a form: the proof in it is checked by the run itself, whoever has access to Prefect's API.

What does not hold is recorded, and too many of them in a short time hold the rotation and alert: whoever guesses codes
has five guesses in ten minutes.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from prefect.input import RunInput
from prefect.logging import get_run_logger
from pydantic import Field, SecretStr, create_model

from blocks.catalog import load_catalog
from blocks.errors import LedgerError, ProofRefused
from blocks.ledger import lease
from blocks.ledger.operators import normalised
from blocks.ledger.row import Action
from blocks.model.credential import Credential
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.operators import act, assertion, code_secrets, codes, policy, prove, registry
from blocks.operators.act import PROOF, Act
from blocks.operators.passkeys import Site
from blocks.operators.policy import NONE
from blocks.operators.prove import Proof
from blocks.operators.registry import PASSKEY
from blocks.prefect_api import estate, recording
from blocks.prefect_api.issuers import kind_of
from blocks.settings import read_settings
from blocks.vaults.terms import Location
from tasks.person.forms import Signed, asked
from tasks.run import submissions as typed_input
from tasks.run.notify import notify

_FormT = TypeVar("_FormT", bound=RunInput)
# So many proofs that do not hold, within this time, hold a rotation for as long.
MOST_REFUSED, WITHIN = 5, timedelta(minutes=10)
# How a form begins in whose proof rekey itself names its own token (tasks/person/answer_itself.py).
ITSELF = "rekey-itself."
CHANGED = "What was entered was changed in Prefect after it was read."
NO_PROOF = "Nothing proves who answered."
# What a form asks for while the ledger does not say whether operators are enrolled.
UNKNOWN = "unknown"


def wanted(credential: Credential) -> str:
    """What proves who answers a form of it: ``none``, ``code`` or ``passkey``.

    While the ledger does not say who is enrolled, what this process saw last counts. Raises LedgerError without that:
    unknown is no "none".
    """
    if credential.proof == NONE:
        return NONE
    try:
        _seen[credential.name] = policy.wanted(credential, registry.of(recording.open_ledger()))
    except LedgerError:
        known = credential.proof or _seen.get(credential.name)
        if known is None:
            raise
        return known
    return _seen[credential.name]


def asked_for(credential: Credential) -> str:
    """The proof for which a form asks. ``unknown`` while nothing says: it comes all the same, and takes one."""
    try:
        return wanted(credential)
    except LedgerError:
        return UNKNOWN


_seen: dict[str, str] = {}


def with_proof(form: type[_FormT], proof: str) -> type[_FormT]:
    """The form with a field for the proof, where one is asked for."""
    if proof == NONE or not issubclass(form, Signed):
        return form
    console = read_settings().console_url
    told = f"Answer at {console} instead: there your passkey is asked for, and fills this in."
    takes: dict[str, Any] = {"type": "string", "pattern": "^rekey-(act-1|itself)[.]"}
    expected = f"an answer at {console}"
    if proof != PASSKEY:
        told = f"The six digits that your app shows now. At {console} your passkey fills this in."
        takes, expected = {"type": "string", "minLength": codes.DIGITS}, 'six digits in "Proof"'
    name = asked(
        "Your name", "As you are enrolled. What you prove counts.", 10, {"type": "string", "pattern": r"\S"}, "a name"
    )
    fields: Any = {"operator": (str, name), PROOF: (str, asked("Proof", told, 12, takes, expected))}
    if proof == UNKNOWN:
        fields = {PROOF: (str, Field("", title="Proof", description=told, json_schema_extra={"position": 12}))}
    made: Any = create_model(form.__name__, __base__=form, **fields)
    return made  # type: ignore[no-any-return]  # pydantic types it as the base class's metaclass


def shown_by(form: type[RunInput], description: str) -> str:
    """The hash of what this form shows, as it is saved to Prefect."""
    return act.shown(description, form.model_json_schema(by_alias=True))


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer to a form, as a run has read it."""

    step: Step
    run: str
    # The base of the keys under which Prefect keeps the form, and the hash of what that showed.
    key: str
    shown: str
    # What was entered, by the names of the fields.
    values: Mapping[str, Any]


def demand(rotation: Rotation, answer: Answered, itself: str = "") -> Proof | None:
    """Who answered so; None where nothing is asked for, or rekey did by itself, by the token ``itself``.

    Raises ProofRefused; Unreachable while Prefect does not say what was entered, LedgerError while it is not known who
    may answer.
    """
    values = partial(typed_input.values, answer.run, answer.key)
    # Before it is asked what is wanted: a held rotation's own next try must not wait for the ledger.
    if itself and _is(itself, _given(values())):
        return None
    credential = rotation.credential
    proof = wanted(credential)
    if proof == NONE:
        return None
    kept = values()
    kept = kept if isinstance(kept, dict) else {}
    fields = kind_of(credential).fields
    done = act.act_of(rotation.id, answer.step, answer.key, answer.shown, kept, fields)
    _refuse_another(answer.values, kept)
    since = partial(typed_input.age_s, answer.run, answer.key)
    found = _checked(credential, proof, done, _given(kept), normalised(str(kept.get("operator") or "")), since)
    recording.proved(rotation.id, found)
    return found


def _given(kept: Any) -> str:
    return str(kept.get(PROOF) or "").strip() if isinstance(kept, dict) else ""


def _is(itself: str, given: str) -> bool:
    return hmac.compare_digest(given.encode(), f"{ITSELF}{itself}".encode())


def _refuse_another(read: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
    """Raise ProofRefused when Prefect keeps another entry by now than the one that the run has read."""
    if any(_plain(read.get(name)) != value for name, value in kept.items()):
        raise ProofRefused(CHANGED, "Answer the form again.")


def _plain(value: object) -> object:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def pair_in(rotation: Rotation, key: str, values: Mapping[str, Any]) -> str:
    """What of a pair is among these values, sealed or not, by a mark; empty for nothing.

    It may have been shown only once, so it is not deleted because a proof does not hold.
    """
    plain = {name: _plain(value) for name, value in values.items()}
    done = act.act_of(rotation.id, "", key, "", plain, kind_of(rotation.credential).fields)
    if "pair" in done.chosen:
        return f"fingerprint {done.chosen['pair']}"
    return f"sealed, {done.sealed[:12]}" if done.sealed else ""


def refused(rotation: Rotation, key: str, problem: ProofRefused) -> None:
    """Write down that a proof did not hold; after too many of them hold the rotation, and tell people.

    Returns when the next one may be tried. While the ledger takes nothing, it takes no proof either.
    """
    try:
        recording.write(rotation, Action.OPERATOR_REFUSED, {"form": key, "problem": problem.problem})
        rows = recording.open_ledger().rows(rotation=rotation.id, actions=(Action.OPERATOR_REFUSED,))
        newest = [row.at for row in rows[-MOST_REFUSED:]]
        if len(newest) == MOST_REFUSED and newest[-1] - newest[0] <= WITHIN:
            # Its rows are of another clock than this machine's.
            _hold(rotation, newest[-1] + WITHIN - recording.open_ledger().now())
    except LedgerError as error:
        get_run_logger().error("%s", error)


def _hold(rotation: Rotation, left: timedelta) -> None:
    until = time.monotonic() + left.total_seconds()
    minutes = round(WITHIN.total_seconds() / 60)
    reason = f"{MOST_REFUSED} times within {minutes} minutes somebody answered who did not prove to be an operator."
    helps = f"Find out who it was; for {minutes} minutes no form is shown, then it comes again."
    recording.write(rotation, Action.HELD, {"reason": reason, "what_would_help": helps})
    notify(rotation, f"{rotation.credential.name}: somebody who is no operator tries to act", f"{reason} {helps}")
    while time.monotonic() < until:
        lease.demand_not_lost()
        time.sleep(min(1.0, max(0.0, until - time.monotonic())))


def _checked(
    credential: Credential, proof: str, done: Act, given: str, name: str, since: Callable[[], float | None]
) -> Proof:
    ledger, role = recording.open_ledger(), credential.role
    if assertion.is_one(given):
        site = Site.of(read_settings().console_url)
        return prove.by_passkey(ledger, site, done, assertion.read(given), role)
    if proof == PASSKEY or not codes.is_one(given):
        raise ProofRefused(NO_PROOF, f"Answer at {read_settings().console_url}.")
    # A form that was left is read minutes after its answer: a code was good when it was entered.
    age_s = max(0.0, since() or 0.0)
    return prove.by_code(ledger, done, name, given, _secret_of(name), role, age_s=age_s)


def _secret_of(name: str) -> SecretStr:
    """The secret of this operator's codes. Raises ProofRefused without one, and VendorError."""
    place = load_catalog(read_settings().catalog).operators
    found = None
    if place is not None:
        with estate.vault(place).get_client() as client:
            found = code_secrets.secret_of(client, Location(place.environment, place.path), name)
    if found is None:
        raise ProofRefused("No one-time codes are known of that name.", f"Answer at {read_settings().console_url}.")
    return found
