"""Tables and paragraphs for the terminal: within 100 columns, and foreign text is shown, never obeyed.

An address is never cut or broken, however long it is: somebody copies it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import wrap
from typing import TextIO

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from blocks.text import terminal

WIDTH = 100
# A first column may take so much without breaking its words; a longer one is broken, never cut.
WHOLE = 40
_INDENT = " " * 4
_GAP = 2


def print_table(rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> None:
    """One line a row; what is too long goes on below, but not a name in the first column. Nothing without rows."""
    if not rows:
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in columns:
        is_whole = name == columns[0] and all(len(terminal(row[name])) <= WHOLE for row in rows)
        table.add_column(Text(name), overflow="fold", no_wrap=is_whole)
    for row in rows:
        table.add_row(*(_text(row[name]) for name in columns))
    _write(table)


def print_facts(facts: Iterable[tuple[str, str]]) -> None:
    """A name and its value a line, the values below one another. A fact without a name is the heading.

    An address has a line of its own, from the first column on.
    """
    told = list(facts)
    names = max((len(name) for name, _ in told), default=0)
    for name, value in told:
        if name:
            sys.stdout.write(
                "".join(f"{line}\n" for line in _fact(f"{_INDENT}{name:<{names + _GAP}}", terminal(value)))
            )
        else:
            _write(_text(value, "bold"))


def _fact(name: str, value: str) -> Iterator[str]:
    """The lines of one fact, below one another beside its name."""
    margin, room = name, WIDTH - len(name)
    for line in _lines(value, room) or [""]:
        is_apart = _is_address(line) and (line == value or len(line) > room)
        if not is_apart:
            yield f"{margin}{line}".rstrip(" ")
        else:
            if margin == name:
                yield name.rstrip(" ")
            yield line
        margin = " " * len(name)


def _lines(value: str, room: int) -> list[str]:
    """The value in lines of this width; only an address may be longer, and is alone in its line then."""
    words = (word if _is_address(word) else " ".join(_pieces(word, room)) for word in value.split(" "))
    return wrap(" ".join(words), room, break_long_words=False, break_on_hyphens=False)


def _pieces(word: str, room: int) -> list[str]:
    return [word[at : at + room] for at in range(0, len(word), room)]


def _is_address(word: str) -> bool:
    return " " not in word and "://" in word


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
