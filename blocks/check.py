"""One question of a health run and its outcome: ok, failed, or unknown. Unknown is never ok."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from blocks.errors import RateLimited, RekeyError, Unclear, Unproved, Unreachable, VendorError


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
    # Its name in the ledger and for programs: the same for every issuer and in every version, so that what was found
    # before can be compared. People read ``called``.
    subject: str
    outcome: Outcome
    # One sentence: what is so, or what is wrong.
    told: str
    # What to do next; empty when it is ok.
    remedy: str = ""
    # For the matrix.
    short: str = ""
    # ``subject`` as the credential's issuer calls things; empty where it is the same.
    in_its_words: str = ""
    # Why it is not ok, alike as long as that is: another one is news, though the outcome is what it was.
    cause: str = ""

    @property
    def called(self) -> str:
        """Its name as people read it."""
        return self.in_its_words or self.subject

    @property
    def label(self) -> str:
        """How it is called in logs and in the end of a run."""
        return f"{self.credential}: {self.called}" if self.credential else self.called

    def said(self, said: Callable[[str], str]) -> Check:
        """A copy with everything that people read of it as ``said`` puts it."""
        return replace(self, told=said(self.told), remedy=said(self.remedy), in_its_words=said(self.subject))


Question = Callable[[], str | Seen]
_T = TypeVar("_T")
# A vendor that limits requests is left alone for as long as it asks, so often and not longer (seconds) at a time.
TRIES = 5
# A word with a digit in it, and what it counts.
_CHANGING = re.compile(r"\S*\d\S*(?: [a-z]+)?")
LONGEST_WAIT_S = 60.0


def patiently(question: Callable[[], _T]) -> _T:
    """The answer, however many credentials ask the same vendor. Raises what the question raises."""
    left = TRIES
    while True:
        left -= 1
        try:
            return question()
        except RateLimited as error:
            wait_s = error.retry_after_s
            if not left or wait_s is None or wait_s > LONGEST_WAIT_S:
                raise
        time.sleep(wait_s)


def asked(credential: str, subject: str, question: Question) -> Check:
    """Ask, and never raise what rekey itself raises."""
    try:
        found = patiently(question)
    except RekeyError as error:
        outcome = Outcome.UNKNOWN if _says_nothing(error) else Outcome.FAILED
        return Check(
            credential, subject, outcome, error.problem, error.remedy, short=outcome.value, cause=_cause_of(error)
        )
    seen = found if isinstance(found, Seen) else Seen(Outcome.OK.value, found)
    return Check(credential, subject, Outcome.OK, seen.told, short=seen.short)


def worst(checks: Iterable[Check]) -> Outcome:
    """Failed when one is; otherwise unknown when one is. Nothing asked is unknown."""
    outcomes = {one.outcome for one in checks}
    if Outcome.FAILED in outcomes:
        return Outcome.FAILED
    return Outcome.OK if outcomes == {Outcome.OK} else Outcome.UNKNOWN


def _cause_of(error: RekeyError) -> str:
    """What stays as it is while the cause does: times, counts and versions do not, nor how an outage shows."""
    if isinstance(error, Unreachable | RateLimited | Unclear):
        return f"{error.vendor} gives no answer"
    if isinstance(error, VendorError):
        return f"{error.vendor}: {error.operation}: {error.fault} ({error.status}, {error.code})"
    return _CHANGING.sub("#", error.problem.partition(". ")[0])


def _says_nothing(error: RekeyError) -> bool:
    """Whether the error leaves open what was asked. A refused token is an answer; an outage is none."""
    return error.transient or isinstance(error, Unproved | Unreachable | RateLimited | Unclear)
