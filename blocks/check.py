"""One question of a health run and its outcome: ok, failed, or unknown. Unknown is never ok."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from blocks.errors import RateLimited, RekeyError, Unclear, Unproved, Unreachable


class Outcome(StrEnum):
    """How a check ended."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Depth(StrEnum):
    """How much is asked: ``light`` reads only, ``full`` also tries what a rotation will have to write."""

    LIGHT = "light"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a question found, where one word of it belongs into the matrix (``short``)."""

    short: str
    told: str


@dataclass(frozen=True, slots=True)
class Check:
    """One question, answered. ``credential`` is empty for what all of them share."""

    credential: str
    subject: str
    outcome: Outcome
    # One sentence: what is so, or what is wrong.
    told: str
    # What to do next; empty when it is ok.
    remedy: str = ""
    # For the matrix.
    short: str = ""

    @property
    def label(self) -> str:
        """How it is called in alerts and in the ledger."""
        return f"{self.credential}: {self.subject}" if self.credential else self.subject


Question = Callable[[], str | Seen]


def asked(credential: str, subject: str, question: Question) -> Check:
    """Ask once, and never raise what rekey itself raises."""
    try:
        found = question()
    except RekeyError as error:
        outcome = Outcome.UNKNOWN if _says_nothing(error) else Outcome.FAILED
        return Check(credential, subject, outcome, error.problem, error.remedy, short=outcome.value)
    seen = found if isinstance(found, Seen) else Seen(Outcome.OK.value, found)
    return Check(credential, subject, Outcome.OK, seen.told, short=seen.short)


def worst(checks: Iterable[Check]) -> Outcome:
    """Failed when one is; otherwise unknown when one is. Nothing asked is unknown."""
    outcomes = {one.outcome for one in checks}
    if Outcome.FAILED in outcomes:
        return Outcome.FAILED
    return Outcome.OK if outcomes == {Outcome.OK} else Outcome.UNKNOWN


def _says_nothing(error: RekeyError) -> bool:
    """Whether the error leaves open what was asked. A refused token is an answer; an outage is none."""
    return error.transient or isinstance(error, Unproved | Unreachable | RateLimited | Unclear)
