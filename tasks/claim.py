"""Whose rotation this is: a new one, an unfinished one to continue, or one that runs elsewhere and is left alone."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from prefect.context import FlowRunContext

from blocks import recording
from blocks.answer import Answer
from blocks.credential import Credential
from blocks.errors import StepError
from blocks.ledger import Ledger, Row
from blocks.prefect_runs import is_over
from blocks.rotation import Reason, Rotation
from blocks.settings import read_settings


def rotation_of(credential: Credential, reason: Reason) -> Rotation:
    """Start or continue the rotation of this credential, and record that.

    Raises StepError when another run that is not over rotates it.
    """
    ledger = recording.open_ledger()
    run_id, run_name = _this_run()
    found = ledger.newest_start(credential.name)
    unfinished = found if found and ledger.open_start(credential.name) else None
    if unfinished and unfinished.context["flow_run_id"] != run_id:
        _refuse_if_running(credential, str(unfinished.context["flow_run_id"]))
    rotation = _rotation(ledger, credential, reason, unfinished, run_id, run_name)
    if not (unfinished and unfinished.context["flow_run_id"] == run_id):
        recording.announce(
            ledger.start(
                rotation=rotation.id,
                credential=credential.name,
                actor=rotation.actor,
                context={"flow_run_id": run_id, "reason": reason.value, "continued": rotation.continued},
                only_after=found,
            )
        )
    return rotation


def _rotation(
    ledger: Ledger, credential: Credential, reason: Reason, unfinished: Row | None, run_id: str, run_name: str
) -> Rotation:
    if unfinished is None:
        now = datetime.now(UTC)
        name = f"r-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        return Rotation(name, credential, reason, run_id, f"prefect run {run_name}", now)
    rows = ledger.rows(rotation=unfinished.rotation)
    done = {row.context["step"]: row.context for row in rows if row.context.get("outcome") == recording.DONE}
    return Rotation(
        unfinished.rotation,
        credential,
        reason,
        run_id,
        # Who entered the pair that is in flight, if somebody did.
        str(done.get("await_human_input", {}).get("operator") or f"prefect run {run_name}"),
        rows[0].at,
        old=done.get("preflight", {}).get("old", ""),
        validated=done.get("validate", {}).get("accepted"),
        # Only from the snapshot on can a dead current pair be this rotation's own doing.
        continued="snapshot" in done,
        paused=any(row.context.get("step") == "pause" for row in rows),
    )


def _this_run() -> tuple[str, str]:
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise StepError("A rotation runs inside a Prefect flow run.", "Start it from its deployment.")
    return str(context.flow_run.id), context.flow_run.name


def _refuse_if_running(credential: Credential, run_id: str) -> None:
    if is_over(run_id) is not Answer.YES:
        raise StepError(
            f"{credential.name} is being rotated by another run: "
            f"{read_settings().prefect_ui_url}/runs/flow-run/{run_id}.",
            "Go on there. If nothing happens in it (its worker was restarted), cancel it there, then start again.",
        )
