"""Mint: shows the form in the paused run, and waits for the pair that a person mints; or lets the issuer's API do it.

Looks first at the ledger: a pair that was entered before and is not judged yet is not asked for again, nor one that was
put aside for this credential by another one's rotation. Returns where Prefect keeps what was typed, never the secret
itself. While the form is open, the current pairs are looked after (tasks/lookout/lookout.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from pydantic import SecretStr

from blocks.errors import ProofRefused, Stopped, Unopened
from blocks.issuers.interface import Issuer
from blocks.issuers.terms import By, Situation
from blocks.model.rotation import Rotation, Snapshot, Submission, Verdict
from blocks.model.step import Step
from blocks.operators.policy import NONE
from blocks.prefect_api import recording
from blocks.prefect_api.issuers import issuer_of, kind_of
from blocks.prefect_api.recording import recorded
from blocks.proofs import Record
from blocks.secret import fingerprint
from tasks.lookout import way_back
from tasks.lookout.lookout import Lookout, died_at
from tasks.person import left_form, prove
from tasks.person.ask import Renewed, ask, forget, whose_entry
from tasks.person.asks import asks
from tasks.person.forms import PairEntry, entry_of, sealed_of, secret_of, stops
from tasks.person.problem import in_a_form
from tasks.person.question import INCOMPLETE, Question
from tasks.person.tell_end import trading
from tasks.rotate.instructions import Form, instructions
from tasks.rotate.mint_by_api import minted_by_api
from tasks.rotate.whose import expected_account
from tasks.run import entered, entries
from tasks.run import submissions as typed_input
from tasks.run.typed_name import UNKNOWN, name_of

STEP = Step.AWAIT_HUMAN_INPUT
AWAITED = "the new pair"


@asks(STEP)
def mint(rotation: Rotation, before: Snapshot | None, last: Verdict) -> Submission:
    """Pause the flow run until the operator submits a pair. ``last`` says why an earlier one was not accepted.

    Where the issuer's own API mints, no person is asked.
    """
    if kind_of(rotation.credential).traits.minted_by is By.API:
        return minted_by_api(rotation)
    with recorded(rotation, STEP) as record:
        earlier = _found(rotation)
        if earlier is not None:
            _note(record, earlier)
            if _is_new(rotation, earlier) and earlier.operator != UNKNOWN:
                # No row names whoever entered it: the run that showed the form was gone.
                record.decided_by(earlier.operator)
            record.prove(f"{earlier.operator} entered pair {earlier.fingerprint} before; it is judged now.")
            return earlier
        way_back.demand_a_choice(rotation)
        typed = _asked_for(rotation, before, last)
        _note(record, typed)
        record.decided_by(typed.operator)
        record.prove(f"{typed.operator} entered a pair with fingerprint {typed.fingerprint}.")
        return typed


def _is_new(rotation: Rotation, found: Submission) -> bool:
    """Whether it was entered into a form that no run came to read."""
    known = recording.history_of(rotation).forms
    return found.key not in known.read and any(one.form == found.key for one in known.shown)


def _found(rotation: Rotation) -> Submission | None:
    """A pair that was entered before, by whoever proves to have entered it; or says so, where nothing is to prove."""
    found = entries.not_judged_yet(rotation)
    own = left_form.form_of(rotation, STEP)
    is_own = found is not None and own is not None and found.key == own[0]
    if is_own and left_form.is_readable(rotation, STEP, _with_all_fields(rotation)):
        # It is read as an answer to a process that lives. What cannot be read so is no less a pair, nor less to prove.
        return None
    if found is None or not _is_new(rotation, found):
        return found
    if prove.wanted(rotation.credential) == NONE:
        recording.claimed(rotation.id, found.operator)
        return found
    form = next(one for one in recording.history_of(rotation).forms.shown if one.form == found.key)
    try:
        proof = prove.demand(
            rotation, prove.Answered(STEP, found.flow_run_id, found.key, form.shown, _values_of(rotation, found))
        )
        who = proof.who if proof else None
    except ProofRefused as problem:
        prove.refused(rotation, found.key, problem)
        who = whose_entry(rotation, f"fingerprint {found.fingerprint}", str(problem))
    if who is not None:
        return replace(found, operator=who)
    typed_input.forget(found.flow_run_id, found.key)
    return None


def _values_of(rotation: Rotation, found: Submission) -> Mapping[str, Any]:
    """What was entered with this pair: what is proved is what is read here. Raises ProofRefused for another pair."""
    values = typed_input.values(found.flow_run_id, found.key)
    read = entered.pair_of(rotation, values, found.key)
    if read is None or read.pair.fingerprint != found.fingerprint:
        raise ProofRefused(prove.CHANGED, "Answer the form again.")
    return dict(values)


def _asked_for(rotation: Rotation, before: Snapshot | None, last: Verdict) -> Submission:
    """What was entered. Raises Stopped when the operator stops, and the old pair is proved to live."""
    first, awaited = _lost(rotation, last)
    problem, returns, told = first, True, False
    adopts: type[PairEntry] | None = _with_all_fields(rotation)
    while True:
        may_stop = way_back.is_open(rotation)
        issuer = issuer_of(rotation.credential)
        known = _situation(rotation, issuer, before, last)
        text = partial(_text, rotation, issuer, known, Form(rotation.credential, may_stop, not returns))
        form = entry_of(rotation.credential, kind_of(rotation.credential), may_stop=may_stop)
        question = Question(form, STEP, text, awaited, may_be_left=True, adopts=adopts)
        adopts = None
        lookout = Lookout(rotation, STEP, lacks_the_way_back=not may_stop)
        try:
            with lookout:
                entry, key = ask(rotation, replace(question, problem=problem, told=told, renewed=lookout.renews))
        except Renewed:
            # That it comes again was told. What was so when it was asked for last is no problem any more.
            problem, returns, told = first, True, True
            continue
        told = False
        try:
            typed = _submission(rotation, entry, key)
        except Unopened as why:
            # It stays with Prefect until a pair is validated: the key may come back.
            problem, returns = in_a_form(str(why)), True
            continue
        if typed is not None:
            return typed
        forget(rotation, key)
        # Past the server's check the form can come without a pair, too.
        if not stops(entry):
            problem, returns = INCOMPLETE, True
            continue
        why_not = way_back.why_not(rotation)
        if why_not is None:
            raise Stopped(f"{name_of(entry.operator)} stopped here, before anybody clicked.", "No key was touched.")
        # It may name a foreign address, and stands right above the link to the dashboard.
        problem, returns = in_a_form(why_not), False


def _with_all_fields(rotation: Rotation) -> type[PairEntry]:
    """The form with the switch that ends the rotation, which it may have had when it was answered."""
    return entry_of(rotation.credential, kind_of(rotation.credential), may_stop=True)


def _lost(rotation: Rotation, last: Verdict) -> tuple[str | None, str]:
    """What the first form says is wrong, and what is waited for: also that what was sealed before does not open."""
    problem = None if last.problem else entries.does_not_open(rotation)
    if problem is None:
        return last.problem, AWAITED
    told = f"A pair was entered sealed while no run was there to read it, and it does not open any more. {problem}"
    return in_a_form(told), f"{AWAITED} once more: what was entered sealed does not open any more"


def _submission(rotation: Rotation, entry: PairEntry, key: str) -> Submission | None:
    """Where what was entered is, by its fingerprint; None for an entry without a pair.

    Raises Unopened for a sealed one that does not open, and the vault's errors while it does not give the key.
    """
    secret, sealed = secret_of(entry), sealed_of(entry)
    if sealed:
        pair = entered.opened(rotation, sealed, key)
        secret = pair.secret if pair else SecretStr("")
    if not secret.get_secret_value():
        return None
    how = entered.SEALED if sealed else entered.PLAIN
    return Submission(rotation.flow_run_id, key, fingerprint(secret), name_of(entry.operator, secret), how)


def _text(rotation: Rotation, issuer: Issuer, known: Situation, form: Form, problem: str | None) -> str:
    """What the form says now. It may come again by itself: who clicked meanwhile must not be told to click again."""
    may_stop = form.may_stop and way_back.is_open(rotation)
    now = replace(form, may_stop=may_stop, stands=trading(rotation))
    return instructions(now, issuer, replace(known, died_at=_died_at(rotation)), problem)


def _situation(rotation: Rotation, issuer: Issuer, before: Snapshot | None, last: Verdict) -> Situation:
    """What stays as it is while the form is open."""
    realm = rotation.credential.realm
    return Situation(
        issuer.page(realm),
        realm,
        expected_account(rotation, before),
        before,
        is_dead=rotation.old_is_dead,
        todo=last.todo,
        grace=issuer.traits.lives_on(rotation.reason),
    )


def _note(record: Record, typed: Submission) -> None:
    record.note(form=typed.key, run=typed.flow_run_id, fingerprint=typed.fingerprint, operator=typed.operator)
    record.note(entry=typed.entry)


def _died_at(rotation: Rotation) -> datetime | None:
    """When the old pair was refused first, if it was seen while a form waited."""
    died = died_at(rotation)
    return datetime.fromisoformat(died) if died else None
