"""When a key with which rekey itself is let in somewhere ends: a date, or what is known without one.

Whoever asks (tasks/health/tokens.py) says the rest: how near the end is, and what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class KeyEnd:
    """``at`` (UTC): it ends then. Without it ``told`` says what is known, in a sentence; empty for nothing.

    ``remedy`` is how a new one is made there; empty where there is nothing special about it.
    """

    at: datetime | None = None
    told: str = ""
    remedy: str = ""


UNKNOWN = KeyEnd()
