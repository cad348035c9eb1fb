"""The chain of the ledger: each row's hash covers the row and the hash before it, over the bytes that are stored.

So a row is as it was written, to the byte, or its hash does not fit. That rows at the end are missing, or that all of
them were computed anew, shows no chain by itself: that takes a head which was posted elsewhere
(blocks/prefect_api/heads.py).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Head:
    """The newest row at some time: its number and its hash. ``where`` says where it was posted, and when."""

    sequence: int
    hash: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Break:
    """The first row at which the chain is broken, and why."""

    sequence: int
    reason: str


def canonical(value: Any) -> str:
    """The one text of a JSON value. A SecretStr raises TypeError here, which is what should happen to it."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(facts: Sequence[Any]) -> str:
    """The hash of a row: sequence, time, rotation, credential, action, actor, context and the hash before."""
    return hashlib.sha256(canonical(facts).encode()).hexdigest()


def broken_at(rows: Sequence[Any], actions: Container[str]) -> Break | None:
    """The first of the stored rows that is not as it was written; None when all are. ``actions`` are the known ones."""
    previous = GENESIS
    for expected, one in enumerate(rows, start=1):
        if one.sequence != expected:
            return Break(expected, f"row {expected} is missing")
        if one.previous != previous:
            return Break(expected, "it does not follow from the row before")
        reason = _what_is_wrong_with(one, actions)
        if reason:
            return Break(expected, reason)
        previous = one.hash
    return None


def _what_is_wrong_with(one: Any, actions: Container[str]) -> str:
    """The stored texts themselves are hashed: an equivalent date or another space is a change, too."""
    texts = (one.at, one.rotation, one.credential, one.action, one.actor, one.context, one.hash)
    if not all(isinstance(text, str) for text in texts) or one.action not in actions:
        return "its content cannot be read"
    try:
        context = json.loads(one.context)
        facts = [one.sequence, one.at, one.rotation, one.credential, one.action, one.actor, context, one.previous]
        is_as_written = canonical(context) == one.context and digest(facts) == one.hash
    except (ValueError, RecursionError):
        return "its content cannot be read"
    return "" if is_as_written else "its content was changed"


def lost(hashes: Sequence[str], posted: Iterable[Head]) -> Break | None:
    """The first posted head that is not in a whole chain of these hashes, and what that means; None when all are."""
    # Before the first row the head is row 0.
    last, heads = len(hashes), [GENESIS, *hashes]
    for head in sorted(posted, key=lambda one: one.sequence):
        if head.sequence > last:
            ends = f"it ends at row {last}" if last else "it is empty"
            return Break(
                last + 1,
                f"{ends}, and row {head.sequence} was posted {head.where}: rows were cut off, or this is an older copy "
                "or another ledger",
            )
        if heads[head.sequence] != head.hash:
            return Break(
                head.sequence,
                f"it is not the row that was posted {head.where}: the chain was computed anew, or this is another "
                "ledger",
            )
    return None
