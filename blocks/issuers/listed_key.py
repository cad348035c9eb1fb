"""A key as its issuer's API lists it, read from an answer: never its value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Listed:
    """One of those that an owner has. ``like`` is what one more of its kind is made with."""

    id: str
    label: str
    ends: datetime | None = None
    like: Mapping[str, Any] = field(default_factory=dict)
    # How often it is accepted still; None for as often as anybody likes.
    uses_left: int | None = None

    def is_under(self, label: str) -> bool:
        """Whether it was made under this label; a kind may write more behind it."""
        return self.label == label or self.label.startswith(f"{label} ")


def moment(written: object) -> datetime:
    """When something was made, as an API tells it. Raises ValueError, also for a time that names no zone."""
    found = datetime.fromisoformat(str(written))
    if found.tzinfo is None:
        raise ValueError("a time without a zone")
    return found


def end_of(made: object, lives_s: int | None) -> datetime | None:
    """When a key ends that was made then; None for one that never does. Raises ValueError and OverflowError."""
    made_at = moment(made)
    return None if lives_s is None else made_at + timedelta(seconds=lives_s)
