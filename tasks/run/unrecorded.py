"""A pair in flight of which the ledger knows nothing: the ledger is gone, or it was restored from an older backup.

Then reality tells where the rotation is. What was typed is in Prefect's store, or staged in the vault's pending folder;
when the vault's own pair is staged there too and another one beside it is dead, the new pair was stored already (of a
credential with brakes only as long as an application has the dead one).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from blocks.answer import Answer
from blocks.errors import Transient
from blocks.ledger.row import Action
from blocks.model.rotation import Rotation, Submission
from blocks.operators import policy, registry
from blocks.prefect_api import prefect_runs, recording
from blocks.prefect_api.issuers import called, issuer_of
from blocks.prefect_api.recording import DONE
from blocks.secret import Minted
from blocks.vaults import pending
from blocks.vaults.pending import InFlight
from blocks.wire.parallel import all_at_once
from tasks.run import entered, entries, typed_name
from tasks.run.entered import Entered

_WHY = "The ledger does not know of it (it is new, or older than reality)"


@dataclass(frozen=True, slots=True)
class Found:
    """The pair to judge, the fingerprint of the pair that it replaces, and a sentence that says where it was."""

    typed: Submission
    old: str
    told: str


def adopted(rotation: Rotation, current: Minted, seen: InFlight) -> Found | None:
    """Find such a pair and record it as entered, so that it is judged instead of asked for again; None without one.

    ``seen`` is what is in flight in the vault. Raises Prefect's errors, and Transient while the issuer does not say
    which pair lives.
    """
    found = _staged(rotation, current, seen) or _typed(rotation, current)
    if found is not None:
        who = found.typed.operator
        # What was proved to the run that showed the form is not known here.
        recording.claimed(rotation.id, who)
        recording.write(
            rotation,
            Action.STEP,
            {
                "step": entries.STEP,
                "outcome": DONE,
                "seconds": 0,
                "form": found.typed.key,
                "run": found.typed.flow_run_id,
                "fingerprint": found.typed.fingerprint,
                "old": found.old,
                "operator": who,
                "entry": "found",
                "proofs": [found.told],
            },
            operator=None if who == typed_name.UNKNOWN else who,
        )
    return found


def _known(rotation: Rotation, marks: Iterable[str]) -> set[str]:
    """Those of the pairs that the ledger knows, in whatever role: what was done with it was done on purpose."""
    ledger, name = recording.open_ledger(), rotation.credential.name
    return {mark for mark in marks for row in ledger.rows(credential=name, naming=mark) if mark in row.facts.pairs}


def _staged(rotation: Rotation, current: Minted, seen: InFlight) -> Found | None:
    place = rotation.credential.vault
    kept = seen.pairs(place)
    others = [one for one in kept if not one.same_as(current)]
    marks = {current.fingerprint, *(one.fingerprint for one in others)}
    known = _known(rotation, marks) if others else marks
    if not marks - known:
        return None
    lives = _answers(rotation, [current, *others])
    folder = pending.folder_of(place).path
    if lives[current.fingerprint] is Answer.NO:
        living = [one for one in others if lives[one.fingerprint] is Answer.YES and one.fingerprint not in known]
        if len(living) != 1:
            return None
        name = called(rotation.credential)
        told = f"Pair {living[0].fingerprint} is staged in {folder}, and {name} accepts it, but not the vault's pair."
        return _found(rotation, living[0], current.fingerprint, told)
    dead = [one for one in others if lives[one.fingerprint] is Answer.NO]
    if len(dead) != 1 or current.fingerprint in known or not any(one.same_as(current) for one in kept):
        return None
    if rotation.credential.brakes and not _is_in_use(rotation, dead[0]):
        # Its current pair is staged since trading was stopped, and the dead one may be something wrong that was typed.
        return None
    told = f"The vault's pair {current.fingerprint} is staged in {folder} beside {dead[0].fingerprint}, which is dead."
    return _found(rotation, current, dead[0].fingerprint, told)


def _is_in_use(rotation: Rotation, pair: Minted) -> bool:
    """Whether an application still has it, so that the vault went on before its consumers."""
    return any(one.has(pair) is Answer.YES for one in rotation.credential.consumers)


def _found(rotation: Rotation, pair: Minted, old: str, told: str) -> Found:
    kept = next((one for _, _, one in _kept_by_prefect(rotation, old) if one.pair.same_as(pair)), None)
    typed = Submission(
        rotation.flow_run_id, entries.PUT_ASIDE, pair.fingerprint, kept.operator if kept else typed_name.UNKNOWN
    )
    whose = f" {_whose(kept)}" if kept else ""
    return Found(typed, old, f"{told}{whose} {_WHY}: going on from there.")


def _whose(kept: Entered) -> str:
    """A sentence that says who entered it, and what that is worth."""
    if not kept.proof:
        return f"Entered by {kept.operator}, as the form says."
    return f"Entered by {kept.operator}, as the form says; {kept.proof} was to prove that, which nobody checked."


def _answers(rotation: Rotation, pairs: list[Minted]) -> dict[str, Answer]:
    issuer, name = issuer_of(rotation.credential), called(rotation.credential)
    answers = all_at_once([partial(issuer.accepts, rotation.credential.realm, one) for one in pairs])
    if Answer.UNKNOWN in answers:
        raise Transient(
            f"Pairs are in flight of which the ledger does not know, and {name} does not say which of them live.",
            f"Nothing is lost: start the rotation again when {name} answers.",
        )
    return {pair.fingerprint: answer for pair, answer in zip(pairs, answers, strict=True)}


def _typed(rotation: Rotation, current: Minted) -> Found | None:
    """What was typed into a form of a rotation that the ledger does not know. It proves nothing of who typed it."""
    for run, form, found in _kept_by_prefect(rotation, current.fingerprint):
        mark = found.pair.fingerprint
        if mark != current.fingerprint and not _known(rotation, [mark]):
            typed = Submission(run, form, mark, found.operator, found.entry)
            told = f"Pair {mark} was typed into run {run} and never judged. {_whose(found)} {_WHY}: it is judged now."
            return Found(typed, current.fingerprint, told)
    return None


def _kept_by_prefect(rotation: Rotation, old: str) -> Iterator[tuple[str, str, Entered]]:
    """Run, form and entry of each pair that was typed in rotations that the ledger does not know.

    None where a name has to be proved: this run cannot check that. ``old`` opens what was sealed: the pair with which
    its plan began.
    """
    ledger = recording.open_ledger()
    if policy.wanted(rotation.credential, registry.of(ledger)) != policy.NONE:
        return
    rotations = ledger.rotations(rotation.credential.name)
    rotation = replace(rotation, old=old)
    for run, form in prefect_runs.forms_left(rotation.credential.name, entries.STEP.replace("_", "-")):
        found = None if any(one in form for one in rotations) else entered.readable(rotation, run, form)
        if found is not None:
            yield run, form, found
