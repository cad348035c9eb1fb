"""Validate: brings what was typed into the vault (bring_in.py), then judges it (judge.py).

Looks first at Prefect's store and at the vault, so that a try after another goes on where that one stood.
"""

from __future__ import annotations

from prefect import task

from blocks.errors import Unopened
from blocks.model.rotation import Rotation, Snapshot, Submission, Verdict
from blocks.model.step import Step
from blocks.prefect_api.issuers import kind_of
from blocks.prefect_api.recording import recorded
from blocks.secret import Minted
from tasks.rotate.bring_in import bring_in, forget_earlier_entries
from tasks.rotate.judge import judge, judge_what_does_not_open, judge_what_is_gone
from tasks.run import policy


@task(name=Step.VALIDATE.value, **policy.AFTER_THE_CLICK)
def validate(rotation: Rotation, before: Snapshot | None, typed: Submission) -> Verdict:
    """Say whether the typed pair is the new pair of this credential, or with which sentence the form comes back.

    Raises Transient while the vault or the issuer gives no clear answer: what was typed stays where it is.
    """
    with recorded(rotation, Step.VALIDATE) as record:
        try:
            brought = bring_in(rotation, typed, record)
        except Unopened as error:
            return judge_what_does_not_open(typed, error, record)
        if brought is None:
            return judge_what_is_gone(rotation, typed, record)
        verdict = judge(rotation, before, brought, typed, record)
        if verdict.accepted is not None:
            forget_earlier_entries(rotation, typed)
            record.note(accepted=verdict.accepted, **_shown(rotation, brought.pair))
        return verdict


def _shown(rotation: Rotation, pair: Minted) -> dict[str, str]:
    """What may be shown of the pair beside its fingerprint, for the ledger."""
    shown = kind_of(rotation.credential).shown(pair)
    return {f"{shown.field}_ends": shown.end} if shown else {}
