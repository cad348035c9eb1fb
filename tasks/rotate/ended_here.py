"""A rotation that ends before any key was touched: the brakes that it engaged are released, and people are told."""

from __future__ import annotations

from blocks.errors import LedgerError, RekeyError
from blocks.ledger import lease
from blocks.ledger.row import Action
from blocks.ledger.trading import left_on
from blocks.model.rotation import Decision, Rotation
from blocks.model.step import Step
from blocks.prefect_api import estate, recording
from blocks.prefect_api.recording import recorded
from blocks.vaults import pending
from tasks.brakes import brakes, found_before
from tasks.person.tell_end import tell_end, trading
from tasks.run import sealing


def ended_here(rotation: Rotation, reason: str) -> Decision:
    """Release the brakes that this rotation engaged, and close it: no key was touched."""
    goes_on = "trading goes on as before" if rotation.credential.brakes else "nothing was touched"
    told, helps = f"The rotation is over, and {goes_on}.", ""
    unknown: list[str] = []
    try:
        with recorded(rotation, Step.RESUME) as record:
            brakes.off(rotation, record)
            unknown = found_before.unknown(rotation)
        if unknown:
            helps = f"Look at the brakes: {left_on([], unknown)}."
            told = f"The rotation is over. {helps}"
    except RekeyError as error:
        helps = "Release the brakes by hand: trading is not proved to be on again."
        told = f"The rotation is over, but trading is NOT proved to be on again: {error} Release the brakes by hand."
    told += _copy_deleted(rotation)
    over = f"{rotation.credential.name}: the rotation is over"
    tell_end(rotation, over, f"{reason} {told} {'' if unknown else trading(rotation)}".strip(), good=not helps)
    try:
        recording.write(rotation, Action.ABORTED, {"reason": f"{reason} {told}", "what_would_help": helps})
    except LedgerError as error:
        told = f"{told} The ledger does not say so: {error} Then end it there with `rekey ledger close`."
    return Decision(stopped=f"{reason} {told}")


def ended_unstopped(rotation: Rotation, reason: str, by: str) -> str:
    """Close a rotation that stopped nothing yet, as the operator ``by`` decided; return the sentence that says so."""
    left = sealing.destroy(rotation)
    told = f"{reason} No key was touched, and nothing was stopped. {left}".strip()
    tell_end(rotation, f"{rotation.credential.name}: the rotation is over", told)
    try:
        recording.write(rotation, Action.ABORTED, {"reason": told}, operator=by)
    except RekeyError as error:
        return f"{told} The ledger does not say so: {error} Then end it there with `rekey ledger close`."
    return told


def _copy_deleted(rotation: Rotation) -> str:
    """Delete the copy of the current pair that pause kept, and the sealing key; a sentence when they stay."""
    place = rotation.credential.vault
    sealing.forget(rotation)
    try:
        lease.prove()
        with estate.vault(place).get_client() as client:
            pending.drop(client, place, [rotation.old], sealed_in=rotation.id)
    except RekeyError as error:
        folder = pending.folder_of(place).path
        return f" A copy of the current pair is left in the vault's folder {folder}, where nobody reads it: {error}"
    return ""
