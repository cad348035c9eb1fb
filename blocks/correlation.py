"""Which rotation whatever is done now belongs to: what its lines in a log have in common, whichever process wrote them.

A run learns its rotation in its first step, and its threads know it from then on; elsewhere it is known while one
rotation is being looked after.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Of a run, for all of its threads; the last one that a step was for.
_of_run: ContextVar[list[str] | None] = ContextVar("the rotation of this run", default=None)
_now: ContextVar[str] = ContextVar("the rotation that is being looked after", default="")


@contextmanager
def of_a_run() -> Iterator[None]:
    """Keep in mind for which rotation this run's steps are, also between them."""
    before = _of_run.set([])
    try:
        yield
    finally:
        _of_run.reset(before)


@contextmanager
def about(rotation: str) -> Iterator[None]:
    """Meanwhile everything is done for this rotation."""
    known, before = _of_run.get(), _now.set(rotation)
    if known is not None:
        known[:] = [rotation]
    try:
        yield
    finally:
        _now.reset(before)


def rotation() -> str:
    """The ID of that rotation; empty where none is known."""
    return _now.get() or next(iter(_of_run.get() or []), "")
