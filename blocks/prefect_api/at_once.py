"""What cannot wait for Prefect: a brake that goes on, and people who are told.

There a block is taken from this machine's own disk as soon as Prefect does not answer once (kept_blocks.py). Whatever
else a step asks waits for Prefect: its token may have been replaced on another machine since it was kept. So a kept
block that its vendor refuses proves nothing yet, and Prefect is asked once more.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

from prefect.logging import get_logger

from blocks.answer import LiveEnabled
from blocks.errors import Refused
from blocks.prefect_api.block_cache import CACHE
from blocks.vendor_block import VendorBlock

STALE = "the copy of it that is kept on this machine was refused, and may be stale"
_T = TypeVar("_T")
_Name = tuple[type[VendorBlock], str]


class _KeptRefusedError(Exception):
    """A page refused the token of a kept block; only ``act`` sees it."""


@dataclass(slots=True)
class Urgent:
    """One act that cannot wait."""

    # The kept blocks that it was done with, and those of them that were refused.
    used: set[_Name] = field(default_factory=set)
    refused: set[_Name] = field(default_factory=set)


_urgent: ContextVar[Urgent | None] = ContextVar("the act that cannot wait for Prefect", default=None)


def urgent() -> Urgent | None:
    """The act that is being done now; None while there is time to wait for Prefect."""
    return _urgent.get()


def heard(found: LiveEnabled) -> LiveEnabled:
    """What a page said. One that refused the token of a kept block has said nothing: ``act`` asks it anew."""
    now = urgent()
    if found.is_refused and now is not None and now.used - now.refused:
        raise _KeptRefusedError(found.reason)
    return found


def act(do: Callable[[], _T]) -> _T:
    """Do it without waiting for Prefect; once more by Prefect's own block when a kept one is refused.

    ``do`` finds again what it did before. Raises what it raises; Unreachable when a kept block was refused and Prefect
    still does not answer.
    """
    now = Urgent()
    outside = _urgent.set(now)
    try:
        try:
            return do()
        except (Refused, _KeptRefusedError) as error:
            if not now.used:
                raise
            told = str(error)
        now.refused |= now.used
        for kind, document in now.refused:
            CACHE.drop_apart(kind, document)
        names = ", ".join(sorted(f"{kind.get_block_type_slug()}/{document}" for kind, document in now.refused))
        get_logger(__name__).warning(
            "Prefect did not answer, so %s was taken from this machine's disk; that copy may be stale. Prefect is "
            "asked again. %s",
            names,
            told,
        )
        return do()
    finally:
        _urgent.reset(outside)
