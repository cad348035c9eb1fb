"""Preflight: everything that can fail is proved before the dashboard link is shown.

Looks first at the ledger: an unfinished rotation of this credential is continued, one that runs elsewhere is left
alone. Then asks all questions at once and reports all failures together. Changes nothing that a consumer reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from prefect import task
from pydantic import SecretStr

from blocks.answer import Answer
from blocks.catalog import load_catalog
from blocks.consumers.interface import Consumer
from blocks.errors import Refused, RekeyError, Transient
from blocks.ledger.row import Action
from blocks.model.credential import Credential
from blocks.model.rotation import Reason, Rotation
from blocks.model.step import Step
from blocks.operators.policy import NONE
from blocks.prefect_api import estate, recording
from blocks.prefect_api.issuers import called, issuer_of, kind_of
from blocks.prefect_api.recording import recorded
from blocks.proofs import Record
from blocks.secret import Minted
from blocks.settings import read_settings
from blocks.vaults import pending
from blocks.vaults.pending import InFlight
from blocks.wire.parallel import all_at_once
from tasks.consumers import other_places, writers
from tasks.person import prove
from tasks.person.tell_not_begun import tell_not_begun
from tasks.rotate import failures, refused_pair
from tasks.rotate.failures import Check
from tasks.rotate.tell_syncs import tell_syncs
from tasks.run import claim, control, entries, keys, policy, questions, sealing, snapshot_file
from tasks.run.as_it_is import demand_readable_catalog
from tasks.run.current import current_pair
from tasks.run.entry import entry_of
from tasks.run.unrecorded import adopted
from tasks.vault import held
from tasks.watch.look_for_death import lives


@task(name=Step.PREFLIGHT.value, **policy.STEP)
def preflight(name: str, reason: Reason) -> Rotation:
    """Prove that this rotation can be carried through; return what the other steps need to know of it.

    Raises CatalogError for an unknown or a disabled credential, and for a catalog that cannot be read as it is;
    StepError with all failures together, or Transient with all of them when each may pass by itself.
    """
    credential = entry_of(name)
    demand_readable_catalog(credential)
    rotation = claim.rotation_of(credential, reason)
    try:
        with recorded(rotation, Step.PREFLIGHT) as record:
            rotation = _proved(rotation, record)
            record.note(old=rotation.old, old_is_dead=rotation.old_is_dead, siblings=_siblings(rotation))
    except RekeyError as error:
        is_over = not error.transient and not claim.has_begun(rotation)
        sealing.clear(rotation, is_over=is_over)
        if is_over:
            helps = f"Mend what preflight found, then start the rotation of {credential.name} again."
            recording.write(rotation, Action.ABORTED, {"reason": str(error), "what_would_help": helps})
            tell_not_begun(rotation, error)
        raise
    return rotation


def _proved(rotation: Rotation, record: Record) -> Rotation:
    """The rotation with what is known of the current pair. Raises all failures together."""
    credential = rotation.credential
    seen = failures.outcome_of(partial(_look, credential))
    if isinstance(seen, RekeyError):
        # The consumers can be asked all the same.
        others = failures.failures_of(_checks(rotation, None, {}, None, record), record)
        raise failures.together(rotation, [seen, *others])
    current, in_flight = seen
    made = sealing.found_or_made(rotation, in_flight)
    rotation = _where_it_stands(rotation, current, in_flight, record)
    number = failures.outcome_of(partial(_account_of, rotation, current, record))
    rotation = replace(rotation, old_is_dead=rotation.old_is_dead or number is None)
    found = [number] if isinstance(number, RekeyError) else []
    found += failures.failures_of(_checks(rotation, current, made.to_keep, number, record), record)
    if found:
        raise failures.together(rotation, found)
    sealing.note(rotation, made, record)
    return replace(rotation, accepted_before=_still_accepted(rotation, current, record))


def _look(credential: Credential) -> tuple[Minted, InFlight]:
    """The pair that the vault holds now, and those in flight. Raises the vault's errors, StepError for no pair."""
    with estate.vault(credential.vault).get_client() as client:
        current, in_flight = pending.look_at_both(client, credential.vault)
    held.demand_values(credential, current.pair)
    return current.pair, in_flight


def _where_it_stands(rotation: Rotation, current: Minted, seen: InFlight, record: Record) -> Rotation:
    """Which pair is the old one, and whether it can be dead by this rotation's own doing."""
    if current.fingerprint == rotation.accepted_before:
        return rotation
    entered = entries.not_judged_yet(rotation) if rotation.accepted_before is None else None
    if entered is not None and entered.fingerprint == current.fingerprint != rotation.old:
        # An earlier run found it stored already.
        return replace(rotation, may_be_clicked=True, old_is_dead=True)
    found = adopted(rotation, current, seen) if entered is None and rotation.accepted_before is None else None
    if found is None:
        # Until this rotation has stored its own pair, the old one is whatever the vault holds now.
        return replace(rotation, old=current.fingerprint)
    record.prove(found.told)
    return replace(rotation, old=found.old, may_be_clicked=True, old_is_dead=found.old != current.fingerprint)


def _still_accepted(rotation: Rotation, current: Minted, record: Record) -> str | None:
    """The fingerprint that an earlier run validated, if the issuer still accepts it; otherwise the form asks again."""
    if rotation.accepted_before is None:
        return None
    pair: Minted | None = current
    if current.fingerprint != rotation.accepted_before:
        with estate.vault(rotation.credential.vault).get_client() as vault:
            pair = pending.find(vault, rotation.credential.vault, rotation.accepted_before)
    issuer = called(rotation.credential)
    answer = lives(rotation.credential, pair) if pair else Answer.NO
    if answer is Answer.UNKNOWN:
        raise Transient(
            f"{issuer} does not say whether it still accepts the validated pair {rotation.accepted_before}.",
            f"The pair is safe in the vault. Start the rotation again when {issuer} answers.",
        )
    known = "still accepts" if answer is Answer.YES else "no longer accepts"
    if answer is Answer.NO:
        record.note(validated_gone=True)
    record.prove(f"{issuer} {known} pair {rotation.accepted_before}, which an earlier run of this rotation validated.")
    return rotation.accepted_before if answer is Answer.YES else None


