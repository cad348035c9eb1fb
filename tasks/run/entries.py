"""What the ledger says of the pairs that were entered: which one waits to be judged, and where Prefect may hold one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from blocks.errors import Unopened
from blocks.ledger import deaths
from blocks.ledger.row import Action, Row
from blocks.model.rotation import Rotation, Submission
from blocks.model.step import Step
from blocks.prefect_api import recording
from tasks.run import entered

STEP = Step.AWAIT_HUMAN_INPUT
PUT_ASIDE = "put-aside"
# What is no form either: an issuer's own API made it, and it was staged at once.
BY_API = "by-api"


def not_judged_yet(rotation: Rotation) -> Submission | None:
    """What was entered last, if validate did not end after it: the vault or the issuer failed, or the run was killed.

    Also a pair that another credential's rotation put aside for this one, and one that only Prefect knows of, because
    the run ended between its submission and the ledger's row. Raises Unreachable while Prefect does not answer.
    """
    waiting, aside = _unjudged(rotation)
    return waiting or aside or _known_to_prefect_only(rotation)


def put_aside(rotation: Rotation) -> Submission | None:
    """The pair that another credential's rotation put aside for this one, if no pair was accepted since."""
    return _unjudged(rotation)[1]


def _unjudged(rotation: Rotation) -> tuple[Submission | None, Submission | None]:
    """What was entered last, and what was put aside last, each if it is not judged yet."""
    waiting: Submission | None = None
    aside: Submission | None = None
    accepted = ""
    for row in _judging(rotation):
        facts = row.facts
        if row.action is Action.MISROTATION:
            # Staged in the vault for this credential; Prefect's store holds it no more, under no key.
            if facts.fingerprint != accepted:
                aside = Submission(rotation.flow_run_id, PUT_ASIDE, facts.fingerprint, facts.operator)
        elif facts.step == STEP:
            entry = facts.entry or entered.PLAIN
            waiting = Submission(facts.run, facts.form, facts.fingerprint, facts.operator, entry)
        else:
            waiting, accepted = None, facts.accepted or accepted
            # Another entry that is refused says nothing of the pair that was put aside.
            if facts.accepted or (aside and facts.rejected == aside.fingerprint):
                aside = None
    return waiting, aside


def forms_of(rotation: Rotation) -> list[tuple[str, str]]:
    """Run and form of everything that may have been typed for this rotation."""
    return sorted({one for one in recording.history_of(rotation).forms.of_pairs if one[1] not in {PUT_ASIDE, BY_API}})


def questions_of(rotation: Rotation) -> list[tuple[str, str]]:
    """Run and form of everything that was asked in this rotation and holds no secret."""
    shown = recording.history_of(rotation).forms.shown
    return [(one.run, one.form) for one in shown if one.step != STEP and one.run and one.form]


def left_on_purpose(rows: Iterable[Row]) -> set[str]:
    """The pairs that work, or may, and belong elsewhere, of this rotation and all before: each was shown only once.

    One that was accepted later belongs here after all.
    """
    left: set[str] = set()
    for facts in (row.facts for row in rows):
        if facts.misplaced and facts.rejected is not None:
            left.add(facts.rejected)
        if facts.stray:
            left.add(facts.stray)
        left.discard(facts.accepted)
    return left


def entered_elsewhere(rotation: Rotation, marks: Iterable[str]) -> set[str]:
    """Those of these pairs that were entered for other credentials and may be this one's, newer than the accepted one.

    Such a pair is put aside in the vault before the ledger knows for whom, so what is deleted is none of them.
    """
    ledger, own = recording.open_ledger(), recording.history_of(rotation).pairs
    ended = ledger.newest(credential=rotation.credential.name, actions=(Action.COMPLETED,))
    found: set[str] = set()
    for mark in set(marks) - own.accepted - own.rejected:
        rows = ledger.rows(actions=(Action.STEP, Action.MISROTATION), after=ended.sequence if ended else 0, naming=mark)
        rows = [row for row in rows if row.facts.fingerprint == mark]
        told = [row.sequence for row in rows if _is_aside(row, rotation)]
        # What was put aside before a pair was accepted is older than that one, or verify had found it dead.
        if min(told, default=own.accepted_by) < own.accepted_by:
            continue
        if told or any(_is_entered_for_another(row, rotation) for row in rows):
            found.add(mark)
    return found


def _is_aside(row: Row, rotation: Rotation) -> bool:
    """Whether it says that a pair was put aside for this rotation's credential."""
    return row.action is Action.MISROTATION and row.facts.killed == rotation.credential.name


def _is_entered_for_another(row: Row, rotation: Rotation) -> bool:
    return row.facts.step == STEP and row.facts.is_done and row.credential != rotation.credential.name


def _judging(rotation: Rotation) -> list[Row]:
    """What was entered and judged here, and what was put aside for it elsewhere, in order."""
    killed = deaths.unsettled(recording.open_ledger(), rotation.credential.name)
    aside = [row for row in killed if row.facts.fingerprint]
    return sorted([*aside, *recording.history_of(rotation).pairs.judging], key=lambda row: row.sequence)


def _known_to_prefect_only(rotation: Rotation) -> Submission | None:
    """What was submitted last into a form that no run came to read. The accepted pair is not judged again.

    A rejected one is: its fingerprint is the secret's, and with the wrong key ID the right secret was refused.
    """
    accepted = recording.history_of(rotation).pairs.accepted
    for run, form in _not_read(rotation):
        found = entered.readable(rotation, run, form)
        if found is not None and found.pair.fingerprint not in accepted:
            return Submission(run, form, found.pair.fingerprint, found.operator, found.entry)
    return None


def _not_read(rotation: Rotation) -> Iterator[tuple[str, str]]:
    """Run and form of each that asked for a pair and that no run came to read, the newest first."""
    known = recording.history_of(rotation).forms
    for one in reversed(known.shown):
        if one.step == STEP and one.run and one.form and one.form not in known.read:
            yield one.run, one.form


def does_not_open(rotation: Rotation) -> Unopened | None:
    """Why what was submitted sealed, into a form that no run came to read, does not open; None without such.

    Raises Unreachable while Prefect does not answer, and the vault's errors.
    """
    for run, form in _not_read(rotation):
        try:
            entered.entered(rotation, run, form)
        except Unopened as error:
            return error
    return None
