"""What ``make bench`` prints."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def say(text: str = "") -> None:
    """One line, at once."""
    print(text, flush=True)  # noqa: T201  # this is the program's output


def middle(values: Sequence[float]) -> str:
    """The median, and the least and the most."""
    return f"{statistics.median(values):7.2f} s   ({min(values):.2f} to {max(values):.2f})"
