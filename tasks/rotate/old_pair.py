"""The pair that was replaced: refused before the applications are asked (verify), and proved dead after that (retire).

One proof is several refusals in a row. An issuer may refuse a living pair now and then, so a pair that was accepted a
moment ago has to be refused in several proofs in a row, and an acceptance after the first proof means that it lives.
"""

from __future__ import annotations

from blocks.answer import Answer
from blocks.errors import StepError, Transient
from blocks.issuers.terms import DeathProof
from blocks.ledger.facts import DEAD
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import recording
from blocks.prefect_api.issuers import called, issuer_of, kind_of, overlaps
from blocks.proofs import Record, still_waiting_for
from blocks.secret import Minted
from blocks.settings import read_settings
from blocks.wire.poll import wait_for

# How long one that a person said is ended may go on being accepted before that is told: an issuer takes a moment.
SAID_PATIENCE_S = 15.0
# Proofs in a row once the old pair was not refused at the first one.
AFTER_A_DOUBT = 3


class OldPair:
    """Whether the old pair is dead. ``old`` is None when the vault's pending folder does not hold it any more."""

    def __init__(self, rotation: Rotation, old: Minted | None, new: Minted, record: Record) -> None:
        self._rotation = rotation
        self._old = old
        self._new = new
        self._record = record

    def is_refused(self) -> None:
        """Wait until it is: only then do the applications' answers say anything.

        Raises StepError while it is accepted and when it cannot be asked, Transient while nothing clear is answered.
        """
        if self._old is None:
            self._demand_an_earlier_proof()
            return
        proof = self._asked(self._old)
        if proof.answer is not Answer.YES:
            proof = self._waited_for(self._old)
        self._demand(proof)

    def is_ended(self, *, said: bool) -> Answer:
        """Whether somebody ended it at its issuer; waited for a moment when somebody ``said`` so. It is only looked at.

        Raises StepError when it is the new one that was ended, and Transient when nobody can say.
        """
        if self._old is None:
            return Answer.YES
        proof = self._asked(self._old)
        if said and proof.answer is not Answer.YES:
            proof = self._waited_for(self._old, at_most_s=SAID_PATIENCE_S)
        if said and proof.answer is Answer.UNKNOWN:
            # An issuer that does not answer is waited for as ever.
            proof = self._waited_for(self._old)
        self._demand_that_the_new_one_lives(proof)
        if proof.answer is Answer.UNKNOWN:
            self._demand(proof)
        return proof.answer

    def is_accepted(self) -> Answer:
        """Whether it is accepted, where nobody ended it. It is only looked at.

        Raises StepError when it is the new one that was ended, or when the old one cannot be asked.
        """
        if self._old is None:
            self._demand_an_earlier_proof()
            return Answer.NO
        proof = self._asked(self._old)
        self._demand_that_the_new_one_lives(proof)
        return {Answer.YES: Answer.NO, Answer.NO: Answer.YES}.get(proof.answer, Answer.UNKNOWN)

    def _demand_that_the_new_one_lives(self, proof: DeathProof) -> None:
        if (proof.old, proof.new, proof.control) == (Answer.YES, Answer.NO, Answer.NO):
            self._record.note(disproved=True)
            issuer, ended = called(self._rotation.credential), f"{kind_of(self._rotation.credential).ends}d"
            raise StepError(
                f"The NEW pair {self._new.fingerprint} is refused, and the old pair {self._rotation.old} is accepted: "
                f"the wrong one was {ended} at {issuer}. What runs with the new one is down.",
                f"Make another pair at {issuer} now, choose 'enter another pair', and enter it. Delete nothing there.",
            )

    def is_refused_still(self) -> None:
        """Prove it once more, and only now record it. Raises as ``is_refused`` does."""
        if self._old is None:
            self._demand_an_earlier_proof()
            return
        proof = self._asked(self._old)
        self._demand(self._waited_for(self._old) if proof.answer is Answer.UNKNOWN else proof)
        self._record.note(old_pair=DEAD)
        times = 2 * kind_of(self._rotation.credential).refusals
        self._record.prove(
            f"Old pair {self._rotation.old} is dead: refused {times} times in a row, while the new one is "
            "accepted and a made-up one is refused."
        )

    def _demand_an_earlier_proof(self) -> None:
        # Where retire says so; verify did in ledgers of an older rekey.
        known = recording.history_of(self._rotation)
        if not any(one.old_pair == DEAD for step in (Step.RETIRE, Step.VERIFY) for one in known.of(step)):
            raise StepError(
                f"The old pair {self._rotation.old} is not kept in the vault's pending folder, so its death cannot be "
                "proved.",
                "Check in the dashboard that only the new key exists, then close the rotation with `rekey ledger "
                "close`.",
            )
        self._record.prove("The old pair was proved dead by an earlier run of this rotation.")

    def _asked(self, old: Minted) -> DeathProof:
        return issuer_of(self._rotation.credential).is_dead(self._rotation.credential.realm, old, self._new)

    def _waited_for(self, old: Minted, *, at_most_s: float = float("inf")) -> DeathProof:
        settings, issuer = read_settings(), kind_of(self._rotation.credential)
        proofs: list[DeathProof] = []

        def dead() -> Answer:
            proofs.append(self._asked(old))
            return proofs[-1].answer

        answer = wait_for(
            dead,
            timeout_s=max(min(settings.verify_timeout_s, at_most_s), issuer.dies_within_s),
            interval_s=settings.probe_interval_s,
            in_a_row=AFTER_A_DOUBT,
            report=still_waiting_for("the old pair's death"),
        )
        # The newest one that says so: the last proof may be the first of too few.
        return next(proof for proof in reversed(proofs) if proof.answer is answer)

    def _demand(self, proof: DeathProof) -> None:
        if proof.answer is Answer.NO:
            self._record.note(disproved=True)
            raise StepError(*self._lives_still())
        if proof.answer is not Answer.YES:
            raise Transient(
                f"Whether the old pair is dead is unknown (old {proof.old.value}, new {proof.new.value}, "
                f"never-valid {proof.control.value}).",
                f"{called(self._rotation.credential)} did not answer clearly. Try again; only this proof is missing.",
            )

    def _lives_still(self) -> tuple[str, str]:
        """What is wrong, and what to do."""
        credential, old = self._rotation.credential, self._rotation.old
        if overlaps(credential):
            page = issuer_of(credential).page(credential.realm)
            where = f" at {page}" if page else ""
            return (
                f"{called(credential)} accepts the old pair {old} still: it was not ended, or not yet.",
                f"Look at what lives there{where} and end the old one, then try again.",
            )
        return (
            f"The old pair {old} still opens the account: it was not regenerated, or a second key exists.",
            "Look at the API Keys panel and delete the old key there, then try again.",
        )
