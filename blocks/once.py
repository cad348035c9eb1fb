"""What several questions need that are asked at the same time: whoever comes first asks for it, the others wait."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

from blocks.errors import RekeyError

_T = TypeVar("_T")


class _Asked:
    """One answer, or the error in its place: who waited for it does not wait as long again."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.found: list[Any] = []


class Once:
    """Keeps what was seen of one place, for a moment: nothing of it is asked anew."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked: dict[str, _Asked] = {}

    def of(self, what: str, ask: Callable[[], _T]) -> _T:
        """What ``ask`` says, or said before for the same ``what``. Raises what it raises, or raised."""
        with self._lock:
            asked = self._asked.setdefault(what, _Asked())
        with asked.lock:
            if not asked.found:
                try:
                    asked.found.append(ask())
                except RekeyError as error:
                    asked.found.append(error)
        found = asked.found[0]
        if isinstance(found, RekeyError):
            raise found
        seen: _T = found
        return seen
