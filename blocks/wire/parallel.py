"""Several questions at once, so that a person waits for the slowest and not for the sum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar, overload

_T = TypeVar("_T")
_A = TypeVar("_A")
_B = TypeVar("_B")
_C = TypeVar("_C")
_D = TypeVar("_D")


def all_at_once(questions: Sequence[Callable[[], _T]], *, at_once: int | None = None) -> list[_T]:
    """The answers, in the order of the questions. The first question that raises decides what is raised.

    No more than ``at_once`` of them are asked at a time, in their order.

    Each runs in a copy of this context, because Prefect keeps its settings and its run there.
    """
    if not questions:
        return []
    with ThreadPoolExecutor(max_workers=min(len(questions), at_once or len(questions))) as pool:
        futures = [pool.submit(copy_context().run, question) for question in questions]
        return [future.result() for future in futures]


@overload
def together(first: Callable[[], _A], second: Callable[[], _B], /) -> tuple[_A, _B]: ...


@overload
def together(first: Callable[[], _A], second: Callable[[], _B], third: Callable[[], _C], /) -> tuple[_A, _B, _C]: ...


@overload
def together(
    first: Callable[[], _A], second: Callable[[], _B], third: Callable[[], _C], fourth: Callable[[], _D], /
) -> tuple[_A, _B, _C, _D]: ...


def together(*questions: Callable[[], Any]) -> tuple[Any, ...]:
    """The answers to questions of different kinds, asked at once. The first one that raises decides what is raised."""
    return tuple(all_at_once(questions))
