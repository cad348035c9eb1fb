"""A pair that somebody else put into the vault while a rotation went on: is it written over, and does it stay kept?

It may be newer than the validated one, and nobody may know it any more: what lives is not written over, and what may
live is kept beside it, also when the rotation is over.
"""

from __future__ import annotations

from blocks.answer import Answer
from blocks.errors import StepError
from blocks.ledger.row import Action
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import recording
from blocks.prefect_api.issuers import called
from blocks.prefect_api.recording import NOTED
from blocks.proofs import Record
from blocks.secret import Minted
from blocks.vaults import pending
from tasks.vault.changed import put_back
from tasks.watch.look_for_death import lives


def demand_that_it_may_go(rotation: Rotation, current: Minted, accepted: str, record: Record) -> None:
    """Return when the vault's pair may be written over; what is known of a strange one is proved and noted before.

    Raises StepError for one that lives and that is none of this rotation's.
    """
    mark = current.fingerprint
    if mark in _own(rotation, accepted):
        return
    credential = rotation.credential
    answer, issuer, place = lives(credential, current), called(credential), credential.vault
    told = f"The vault held pair {mark}, which is none of this rotation's"
    if answer is Answer.YES:
        raise StepError(
            f"The vault holds pair {mark}, which is neither the old pair nor the validated {accepted}, and {issuer} "
            "accepts it: somebody put it there meanwhile, and rekey does not write over it.",
            "Find out who. If that pair is to stay, choose 'enter another pair' and enter it; otherwise put the "
            f"validated one into its place {put_back(place, pending.names_of(place, accepted))}, and choose 'retry "
            "this step'.",
        )
    if answer is Answer.NO:
        record.prove(f"{told}, and {issuer} refuses it: it is dead, and written over.")
        return
    kept = (
        f"{told}, and {issuer} does not say whether it lives: it is kept in {pending.folder_of(place)}, also when this "
        "rotation is over. Find out who put it there."
    )
    # Before it is written over: a run that is killed in between would not know it any more.
    context = {"step": Step.STORE, "outcome": NOTED, "stray": mark, "proofs": [kept]}
    recording.write(rotation, Action.STEP, context)
    record.prove(kept)


def _own(rotation: Rotation, accepted: str) -> set[str]:
    """What the vault may hold by this rotation's own doing: what it accepted, and the pair from before its entry.

    A run that goes on takes whatever the vault holds for the old pair, so the newest word on that is no measure.
    """
    known = recording.history_of(rotation)
    entered = next(
        (row.sequence for row in known.rows if accepted in {row.facts.fingerprint, row.facts.accepted}), None
    )
    before = [row.facts for row in known.rows if entered is None or row.sequence <= entered]
    olds = [one.old for one in before if one.old and one.step in {Step.PREFLIGHT, Step.AWAIT_HUMAN_INPUT}]
    return {accepted, *known.pairs.accepted, olds[-1] if olds else rotation.old}
