"""Answers have three values everywhere: yes, no and unknown.

A timeout, a 5xx, an HTML page, a redirect to a login or a missing field is unknown. Unknown never counts as proof.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Answer(Enum):
    """What a probe says. It has no truth value, so that no ``if answer:`` can take unknown for a yes or a no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    def __bool__(self) -> bool:
        raise TypeError("an Answer is yes, no or unknown: compare it with 'is'")


@dataclass(frozen=True, slots=True)
class LiveEnabled:
    """Whether an application would place live orders. ``reason`` tells the operator why the answer is unknown."""

    answer: Answer
    reason: str = ""
    # What to do about that; empty where it is not known.
    remedy: str = ""
    # Whether it is unknown because the token was refused.
    is_refused: bool = False
