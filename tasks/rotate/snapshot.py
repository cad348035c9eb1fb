"""Snapshot: the account as it is before the click, so that the new pair can be shown to open the same one.

Looks first at the ledger: a continued rotation keeps the snapshot of its first run, because the old pair may be dead
by now. Of a paper account it keeps no money value: its validation needs identity only. A live account must have no open
order; the operator decides about those that there are.
"""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import task

from blocks.answer import Answer
from blocks.errors import Refused, Transient
from blocks.issuers.interface import Issuer
from blocks.ledger import deaths
from blocks.model.rotation import Rotation, Snapshot
from blocks.model.step import Step
from blocks.prefect_api import recording
from blocks.prefect_api.issuers import called, issuer_of, kind_of, words_of
from blocks.prefect_api.recording import recorded
from blocks.proofs import Record
from blocks.secret import Minted
from tasks.lookout import too_early
from tasks.rotate import doubt
from tasks.rotate.whose import expected_account
from tasks.run import outage, policy, snapshot_file
from tasks.run.current import current_pair
from tasks.watch.look_for_death import lives

STEP = Step.SNAPSHOT


@task(name=STEP.value, **policy.STEP)
def snapshot(rotation: Rotation) -> Snapshot | None:
    """Read with the current pair whose it is and, where the issuer tells that, what is open there.

    None when the old pair was dead before the rotation began: then no account can be compared. Raises Stopped when the
    operator does not go on because of open orders.
    """
    earlier = recording.history_of(rotation).of(STEP)
    if earlier:
        # Also when there was none to take: by now the vault may hold the new pair.
        return earlier[0].account
    with recorded(rotation, STEP) as record:
        if rotation.old_is_dead:
            return _of_a_dead_pair(rotation, record)
        try:
            return _taken(rotation, record)
        except Refused as error:
            if error.vendor != called(rotation.credential):
                raise
            refusal = error
        _demand_a_death(rotation, refusal)
        return _of_a_pair_that_just_died(rotation, record)


def _demand_a_death(rotation: Rotation, refusal: Refused) -> None:
    """Only a refusal that is repeated and controlled is a dead pair, as for a key that dies by itself.

    Raises Transient otherwise. Reading orders or positions may also be what is refused, to a pair that lives.
    """
    credential = rotation.credential
    answer = lives(credential, current_pair(credential))
    if answer is Answer.NO:
        return
    name = called(credential)
    if refusal.operation == kind_of(credential).identifies:
        refused = f"{name} refused the current pair {rotation.old} once, and then "
        refused += "accepted it again." if answer is Answer.YES else "gave no clear answer whether it is dead."
    else:
        refused = f"{refusal.problem} "
        refused += (
            "The pair itself is accepted." if answer is Answer.YES else "Whether the pair itself lives is unknown."
        )
    raise Transient(refused, f"It is asked again. If that goes on, look at {name}'s status page.")


def _of_a_dead_pair(rotation: Rotation, record: Record) -> Snapshot | None:
    """What another credential's rotation saw of this account before it killed the pair by mistake, or this one did."""
    known = deaths.snapshot(deaths.unsettled(recording.open_ledger(), rotation.credential.name))
    when = "right before its pair was killed by mistake"
    if known is None:
        # It may have died while this rotation waited for somebody to be ready.
        known, when = _seen_by_preflight(rotation), "when this rotation was checked first"
    if known is None:
        record.prove(f"No snapshot: the old pair is dead. {_what_is_known(rotation)}")
        return None
    # Trading went on until then, so its money is no longer what it was: only whose account it is can be compared.
    known = kind_of(rotation.credential).outdated(known)
    record.note(**known.as_context())
    record.prove(f"Account {known.subject}, as rekey saw it {when}.")
    return known


def _seen_by_preflight(rotation: Rotation) -> Snapshot | None:
    seen = [one.own_account for one in recording.history_of(rotation).of(Step.PREFLIGHT) if one.own_account]
    return Snapshot.from_context(seen[-1]) if seen else None


def _of_a_pair_that_just_died(rotation: Rotation, record: Record) -> Snapshot | None:
    """Somebody clicked Regenerate before the form told to: the account is as preflight saw it a moment ago."""
    at = datetime.now(UTC)
    clicked = words_of(rotation.credential).clicked
    told = f"The old pair {rotation.old} is refused since {at:%H:%M:%S} UTC: {clicked} before the form."
    outage.note(rotation, at, told)
    too_early.tell(rotation)
    known = _seen_by_preflight(rotation)
    if known is None:
        record.prove(f"No snapshot: the old pair just died. {_what_is_known(rotation)}")
        return None
    record.note(**known.as_context())
    known_of = kind_of(rotation.credential).what_is_open
    looked = f" Its {known_of} could not be looked at again." if known_of else ""
    record.prove(f"Account {known.subject}, as preflight saw it.{looked}")
    left = kind_of(rotation.credential).left_open(known)
    if left:
        record.prove(left)
    return known


def _what_is_known(rotation: Rotation) -> str:
    number = expected_account(rotation, None)
    if number is not None:
        return f"The new pair has to open account {number}, which was known before; no more can be compared."
    told = "The new pair's account is reported, not compared."
    return f"{told} Somebody has to say yes to it." if rotation.credential.guarded else told


def _taken(rotation: Rotation, record: Record) -> Snapshot:
    credential = rotation.credential
    issuer, pair = issuer_of(credential), current_pair(credential)
    taken = issuer.activity(credential, pair)
    while credential.brakes and taken.in_flight:
        _out_of_the_way(rotation, issuer, pair, record)
        # What was in the way may have changed what the account holds.
        taken = issuer.activity(credential, pair)
    record.note(**taken.as_context())
    facts = issuer.told_of(taken)
    record.prove(f"Account {taken.subject}{f': {facts}' if facts else '. '}A new pair must open this account.")
    kept = snapshot_file.keep(rotation, taken)
    if kept:
        record.prove(kept)
    return taken


def _out_of_the_way(rotation: Rotation, issuer: Issuer, pair: Minted, record: Record) -> None:
    """Return when nothing is in the way. Raises Stopped when the operator stops, and the issuer's errors."""
    problem: str | None = None
    while (obstacle := issuer.in_the_way(rotation.credential, pair, record)) is not None:
        problem = doubt.demand_none(rotation, obstacle, problem, record)
