"""What the pages are made of."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from textwrap import fill

MADE = "<!-- Written by `make reference` from the code: change that, not this page. -->"

WIDTH = 120


def page(title: str, *parts: str) -> str:
    """A page with its title; parts are paragraphs, headings and tables."""
    return "\n\n".join([f"# {title}", MADE, *(_wrapped(part) for part in parts if part)]) + "\n"


def _wrapped(part: str) -> str:
    """A paragraph on lines of a width that can be read; a table, a list or a heading as it is."""
    if part.startswith(("|", "- ", "#")):
        return part
    return fill(part, WIDTH, break_long_words=False, break_on_hyphens=False)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a cell's upright bars are written so that they end no cell."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def bullets(lines: Iterable[str]) -> str:
    """A list."""
    return "\n".join(f"- {line}" for line in lines)


def code(text: str) -> str:
    """A name or a value as it is written in a file."""
    return f"`{text}`"


def summary(thing: object) -> str:
    """The first paragraph of its own docstring, on one line; empty without one."""
    told = inspect.cleandoc(getattr(thing, "__doc__", None) or "").split("\n\n")[0]
    return " ".join(told.split()).replace("``", "`")
