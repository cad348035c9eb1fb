"""What breaks beside the process: a scene has a name, and is played with a server of its own or a shared one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.play import Result
from tests.faults.workplace import Workplace

LIVE = "alpaca-live"


@dataclass(frozen=True, slots=True)
class Scene:
    """What breaks, and when."""

    what: str
    when: str
    play: Callable[[Workplace], Result]

    def __str__(self) -> str:
        """As ``--only`` matches it."""
        return f"infrastructure | {self.what} | {self.when}"
