"""Approve: where the catalog asks for that, another operator approves the plan before trading stops or anybody clicks.

Looks first at the ledger: who said yes to this very plan is not asked again. For a team of one the same operator
approves again after a cool-off, of which people were told. Once a key may have been regenerated nothing is held up by a
missing approval, because only the new pair ends the outage: that it is missing is told and recorded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from blocks.catalog import load_catalog
from blocks.errors import StepError
from blocks.ledger.row import Action
from blocks.ledger.trading import clock
from blocks.model.plan import hash_of, plan_of
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.operators import approval
from blocks.operators.approval import DO_NOT, Approval, Said
from blocks.operators.policy import TWO
from blocks.operators.prove import Proof
from blocks.prefect_api import recording
from blocks.prefect_api.recording import NOTED, recorded
from blocks.proofs import Record
from blocks.settings import read_settings
from tasks.person.ask import ask_openly
from tasks.person.asks import asks
from tasks.person.question import Question
from tasks.rotate.approve_form import CHANGED, awaited, choice_in, form_of, text_of
from tasks.rotate.ended_here import ended_here, ended_unstopped
from tasks.run.notify import medium, notify

STEP = Step.APPROVE


def approve(rotation: Rotation) -> str | None:
    """Wait until the plan is approved; return the sentence with which the run ends when somebody ended it, else None.

    Raises StepError when the catalog says something else by now: then nothing was approved.
    """
    return _approve(rotation) if rotation.credential.is_approved else None


@asks(STEP)
def _approve(rotation: Rotation) -> str | None:
    plan = _Plan(rotation, hash_of(plan_of(rotation.credential, rotation.old)))
    with recorded(rotation, STEP) as record:
        if rotation.may_be_clicked or rotation.old_is_dead:
            plan.go_on_all_the_same(record)
            return None
        refused = plan.approved(record)
    return _ended(rotation, refused) if refused else None


@dataclass(frozen=True, slots=True)
class _Plan:
    """The plan of this run, by its hash."""

    rotation: Rotation
    hash: str

    @property
    def now(self) -> Approval:
        """How far it is approved. Raises LedgerError."""
        return approval.now(recording.open_ledger(), self.rotation.credential, self.hash, self.rotation.id)

    def approved(self, record: Record) -> Said | None:
        """Ask until it is approved; return who wants it not done, None for nobody."""
        problem: str | None = None
        while True:
            self._note_who_stands_behind(self.now)
            now = self._told(self.now)
            if now.refused is not None:
                self._by(now.refused, record)
                record.note(choice=DO_NOT, why=now.refused.why)
                record.prove(f"{now.refused.who} ended it: {now.refused.why or 'no reason was given'}.")
                return now.refused
            if now.first is not None and now.second is not None:
                self._demand_that_the_catalog_says_so_still()
                self._is_approved(now.first, now.second, record)
                return None
            text = partial(text_of, self.rotation, now)
            question = Question(form_of(self.hash), STEP, text, awaited(self.rotation, now), problem=problem)
            adopts = question.form if problem is None else None
            asked = replace(question, may_be_left=True, adopts=adopts, not_taken=CHANGED)
            entry = ask_openly(self.rotation, asked)
            problem = self._why_not(now, entry.operator) if choice_in(entry) != DO_NOT else None

    def go_on_all_the_same(self, record: Record) -> None:
        """A key may have been regenerated: say so, and go on."""
        known = recording.history_of(self.rotation).approval
        if known is not None and known.plan == self.hash:
            record.prove(f"{known.approver} approved this plan before.")
            return
        told = (
            "Nobody approved this plan. It is not waited for, because a key may have been regenerated already: only "
            "the new pair ends the outage."
        )
        if not any(one.plan == self.hash for one in recording.history_of(self.rotation).of(STEP)):
            notify(self.rotation, f"{self.rotation.credential.name} goes on without an approval", told)
        record.note(plan=self.hash)
        record.prove(f"{told} Plan {self.hash}.")

    def _why_not(self, before: Approval, operator: str) -> str | None:
        """Why this operator's approval was not enough; None when it was, or was the first of two."""
        now = self.now
        if before.first is None or now.second is not None:
            return None
        if self.rotation.credential.approvals == TWO:
            return (
                f"{operator} stands behind this rotation already. Another operator with the role "
                f"{self.rotation.credential.role} has to approve it; nothing was changed."
            )
        if now.counts_from is None:
            return (
                f"Nobody else could be told yet, so the time did not begin. See that {medium()} takes messages, then "
                "submit this form again."
            )
        return f"That was too early: an approval counts from {clock(now.counts_from)} on. Submit this form again then."

    def _note_who_stands_behind(self, now: Approval) -> None:
        """Where nobody is asked to be ready, the first approval is all that anybody said of this plan.

        Without a row of its rotation watch would close it with a run that died (tasks/watch/look_after.py).
        """
        if now.first is None or recording.history_of(self.rotation).is_backed:
            return
        self._proved(now.first)
        proofs = [f"{now.first.who} stands behind plan {self.hash}."]
        facts = {"step": STEP, "outcome": NOTED, "plan": self.hash, "asked_by": now.first.who, "proofs": proofs}
        recording.write(self.rotation, Action.STEP, facts, operator=now.first.who)

    def _told(self, now: Approval) -> Approval:
        """Tell people that a delayed approval cools off, once: only then the time begins."""
        credential = self.rotation.credential
        if credential.approvals == TWO or now.first is None or now.counts_from or now.refused:
            return now
        minutes = credential.cool_off_minutes
        headline = f"{credential.name} is about to be rotated by {now.first.who} alone"
        text = (
            f"It is approved once more by the same person, in {minutes} min at the earliest. Until then nothing is "
            f'stopped, and no key is touched. Whoever wants it not done chooses "{DO_NOT}" in the form of its page.'
        )
        if not notify(self.rotation, headline, text, keep=False):
            return now
        proofs = [f"People on call were told: {headline}."]
        facts = {"step": STEP, "outcome": NOTED, "cool_off": self.hash, "proofs": proofs}
        recording.write(self.rotation, Action.STEP, facts)
        return self.now

    def _is_approved(self, first: Said, second: Said, record: Record) -> None:
        known = recording.history_of(self.rotation).approval
        record.note(plan=self.hash, asked_by=first.who, approver=second.who)
        if known is not None and (known.plan, known.proved_in) == (self.hash, second.row):
            record.note(proved_in=second.row)
            record.prove(f"{second.who} approved this plan before: it is not asked for again.")
            return
        self._by(second, record)
        record.note(choice=approval.approve(self.hash))
        record.prove(f"{second.who} approved what {first.who} stands behind: plan {self.hash}.")

    def _by(self, said: Said, record: Record) -> None:
        """This operator decided it, and proved that, maybe to an earlier run."""
        self._proved(said)
        record.decided_by(said.who)

    def _proved(self, said: Said) -> None:
        recording.proved(self.rotation.id, Proof(said.who, said.role, said.how, said.row))

    def _demand_that_the_catalog_says_so_still(self) -> None:
        """What was approved is what is done: a form may have been open for hours. Raises StepError, CatalogError."""
        now = load_catalog(read_settings().catalog, as_it_is=True).get(self.rotation.credential.name, is_open=True)
        if hash_of(plan_of(now, self.rotation.old)) != self.hash:
            raise StepError(
                f"The catalog's entry of {now.name} was changed while its approval was waited for: it says something "
                "else than what was approved.",
                "Start the rotation again: it checks the new plan, and asks for its approval.",
            )


def _ended(rotation: Rotation, by: Said) -> str:
    """End the rotation: no key was touched. What an earlier run stopped is released."""
    reason = f"{by.who} did not approve it{f': {by.why}' if by.why else ''}."
    if rotation.brakes_began:
        return str(ended_here(rotation, reason).stopped)
    return ended_unstopped(rotation, reason, by.who)
