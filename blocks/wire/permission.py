"""Whether whoever acts here may change something at a vendor still: asked right before each request that does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_asked: ContextVar[Callable[[], None] | None] = ContextVar("who is asked before a write", default=None)


@contextmanager
def asked(demand: Callable[[], None]) -> Iterator[None]:
    """Ask ``demand`` before each write in here: it raises when there must be none any more.

    Threads that are started in a copy of this context ask it, too.
    """
    token = _asked.set(demand)
    try:
        yield
    finally:
        _asked.reset(token)


def demand() -> None:
    """Raise what whoever is asked raises. Without anybody to ask, everything may be written."""
    question = _asked.get()
    if question is not None:
        question()
