"""The point of no return: from where on the old pair is dead, or may be, by this rotation's own doing.

Where minting ends the old pair that is the form which asks for the new one: what fails from then on is held, with the
brakes on. Where both live until the old one is retired it is retire: what fails before that stops nobody, and ends the
run with the old pair in use.
"""

from __future__ import annotations

from prefect.logging import get_run_logger

from blocks.answer import Answer
from blocks.errors import LedgerError, RekeyError
from blocks.issuers.terms import By
from blocks.ledger import lease
from blocks.ledger.row import Action
from blocks.model.rotation import Decision, Rotation
from blocks.model.step import Step
from blocks.prefect_api import estate, recording
from blocks.prefect_api.issuers import called, kind_of, overlaps, words_of
from blocks.prefect_api.recording import NOTED
from blocks.vaults import pending
from tasks.rotate.mint_by_api import discarded, label_of
from tasks.run import sealing
from tasks.run.notify import notify
from tasks.watch.look_for_death import lives


def begin(rotation: Rotation, ended_by: By | None) -> None:
    """Write down that the old pair is ended now, before anything ends it. Raises LedgerError: then nothing may."""
    kind = kind_of(rotation.credential)
    told = {
        By.PERSON: f"A person is asked to {kind.ends} the old pair {rotation.old} now.",
        By.API: f"The old pair {rotation.old} is revoked now.",
        None: f"The old pair {rotation.old} is left to the clock of {called(rotation.credential)}.",
    }[ended_by]
    recording.write(rotation, Action.STEP, {"step": Step.RETIRE, "outcome": NOTED, "proofs": [told]})


def is_passed(rotation: Rotation) -> bool:
    """Whether the old pair may be dead. A ledger that does not answer says nothing: then it may."""
    if not overlaps(rotation.credential):
        return True
    try:
        history = recording.history_of(rotation)
    except LedgerError:
        return True
    if history.died_at or any(row.facts.step == Step.RETIRE for row in history.rows):
        return True
    return rotation.old_is_dead or _is_refused(rotation)


def _is_refused(rotation: Rotation) -> bool:
    """Whether its issuer clearly refuses the old pair: somebody ended it too early, and what uses it is down."""
    credential = rotation.credential
    try:
        with estate.vault(credential.vault).get_client() as client:
            current, in_flight = pending.look_at_both(client, credential.vault)
        is_current = current.pair.fingerprint == rotation.old
        old = current.pair if is_current else in_flight.find(credential.vault, rotation.old)
        return old is not None and lives(credential, old) is Answer.NO
    except RekeyError:
        return False


def ended_before(rotation: Rotation, reason: str) -> Decision:
    """End the run with the old pair in use: nothing was stopped, and nobody has to decide.

    Before the new pair is stored the rotation is over with it; after that the next start goes on.
    """
    name = rotation.credential.name
    in_use = f"The old pair {rotation.old} is still in use, and nothing was stopped."
    if _is_stored(rotation):
        told = f"{in_use} Start the rotation of {name} again: it goes on where it stood."
        action, helps = Action.HELD, "Start the rotation again: it goes on where it stood."
    else:
        told = f"{in_use} The rotation is over.{_staged_deleted(rotation)}"
        action, helps = Action.ABORTED, ""
    notify(rotation, f"{name} was not rotated", f"{reason} {told}")
    try:
        recording.write(rotation, action, {"reason": f"{reason} {told}", "what_would_help": helps})
    except LedgerError as error:
        told = f"{told} The ledger does not say so: {error}"
    return Decision(stopped=words_of(rotation.credential).said(f"{reason} {told}"))


def _is_stored(rotation: Rotation) -> bool:
    """Whether the vault may hold the new pair. One that does not answer says nothing: then it may.

    The vault is asked and not the ledger: a run may have ended between that write and its row.
    """
    try:
        with estate.vault(rotation.credential.vault).get_client() as client:
            return pending.current(client, rotation.credential.vault).fingerprint != rotation.old
    except RekeyError:
        return True


def _staged_deleted(rotation: Rotation) -> str:
    """Delete what is in flight: nobody uses it. A sentence about a new pair that lives at its issuer all the same."""
    entered: list[str] = []
    by_api = kind_of(rotation.credential).traits.minted_by is By.API
    sealing.forget(rotation)
    try:
        history = recording.history_of(rotation)
        entered = [one.fingerprint for one in history.of(Step.AWAIT_HUMAN_INPUT) if one.fingerprint]
        lease.prove()
        with estate.vault(rotation.credential.vault).get_client() as client:
            pending.drop(client, rotation.credential.vault, [rotation.old, *entered], sealed_in=rotation.id)
            in_use = pending.current(client, rotation.credential.vault)
    except RekeyError as error:
        get_run_logger().warning("%s", error)
        folder = pending.folder_of(rotation.credential.vault).path
        if by_api:
            listed = f"Whatever is listed as {label_of(rotation)!r} at {called(rotation.credential)} has to be deleted"
            return f" Whatever was minted is left in the vault's folder {folder}. {listed}: nobody uses it."
        return f" What was entered is left in the vault's folder {folder}."
    if by_api:
        return discarded(rotation, in_use)
    if not entered:
        return ""
    return f" Nobody uses the pair that was entered ({', '.join(entered)}): delete it at {called(rotation.credential)}."
