"""Judge: whether what was brought in is the new pair of this credential.

Its issuer is asked, and a person only what no issuer can say (tasks/rotate/doubt.py). A pair that is not the right one
leads back to the form with the reason; it stays staged until a right one is validated. One that belongs to another
credential is put aside for that.
"""

from __future__ import annotations

from blocks.errors import Unopened
from blocks.issuers.terms import Wrong
from blocks.model.rotation import Rotation, Snapshot, Submission, Todo, Verdict
from blocks.proofs import Record
from blocks.secret import Minted
from blocks.text import markdown
from blocks.vaults import pending
from tasks.lookout import misrotation
from tasks.rotate.bring_in import Brought
from tasks.rotate.whose import Elsewhere, wrong_owner


def judge(rotation: Rotation, before: Snapshot | None, brought: Brought, typed: Submission, record: Record) -> Verdict:
    """Accept the pair, or say why not. Raises Transient while its issuer gives no clear answer."""
    pair = brought.pair
    wrong = brought.wrong or wrong_owner(rotation, before, pair, record)
    if wrong is None:
        return Verdict(accepted=pair.fingerprint)
    told = _told(rotation, pair, wrong)
    owner = wrong.owner if isinstance(wrong, Elsewhere) else None
    if owner is not None:
        put_aside = misrotation.by_pair(rotation, owner, pair, typed.operator)
        told = f"{markdown(wrong.problem)}\n\n{put_aside}".rstrip()
    left_here = wrong.misplaced and owner is None
    record.note(accepted=None, rejected=pair.fingerprint, problem=wrong.problem, misplaced=left_here)
    return Verdict(accepted=None, problem=told, todo=wrong.todo)


def judge_what_is_gone(rotation: Rotation, typed: Submission, record: Record) -> Verdict:
    """Nothing is there to judge: an earlier try put the pair aside for another credential, or somebody removed it."""
    aside = misrotation.put_aside(rotation, typed.fingerprint)
    if aside is not None:
        record.note(accepted=None, rejected=typed.fingerprint, problem=aside)
        return Verdict(accepted=None, problem=f"The pair that was entered belongs elsewhere. {aside}")
    problem = (
        f"The pair {typed.fingerprint} that was entered before is neither in Prefect's store nor in the "
        "vault's pending folder any more: somebody removed it. Click Regenerate once more and enter the new "
        "pair."
    )
    record.note(accepted=None, rejected=typed.fingerprint, problem=problem)
    return Verdict(accepted=None, problem=problem, todo=Todo.REGENERATE)


def judge_what_does_not_open(typed: Submission, error: Unopened, record: Record) -> Verdict:
    """What was sealed was read once, and the key is gone since then."""
    problem = f"The pair {typed.fingerprint} that was entered before cannot be opened again. {error}"
    record.note(accepted=None, rejected=typed.fingerprint, problem=problem)
    return Verdict(accepted=None, problem=markdown(problem), todo=Todo.COPY)


def _told(rotation: Rotation, pair: Minted, wrong: Wrong) -> str:
    """Markdown, for the form."""
    if not wrong.worth_keeping:
        return markdown(wrong.problem)
    folder = pending.folder_of(rotation.credential.vault)
    until = "until somebody takes it out" if wrong.misplaced else "until a right one is validated"
    return (
        f"{markdown(wrong.problem)} What you entered is kept in the vault's folder `{folder.path}` "
        f"({folder.environment}) as fingerprint `{pair.fingerprint}` {until}."
    )
