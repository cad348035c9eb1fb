"""The old pair lives on when its rotation ends: it is kept, with the date by which watch has to prove its death.

Either its issuer ends it by the clock, as whoever minted the new one chose there, or it may accept a pair that was
ended for a while still, now and then. Or it is dead, and its end can be taken back until watch ends it for good.

Looks first at the ledger: a date that was written down stays.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from blocks.answer import Answer
from blocks.issuers.terms import OldDies
from blocks.ledger import dying
from blocks.ledger.dying import Dying
from blocks.ledger.row import Action
from blocks.ledger.trading import lasted
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import recording
from blocks.prefect_api.issuers import called, issuer_of, kind_of
from blocks.proofs import Record
from blocks.secret import Minted
from blocks.vaults import pending


def until(rotation: Rotation, old: Minted, accepted: Answer, record: Record) -> None:
    """Write down until when it lives, before the rotation ends. ``accepted``: whether it is now. Raises LedgerError."""
    known = kept(rotation)
    if known is None:
        kind = kind_of(rotation.credential)
        back = kind.traits.taken_back_for(rotation.reason)
        window = max(timedelta(seconds=kind.dies_within_s), back or timedelta())
        date = max(_ends_at(rotation), datetime.now(UTC)) + window
        context = {"old": rotation.old, "old_dies_at": date.isoformat(), "old_window_s": window.total_seconds()}
        if back is not None:
            context |= {"old_reversible": True, "old_way_back": _way_back(rotation, old) if back else ""}
        known = Dying(recording.write(rotation, Action.OLD_KEPT, context))
    place = pending.folder_of(rotation.credential.vault).path
    if known.is_reversible:
        record.prove(
            f"Old pair {rotation.old} {known.told()}. It is kept in {place}: watch sees whether it stays refused, and "
            "when it is ended for good it is kept no more."
        )
        return
    record.prove(
        f"Old pair {rotation.old} {known.told()}. {_why(rotation, accepted)} watch proves it, and it is kept in "
        f"{place} until then."
    )


def kept(rotation: Rotation) -> Dying | None:
    """The old pair of this rotation while it is kept; None for one that is dead. Raises LedgerError."""
    return dying.of(recording.open_ledger(), rotation.credential.name, rotation.old)


def by_the_clock(rotation: Rotation) -> bool:
    """Whether its issuer ends the old pair by itself, a while after the new one was made."""
    return kind_of(rotation.credential).traits.old_dies is OldDies.AFTER_GRACE


def _way_back(rotation: Rotation, old: Minted) -> str:
    reversal = issuer_of(rotation.credential).reversal(rotation.credential.realm, old)
    return reversal.back if reversal else ""


def _ends_at(rotation: Rotation) -> datetime:
    """At the latest: whoever entered the new pair had chosen before. Without such a row, from now on."""
    grace = kind_of(rotation.credential).traits.lives_on(rotation.reason)
    if grace is None:
        return datetime.now(UTC)
    entered = [
        row.at for row in recording.history_of(rotation).rows if _is_entry(row.facts.step, done=row.facts.is_done)
    ]
    return (entered[-1] if entered else datetime.now(UTC)) + grace


def _is_entry(step: str, *, done: bool) -> bool:
    return done and step == Step.AWAIT_HUMAN_INPUT


def _why(rotation: Rotation, accepted: Answer) -> str:
    issuer, kind = called(rotation.credential), kind_of(rotation.credential)
    if by_the_clock(rotation):
        now = {Answer.YES: f"{issuer} accepts it now", Answer.NO: f"{issuer} refuses it now"}
        return f"{now.get(accepted, f'{issuer} does not say whether it accepts it now')}."
    times = 2 * kind.refusals
    return (
        f"It was refused {times} times in a row, but {issuer} may accept one that was ended for "
        f"{lasted(kind.dies_within_s)} still, now and then."
    )