def _account_of(rotation: Rotation, pair: Minted, record: Record) -> str | None:
    """The account that the current pair opens; None when it is dead, which only some rotations may begin with."""
    credential = rotation.credential
    problem = known = ""
    try:
        seen = issuer_of(credential).identify(credential.realm, pair)
    except Refused:
        problem = (
            f"{called(credential)} refuses the current {credential.name} pair {pair.fingerprint}: it is dead already."
        )
    if problem:
        if rotation.may_be_clicked:
            refused_pair.note_that_it_died(rotation, pair)
        else:
            known = refused_pair.demand_that_it_may_be_dead(credential, pair, rotation.reason)
        record.prove(f"{problem} Going on, because {_why_forced(rotation)}{known}.")
        return None
    record.prove(f"Current pair {pair.fingerprint} {questions.account(credential, seen)}")
    return seen.subject


def _why_forced(rotation: Rotation) -> str:
    return "this rotation began before" if rotation.may_be_clicked else f"the reason given is '{rotation.reason}'"


def _siblings(rotation: Rotation) -> dict[str, Any]:
    """The accounts of the other credentials, by name: should their keys be regenerated by mistake, they are known.

    One that cannot be read now is left out: it is no reason to stop this rotation.
    """
    others = load_catalog(read_settings().catalog).siblings(rotation.credential.name)

    def seen(one: Credential) -> dict[str, Any]:
        return issuer_of(one).activity(one, current_pair(one)).as_context()

    found = all_at_once([partial(failures.outcome_of, partial(seen, one)) for one in others])
    return {one.name: account for one, account in zip(others, found, strict=True) if isinstance(account, dict)}


def _own_account(rotation: Rotation, pair: Minted, record: Record) -> str:
    """Positions and open orders of a credential with brakes: what snapshot reads when trading is stopped already.

    Noted, should somebody click before the form tells to. Trading that is stopped is no less stopped by a failure here.
    """
    try:
        seen = issuer_of(rotation.credential).activity(rotation.credential, pair)
    except RekeyError:
        if rotation.may_be_clicked or rotation.brakes_began:
            return ""
        raise
    record.note(own_account=seen.as_context())
    return kind_of(rotation.credential).reads(seen)


def _checks(
    rotation: Rotation,
    current: Minted | None,
    to_keep: Mapping[str, SecretStr],
    number: str | RekeyError | None,
    record: Record,
) -> list[Check]:
    """What is asked at once. ``current`` is None when the vault did not tell it; ``number`` is of its account.

    ``to_keep`` is the sealing key that the vault does not have yet, by its name.
    """
    credential = rotation.credential
    checks: list[Check] = []
    begun = rotation.may_be_clicked or rotation.reason is Reason.MISROTATION
    is_down = begun and (rotation.accepted_before is not None or rotation.old_is_dead)
    if current is not None:
        checks.append(partial(questions.vault, credential, current, to_keep, watches=not is_down))
    if rotation.accepted_before is None:
        checks += [partial(control.refuses_made_up, credential, one) for one in kind_of(credential).realms]
    if is_down:
        # The old pair is dead, so consumers may be down: what is wrong with one of them must stop no other any more.
        return [*checks, partial(tell_syncs, rotation)]
    checks.append(partial(questions.not_now, credential))
    if current is not None and not rotation.may_be_clicked:
        checks.append(partial(questions.free_slot, credential, current))
    if not begun and not rotation.brakes_began:
        checks.append(partial(keys.demand_quiet, credential, rotation.reason))
    if not rotation.may_be_clicked and prove.wanted(credential) != NONE:
        checks.append(partial(questions.operators, credential))
    consumers = [one.sharing() for one in credential.consumers]
    checks += [partial(questions.consumer, one) for one in consumers]
    checks += [partial(questions.brake, one) for one in credential.brakes]
    urgent = rotation.may_be_clicked or rotation.reason is not Reason.SCHEDULED  # who knows of a leak waits for nothing
    checks += [partial(questions.lingering, credential, one, urgent=urgent) for one in consumers]
    # Once trading stands still, pause says it, and its form is the place to mend it.
    goes_on = urgent or rotation.brakes_began
    checks += [partial(questions.well, one, urgent=goes_on) for one in consumers]
    checks += [partial(writers.told, one, urgent=goes_on) for one in writers.places(consumers, credential.brakes)]
    checks += [partial(_elsewhere, one) for one in credential.consumers]
    checks += [questions.alerts, partial(snapshot_file.demand_to_come, rotation)]
    if not rotation.old_is_dead and not isinstance(number, RekeyError):
        if current is not None and not rotation.may_be_clicked:
            checks.append(partial(questions.scope, credential, current))
        if current is not None and credential.brakes:
            checks.append(partial(_own_account, rotation, current, record))
        checks += [partial(questions.runtime, credential, one, number) for one in credential.runtimes]
    return checks


def _elsewhere(one: Consumer) -> str:
    """It proves nothing that a rotation needs, so what cannot be looked at stops none."""
    try:
        return other_places.told(one)
    except RekeyError as error:
        return f"{one.label}: whether the names exist elsewhere, too, is unknown: {error.problem}"
