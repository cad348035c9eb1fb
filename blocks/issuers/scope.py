"""What a new key may do and what it may not, proved before it goes anywhere by questions that change nothing.

A vendor says 403 or 404 to a key that may not do something. Whose a key is was asked before, so 401 says nothing here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from pydantic import Field

from blocks.errors import Missing, Refused
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
        default=(), description="paths that are asked (GET) with a new key and must be refused: it may not do too much"
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
    """What is wrong with what a key may do by its credential's own table; ``ask`` asks one path, and raises errors."""
    table = own if isinstance(own, ScopeTable) else ScopeTable()
    for path in table.allowed:
        if not _answered(ask, path):
            return _wrong(f"{called} does not let the new key ask {path}, which the catalog says it has to", "Grant it")
    for path in table.forbidden:
        if _answered(ask, path):
            return _wrong(f"{called} lets the new key ask {path}, which the catalog forbids it", "Take that away")
    return None


def _wrong(problem: str, helps: str) -> Wrong:
    return Wrong(
        f"The key is right, but what it may do is not: {problem}. {helps} on the key's page, then enter the same key "
        "again; where a key cannot be changed, make another one.",
        todo=Todo.ENTER_AGAIN,
    )


def _answered(ask: Callable[[str], object], path: str) -> bool:
    """Whether a question is answered; no when the key may not ask it. Raises the vendor's errors for all else."""
    try:
        ask(path)
    except (Refused, Missing) as error:
        if error.status == UNAUTHORIZED:
            raise
        return False
    return True
