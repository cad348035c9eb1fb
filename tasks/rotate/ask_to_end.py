"""Asks a person to end the old pair at its issuer, once everything runs with the new one, and looks whether that is so.

Looks first at the old pair: one that is refused already, by an earlier try or because somebody was quick, is not asked
for. Nothing is down while the form waits, because both pairs live.
"""

from __future__ import annotations

from functools import partial

from blocks.answer import Answer
from blocks.issuers.ending import Ending
from blocks.issuers.interface import Issuer
from blocks.ledger.row import Action
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import recording
from blocks.prefect_api.recording import NOTED
from blocks.proofs import Record
from blocks.secret import Minted
from blocks.text import markdown
from tasks.lookout.lookout import Lookout
from tasks.person.ask import ask_openly
from tasks.person.forms import Signed, agreed
from tasks.person.problem import in_a_form
from tasks.person.question import Question
from tasks.rotate.old_pair import OldPair
from tasks.run.notify import notify
from tasks.run.typed_name import name_of

STEP = Step.RETIRE
AWAITED = "the old pair to be {ended}"


class OldPairEnded(Signed):
    """That the old pair is ended; rekey proves it."""

    ended: bool = agreed("I ended the old one there", "rekey proves that it is dead, and that the new one lives.", 0)


def ended_by_a_person(rotation: Rotation, issuer: Issuer, pairs: tuple[Minted, Minted], record: Record) -> None:
    """Ask until the old pair is refused; ``pairs`` are the old one and the new one.

    Raises what ``OldPair.is_ended`` raises: the new one was deleted instead, or nobody can say.
    """
    death, ended = OldPair(rotation, *pairs, record), f"{issuer.ends}d"
    problem: str | None = None
    operator, told = "", False
    while death.is_ended(said=bool(operator)) is not Answer.YES:
        if operator:
            problem = _works_still(rotation, issuer, operator)
            told = _tell(rotation, problem)
        with Lookout(rotation, STEP):
            text = partial(_text, rotation, issuer, _ending(rotation, issuer, pairs))
            entry = ask_openly(
                rotation, Question(OldPairEnded, STEP, text, AWAITED.format(ended=ended), problem=problem, told=told)
            )
        operator = name_of(entry.operator)
        record.decided_by(operator)
        record.prove(f"{operator} said that the old pair {rotation.old} is {ended} at {issuer.called}.")


def _works_still(rotation: Rotation, issuer: Issuer, operator: str) -> str:
    """That it was not ended, though somebody said so, and where to end it."""
    page = issuer.page(rotation.credential.realm)
    return (
        f"{operator} said that the old pair {rotation.old} is {issuer.ends}d, and {issuer.called} accepts it still: it "
        f"was not {issuer.ends}d, or not yet. {issuer.ends.capitalize()} it at {page or issuer.called}, then answer "
        "this form again."
    )


def _tell(rotation: Rotation, problem: str) -> bool:
    """Say so at once, in the ledger and to people; whether these heard it. Raises LedgerError."""
    recording.write(rotation, Action.STEP, {"step": STEP, "outcome": NOTED, "proofs": [problem]})
    return notify(rotation, f"{rotation.credential.name}: the old pair works still", problem)


def _ending(rotation: Rotation, issuer: Issuer, pairs: tuple[Minted, Minted]) -> Ending:
    old, new = pairs
    page = issuer.page(rotation.credential.realm)
    return Ending(page, old.fingerprint, new.fingerprint, issuer.shown(old), issuer.shown(new))


def _text(rotation: Rotation, issuer: Issuer, ending: Ending, problem: str | None) -> str:
    returned = f"### Not yet\n\n{in_a_form(problem)}\n\n" if problem else ""
    return f"""{returned}### {rotation.credential.name}: {issuer.ends} the old one now

Everything runs with the new pair `{ending.new}`, and the old pair `{ending.old}` is used by nothing that rekey knows. \
Nothing is down meanwhile, and nothing is lost if this waits.

{issuer.ending(ending)}

**What happens next:** rekey asks {markdown(issuer.called)} until the old one is refused and the new one is accepted, \
and this rotation is over. If the old one is accepted still, this form comes back and says so.
"""
