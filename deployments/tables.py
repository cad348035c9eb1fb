"""Tables and paragraphs for the terminal: within 100 columns, and foreign text is shown, never obeyed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from textwrap import wrap
from typing import TextIO

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from blocks.text import terminal

WIDTH = 100


def print_table(rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> None:
    """One line a row; a value that is too long goes on below. Nothing without rows."""
    if not rows:
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in columns:
        table.add_column(Text(name), overflow="fold")
    for row in rows:
        table.add_row(*(_text(row[name]) for name in columns))
    _write(table)


def print_facts(facts: Iterable[tuple[str, str]]) -> None:
    """A name and its value a line, the values below one another. A fact without a name is the heading."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for name, value in facts:
        if name:
            table.add_row(Text(f"    {name}"), _text(value))
        else:
            _write(_text(value, "bold"))
    _write(table)


def print_text(text: str = "", *, indent: int = 0, file: TextIO | None = None) -> None:
    """A paragraph. Words are not broken, so that an address can be copied."""
    shown = terminal(text)
    margin = " " * indent
    lines = wrap(
        shown,
        WIDTH,
        initial_indent=margin,
        # Where its first line begins.
        subsequent_indent=margin + " " * (len(shown) - len(shown.lstrip(" "))),
        break_long_words=False,
        break_on_hyphens=False,
    )
    (file or sys.stdout).write("".join(f"{line}\n" for line in lines or [""]))


def _text(value: str, style: str = "") -> Text:
    """Rich reads no markup in this, and neither does the terminal."""
    return Text(terminal(value), style)


def _write(what: RenderableType) -> None:
    """Without the spaces up to the right edge. A narrow terminal wraps what is wider than itself."""
    console = Console(file=sys.stdout, width=WIDTH, highlight=False, emoji=False, markup=False)
    with console.capture() as captured:
        console.print(what)
    sys.stdout.write("".join(f"{line.rstrip(' ')}\n" for line in captured.get().splitlines()))
