"""Which hosts gave the answers on which a step rests: collected while it asks, named in every row that it writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

HOSTS = "hosts"
# Threads that are started in a copy of this context share the set.
_heard: ContextVar[set[str] | None] = ContextVar("hosts that answered", default=None)


@contextmanager
def heard() -> Iterator[None]:
    """Collect in here; what is collected counts outside as well."""
    within: set[str] = set()
    outside = _heard.get()
    token = _heard.set(within)
    try:
        yield
    finally:
        _heard.reset(token)
        if outside is not None:
            outside |= within


@contextmanager
def apart() -> Iterator[None]:
    """Collect in here for the rows that are written here, and for no step outside."""
    token = _heard.set(set())
    try:
        yield
    finally:
        _heard.reset(token)


def note(host: str) -> None:
    """This host (and port) has just given a whole answer."""
    found = _heard.get()
    if found is not None:
        found.add(host)


def named(context: Mapping[str, Any]) -> dict[str, Any]:
    """The context of a row, with the hosts that have answered so far."""
    found = _heard.get()
    return {**context, HOSTS: sorted(found.copy())} if found else dict(context)
