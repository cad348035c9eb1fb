"""What the ledger says of the pairs that were entered: which one waits to be judged, and where Prefect may hold one."""

from __future__ import annotations

from collections.abc import Iterable

from blocks.ledger import deaths
from blocks.ledger.ledger import Action, Row
from blocks.model.rotation import Rotation, Submission
from blocks.model.step import Step
from blocks.prefect_api import recording
from blocks.prefect_api.recording import DONE, WAITING
from tasks.run import submissions as typed_input

STEP = Step.AWAIT_HUMAN_INPUT
PUT_ASIDE = "put-aside"
UNKNOWN_OPERATOR = "somebody whose name was lost"


def not_judged_yet(rotation: Rotation) -> Submission | None:
    """What was entered last, if validate did not end after it: the vault or Alpaca failed, or the run was killed.

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
    accepted = None
    for row in _rows(rotation):
        context = row.context
        if row.action is Action.MISROTATION:
            # Staged in the vault for this credential; Prefect's store holds it no more, under no key.
            if context["fingerprint"] != accepted:
                aside = Submission(rotation.flow_run_id, PUT_ASIDE, context["fingerprint"], context["operator"])
        elif context.get("outcome") == DONE and context.get("step") == STEP:
            waiting = Submission(context["run"], context["form"], context["fingerprint"], context["operator"])
        elif context.get("outcome") == DONE and (context.get("step") == Step.VALIDATE or context.get("another_pair")):
            waiting, accepted = None, context.get("accepted") or accepted
            # Another entry that is refused says nothing of the pair that was put aside.
            if context.get("accepted") or (aside and context.get("rejected") == aside.fingerprint):
                aside = None
    return waiting, aside


def forms_of(rotation: Rotation) -> list[tuple[str, str]]:
    """Run and form of everything that may have been typed for this rotation."""
    rows = recording.open_ledger().rows(rotation=rotation.id)
    shown = [row.context for row in rows if row.context.get("step") == STEP and "form" in row.context]
    return sorted({(str(one["run"]), str(one["form"])) for one in shown if "run" in one and one["form"] != PUT_ASIDE})


def questions_of(rotation: Rotation) -> list[tuple[str, str]]:
    """Run and form of everything that was asked in this rotation and holds no secret."""
    rows = recording.open_ledger().rows(rotation=rotation.id)
    asked = [row.context for row in rows if row.context.get("outcome") == WAITING and row.context.get("step") != STEP]
    return [(str(one["run"]), str(one["form"])) for one in asked if "run" in one and "form" in one]


def left_on_purpose(rows: list[Row]) -> set[str]:
    """The pairs that work and belong elsewhere, of this rotation and of every one before: each was shown only once.

    One that was accepted later belongs here after all.
    """
    left: set[str] = set()
    for row in rows:
        if row.context.get("misplaced") and "rejected" in row.context:
            left.add(str(row.context["rejected"]))
        left.discard(str(row.context.get("accepted")))
    return left


def entered_elsewhere(rotation: Rotation, marks: Iterable[str]) -> set[str]:
    """Those of these pairs that were entered for other credentials and may be this one's, newer than the accepted one.

    Such a pair is put aside in the vault before the ledger knows for whom, so what is deleted is none of them.
    """
    ledger = recording.open_ledger()
    ended = ledger.newest(credential=rotation.credential.name, actions=(Action.COMPLETED,))
    own = [row for row in ledger.rows(rotation=rotation.id) if not _is_aside(row, rotation)]
    judged = {str(row.context[one]) for row in own for one in ("accepted", "rejected") if row.context.get(one)}
    accepted_at = max((row.sequence for row in own if row.context.get("accepted")), default=0)
    found: set[str] = set()
    for mark in set(marks) - judged:
        rows = ledger.rows(actions=(Action.STEP, Action.MISROTATION), after=ended.sequence if ended else 0, naming=mark)
        rows = [row for row in rows if row.context.get("fingerprint") == mark]
        told = [row.sequence for row in rows if _is_aside(row, rotation)]
        # What was put aside before a pair was accepted is older than that one, or verify had found it dead.
        if min(told, default=accepted_at) < accepted_at:
            continue
        if told or any(_is_entered_for_another(row, rotation) for row in rows):
            found.add(mark)
    return found


def _is_aside(row: Row, rotation: Rotation) -> bool:
    """Whether it says that a pair was put aside for this rotation's credential."""
    is_one = row.action is Action.MISROTATION and row.context.get("killed") == rotation.credential.name
    return is_one and bool(row.context.get("fingerprint"))


def _is_entered_for_another(row: Row, rotation: Rotation) -> bool:
    is_entered = row.context.get("step") == STEP and row.context.get("outcome") == DONE
    return is_entered and row.credential != rotation.credential.name


def _rows(rotation: Rotation) -> list[Row]:
    ledger = recording.open_ledger()
    aside = [row for row in deaths.unsettled(ledger, rotation.credential.name) if row.context.get("fingerprint")]
    own = [row for row in ledger.rows(rotation=rotation.id) if row.action is Action.STEP]
    return sorted([*aside, *own], key=lambda row: row.sequence)


def _known_to_prefect_only(rotation: Rotation) -> Submission | None:
    """What was submitted last into a form that no run came to read. The accepted pair is not judged again.

    A rejected one is: its fingerprint is the secret's, and with the wrong key ID the right secret was refused.
    """
    rows = [row.context for row in recording.open_ledger().rows(rotation=rotation.id)]
    read = {row["form"] for row in rows if row.get("step") == STEP and row.get("outcome") == DONE}
    accepted = {row.get("accepted") for row in rows}
    for row in reversed(rows):
        run, form = row.get("run"), row.get("form")
        if row.get("step") != STEP or row.get("outcome") != WAITING or not (run and form) or form in read:
            continue
        pair = typed_input.read(str(run), str(form))
        if pair is not None and pair.fingerprint not in accepted:
            return Submission(str(run), str(form), pair.fingerprint, UNKNOWN_OPERATOR)
    return None
