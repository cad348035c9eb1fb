"""What the ledger says of the pairs that were entered: which one waits to be judged, and where Prefect may hold one."""

from __future__ import annotations

from blocks import misrotations, recording
from blocks.ledger import Action, Row
from blocks.recording import DONE, WAITING
from blocks.rotation import Rotation, Typed
from tasks import typed as typed_input

STEP = "await_human_input"
PUT_ASIDE = "put-aside"
UNKNOWN_OPERATOR = "somebody whose name was lost"


def not_judged_yet(rotation: Rotation) -> Typed | None:
    """What was entered last, if validate did not end after it: the vault or Alpaca failed, or the run was killed.

    Also a pair that another credential's rotation put aside for this one, and one that only Prefect knows of, because
    the run ended between its submission and the ledger's row. Raises Unreachable while Prefect does not answer.
    """
    waiting: Typed | None = None
    unread: list[Row] = []
    for row in _rows(rotation):
        context = row.context
        if row.action is Action.MISROTATION:
            # Staged in the vault for this credential; Prefect's store holds it no more, under no key.
            waiting = Typed(rotation.flow_run_id, PUT_ASIDE, context["fingerprint"], context["operator"])
        elif context.get("step") == STEP and context.get("outcome") == WAITING:
            unread.append(row)
        elif context.get("outcome") == DONE and context.get("step") == STEP:
            waiting = Typed(context["run"], context["form"], context["fingerprint"], context["operator"])
            unread = []
        elif context.get("outcome") == DONE and (context.get("step") == "validate" or context.get("another_pair")):
            waiting, unread = None, []
    return waiting or _known_to_prefect_only(unread)


def forms_of(rotation: Rotation) -> list[tuple[str, str]]:
    """Run and form of everything that may have been typed for this rotation."""
    rows = recording.open_ledger().rows(rotation=rotation.id)
    shown = [row.context for row in rows if row.context.get("step") == STEP and "form" in row.context]
    return sorted({(str(one["run"]), str(one["form"])) for one in shown if "run" in one and one["form"] != PUT_ASIDE})


def _rows(rotation: Rotation) -> list[Row]:
    ledger = recording.open_ledger()
    aside = [row for row in misrotations.unsettled(ledger, rotation.credential.name) if row.context.get("fingerprint")]
    own = [row for row in ledger.rows(rotation=rotation.id) if row.action is Action.STEP]
    return sorted([*aside, *own], key=lambda row: row.sequence)


def _known_to_prefect_only(unread: list[Row]) -> Typed | None:
    for row in reversed(unread):
        run, form = row.context.get("run"), row.context.get("form")
        pair = typed_input.read(str(run), str(form)) if run and form else None
        if pair is not None:
            return Typed(str(run), str(form), pair.fingerprint, UNKNOWN_OPERATOR)
    return None
