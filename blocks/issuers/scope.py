"""What a new key may do and what it may not, proved before it goes anywhere by questions that change nothing.

A vendor says 403 to a key that may not do something, and 404 also to a path that does not exist: that refuses nothing.
Whose a key is was asked before, so 401 says nothing here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from pydantic import Field

from blocks.answer import Answer
from blocks.errors import Missing, Refused, StepError
from blocks.issuers.terms import Wrong
from blocks.model.own_table import OwnTable
from blocks.model.rotation import Todo

_Path = Annotated[str, Field(pattern=r"^/[A-Za-z0-9._~/?=&%-]*$")]
UNAUTHORIZED = 401


class ScopeTable(OwnTable):
    """What a key of this credential has to be allowed, and what it must not be. It may be missing."""

    allowed: tuple[_Path, ...] = Field(
        default=(), description="paths that are asked (GET) with a new key and must be answered; they change nothing"
    )
    forbidden: tuple[_Path, ...] = Field(
        default=(),
        description="paths that are asked (GET) with a new key and must be refused by 403: it may not do too much",
    )

    @property
    def lacks(self) -> tuple[str, ...]:
        """That nobody says what the key may do."""
        missing = [
            *([] if self.allowed else ["that a new key may do what the old one may: write allowed"]),
            *([] if self.forbidden else ["that a new key may do no more than it has to: write forbidden"]),
        ]
        return tuple(missing)


def misfit(own: OwnTable, called: str, ask: Callable[[str], object]) -> Wrong | None:
    """What is wrong with what a key may do by its credential's own table; ``ask`` asks one path, and raises errors.

    Raises StepError for a forbidden path that is not there: nobody can say whether the key is kept from it.
    """
    table = own if isinstance(own, ScopeTable) else ScopeTable()
    for path in table.allowed:
        if _may(ask, path) is not Answer.YES:
            return _wrong(f"{called} does not let the new key ask {path}, which the catalog says it has to", "Grant it")
    for path in table.forbidden:
        if _is_known(ask, path, called) is Answer.YES:
            return _wrong(f"{called} lets the new key ask {path}, which the catalog forbids it", "Take that away")
    return None


def checked(own: OwnTable, called: str, ask: Callable[[str], object]) -> str:
    """What the table demands, asked with the current key before anybody mints; empty where it demands nothing.

    Raises StepError for a forbidden path that is not there, and the vendor's errors.
    """
    table = own if isinstance(own, ScopeTable) else ScopeTable()
    lacks = [f"may not ask {path}, which a new one has to" for path in table.allowed if _may(ask, path) is Answer.NO]
    known = {path: _is_known(ask, path, called) for path in table.forbidden}
    may = [f"may ask {path}, which a new one must not" for path, answer in known.items() if answer is Answer.YES]
    if lacks or may:
        return f"The current key {' and '.join([*lacks, *may])}: {called} does not answer as the catalog wants it."
    count = len(table.allowed) + len(table.forbidden)
    return f"{called} answers the current key as the catalog wants it ({count} paths)." if count else ""


def _wrong(problem: str, helps: str) -> Wrong:
    return Wrong(
        f"The key is right, but what it may do is not: {problem}. {helps} on the key's page, then enter the same key "
        "again; where a key cannot be changed, make another one.",
        todo=Todo.ENTER_AGAIN,
    )


def _is_known(ask: Callable[[str], object], path: str, called: str) -> Answer:
    """Whether a key may ask a forbidden path. Raises StepError when nobody can say, and the vendor's errors."""
    seen = _may(ask, path)
    if seen is Answer.UNKNOWN:
        raise StepError(
            f"{called} answers 404 to {path}, which the catalog forbids a key to ask: whether the key is kept from it, "
            "or there is no such path, nobody can say.",
            "Correct forbidden in the catalog: name a path that is there, and to which a key without the right is "
            "answered 403.",
        )
    return seen


def _may(ask: Callable[[str], object], path: str) -> Answer:
    """Whether the key may ask it; unknown for a path that is not there, or hidden. Raises the vendor's other errors."""
    try:
        ask(path)
    except Missing:
        return Answer.UNKNOWN
    except Refused as error:
        if error.status == UNAUTHORIZED:
            raise
        return Answer.NO
    return Answer.YES
