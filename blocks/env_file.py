"""A file of REKEY_NAME=value lines for ``rekey register``: in which line each name stands, and what is no such line.

The reader of such files leaves out a line that it cannot read, with a warning in a log, and a name that is not known
without any: a token that was mistyped there would only seem to be saved.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from dotenv.parser import parse_stream

from blocks.errors import CatalogError

_CORRECT = "Correct that line; docs/reference/settings.md lists what each name is for."


def lines_of(file: Path, known: Collection[str]) -> dict[str, int]:
    """The line of each name, in lower case and the last one that counts. No value is in it.

    Raises CatalogError for a line that is no REKEY_NAME=value, and for a name that begins with REKEY_ and is not one of
    the ``known``; names of others' are let be.
    """
    found: dict[str, int] = {}
    try:
        with file.open(encoding="utf-8") as stream:
            bindings = list(parse_stream(stream))
    except UnicodeDecodeError:
        bindings = None
    if bindings is None:
        raise CatalogError(f"{file} is not UTF-8.", "Give a text file of REKEY_NAME=value lines.")
    for one in bindings:
        # Empty lines before it belong to it.
        text = one.original.string
        line = one.original.line + text[: len(text) - len(text.lstrip())].count("\n")
        if one.error or (one.key is not None and one.value is None):
            raise CatalogError(f"{file}, line {line}: that is no REKEY_NAME=value.", _CORRECT)
        name = (one.key or "").lower()
        if name.startswith("rekey_") and name not in known:
            raise CatalogError(f"{file}, line {line}: rekey knows no {one.key}.", _CORRECT)
        found[name] = line
    return found
