"""How old a pair is, when it is due, and what was found of it last: computed from the ledger, never kept by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from blocks.check import Depth, Outcome
from blocks.ledger import dying, heartbeat, held
from blocks.ledger.facts import Facts
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import SHARED, Action, Row
from blocks.model.credential import Credential
from blocks.model.step import Step

DUE_SOON = timedelta(days=14)
# What was found is no word on today once even the nightly examination did not come.
OLD = timedelta(hours=26)
NEVER, NOT_KNOWN = "never", "not known"


@dataclass(frozen=True, slots=True)
class Age:
    """When the pair was rotated and is due, UTC; None when rekey never rotated it, and nobody says when it was made.

    ``made_on`` is what the catalog says of one that rekey never rotated.
    """

    rotated_at: datetime | None
    due_at: datetime | None
    made_on: date | None = None

    @property
    def since(self) -> datetime | None:
        """From when it counts."""
        return self.rotated_at or (_morning_of(self.made_on) if self.made_on else None)

    def is_overdue(self, now: datetime) -> bool:
        """Whether the cadence is over."""
        return self.due_at is not None and self.due_at <= now

    def is_due_soon(self, now: datetime) -> bool:
        """Whether it will be over within two weeks."""
        return self.due_at is not None and now < self.due_at <= now + DUE_SOON


def age_of(credential: Credential, ledger: Ledger) -> Age:
    """From the credential's newest completed rotation, or what the catalog says until the first. Raises LedgerError."""
    rotated, cadence = ledger.newest(credential=credential.name, actions=(Action.COMPLETED,)), credential.cadence_days
    if rotated is not None:
        return Age(rotated.at, rotated.at + timedelta(days=cadence))
    made_on = credential.made_on
    return Age(None, _morning_of(made_on) + timedelta(days=cadence) if made_on else None, made_on)


def newest_health(name: str, ledger: Ledger) -> Row | None:
    """The newest row of a health run. Raises LedgerError."""
    return ledger.newest(credential=name, actions=(Action.HEALTH_CHECKED,))


def examined_at(name: str, ledger: Ledger) -> datetime | None:
    """When a health run examined it last, also when it found no change; None when none ever did. Raises LedgerError."""
    beat = heartbeat.last_in(ledger.engine, heartbeat.EXAMINED.format(name=name))
    # Older ones left a row alone; and a row may say that it could not be examined.
    newest = None if beat else newest_health(name, ledger)
    return newest.at if newest else beat


def state_of(name: str, ledger: Ledger, now: datetime) -> tuple[Outcome, str]:
    """What health found last, and the same in words; unknown once that is too old. Raises LedgerError."""
    newest, at = newest_health(name, ledger), examined_at(name, ledger)
    found = Outcome(newest.facts.outcome or Outcome.UNKNOWN) if newest else Outcome.UNKNOWN
    if at is None or now - at <= OLD:
        return found, found.value
    was = f"{found.value}, " if found is Outcome.FAILED else ""
    return Outcome.UNKNOWN, f"{was}unknown: last asked on {_day(at)}"


def rehearsed_at(name: str, ledger: Ledger) -> datetime | None:
    """When a full health run found last that a rotation would work; None when none ever did. Raises LedgerError."""
    return next(
        (
            row.at
            for row in ledger.backwards(credential=name, actions=(Action.HEALTH_CHECKED,))
            if row.facts.depth == Depth.FULL and row.facts.outcome == Outcome.OK
        ),
        None,
    )


def known_account(name: str, ledger: Ledger) -> str | None:
    """The number of the account that the pair opened when a rotation looked last; None when none ever did.

    verify's is newer than snapshot's: after a reset the account is another one. Raises LedgerError.
    """
    for row in ledger.backwards(credential=name, actions=(Action.STEP,)):
        facts = row.facts
        if facts.step in {Step.SNAPSHOT, Step.VERIFY} and facts.account_number:
            return facts.account_number
    return None


def line_of(credential: Credential, ledger: Ledger | None, now: datetime) -> dict[str, str]:
    """One line of the matrix: column and text, in the order in which people read them. Without a ledger all is unknown.

    Raises LedgerError.
    """
    age = age_of(credential, ledger) if ledger else Age(None, None)
    health = newest_health(credential.name, ledger) if ledger else None
    rehearsed = rehearsed_at(credential.name, ledger) if ledger else None
    found = health.facts if health else Facts()
    outcome, state = state_of(credential.name, ledger, now) if ledger else (Outcome.UNKNOWN, Outcome.UNKNOWN.value)
    is_held = held.mark_of(credential, ledger) if ledger else ""
    # What health found before is no word on a credential whose rotation stands still.
    marks = [one for one in (is_held, "" if is_held and outcome is Outcome.OK else state) if one]
    if age.is_overdue(now):
        marks.append("overdue")
    elif age.is_due_soon(now):
        marks.append("due soon")
    marks += [f"old one {one.mark_told}" for one in (dying.all_of(ledger, credential.name) if ledger else ())]
    copies = found.copies or {}
    return {
        "credential": credential.name,
        "environment": credential.realm,
        "mode": "operator-assisted",
        "role": credential.role,
        "cadence": f"{credential.cadence_days} days",
        "last rotated": f"{NEVER}, made on {age.made_on}" if age.made_on else _day(age.rotated_at),
        "next due": _day(age.due_at) if age.due_at else NOT_KNOWN,
        "last rehearsed": _day(rehearsed),
        "state": ", ".join(marks),
        "drift": "; ".join(f"{one.label}: {copies.get(one.label, 'not looked at')}" for one in credential.consumers),
    }


def line_of_all(ledger: Ledger | None, now: datetime) -> dict[str, str]:
    """The matrix's line for what all credentials share: its state, and in place of copies each check that is not ok.

    Raises LedgerError.
    """
    newest = newest_health(SHARED, ledger) if ledger else None
    _, state = state_of(SHARED, ledger, now) if ledger else (Outcome.UNKNOWN, Outcome.UNKNOWN.value)
    wrong = (
        {} if newest is None else {one: was for one, was in (newest.facts.states or {}).items() if was != Outcome.OK}
    )
    nothing = ("environment", "mode", "role", "cadence", "last rotated", "next due", "last rehearsed")
    drift = "; ".join(f"{one}: {was}" for one, was in wrong.items())
    return {"credential": SHARED, **dict.fromkeys(nothing, ""), "state": state, "drift": drift}


def _morning_of(day: date) -> datetime:
    """When it begins, in UTC."""
    return datetime.combine(day, time(), UTC)


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else NEVER
