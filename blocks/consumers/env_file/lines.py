"""The lines of such a file: what each name is, and the text in which it is another value and all else is as it was.

Read by python-dotenv's own parser, as the programs that use it do: a name in a comment, or within a value of several
lines, is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from io import StringIO

from dotenv.parser import Binding, parse_stream
from pydantic import SecretStr

from blocks.errors import StepError

# Read alike by shells, Docker, systemd and every library: written as it is.
_BARE = re.compile(r"[A-Za-z0-9_.,/+:=@%-]*", re.ASCII)
# Read alike within single quotation marks, by all of them but Docker's --env-file.
_QUOTED = re.compile(r"[ !\"#&()*;<>?\[\]^{|}~A-Za-z0-9_.,/+:=@%-]*", re.ASCII)
# What stands before the value, the value, and what stands behind it: a comment and the end of the line.
_ASSIGNMENT = re.compile(
    r"(?P<head>\s*(?:export[^\S\r\n]+)?[^=#\r\n]+=[^\S\r\n]*)"
    r"(?P<value>'(?:\\'|[^'])*'|\"(?:\\\"|[^\"])*\"|[^\r\n]*?)"
    r"(?P<tail>(?:[^\S\r\n]+#[^\r\n]*)?[^\S\r\n]*(?:\r\n|\n|\r)?)"
)
_LINE_ENDS = ("\n", "\r")


def values_in(text: str, names: Iterable[str]) -> dict[str, SecretStr]:
    """The values of those names that have one. Of a name that stands there twice the last one counts."""
    wanted = set(names)
    found = {one.key: SecretStr(one.value) for one in _read(text) if one.key in wanted and one.value is not None}
    return {name: value for name, value in found.items() if name is not None}


def names_in(text: str) -> set[str]:
    """All names that have a value there."""
    return {one.key for one in _read(text) if one.key is not None and one.value is not None}


def with_values(text: str, values: Mapping[str, SecretStr]) -> str:
    """The text with these values, each where its name stands already, however often; else in a line at the end.

    Raises StepError for a value that programs would read in different ways, and where a line of the text is so broken
    that what is written would not read back, or another name would change.
    """
    written = {name: _written(name, value) for name, value in values.items()}
    lines, seen = [], set[str]()
    for one in _read(text):
        found = _ASSIGNMENT.fullmatch(one.original.string) if one.value is not None else None
        if one.key in written and found is not None:
            seen.add(one.key)
            lines.append(f"{found['head']}{written[one.key]}{found['tail']}")
        else:
            lines.append(one.original.string)
    kept = "".join(lines)
    end = "\r\n" if "\r\n" in text else "\n"
    added = "".join(f"{name}={value}{end}" for name, value in written.items() if name not in seen)
    is_open = bool(added) and bool(kept) and not kept.endswith(_LINE_ENDS)
    result = f"{kept}{end if is_open else ''}{added}"
    others = names_in(text) - values.keys()
    if values_in(result, values) != values or values_in(result, others) != values_in(text, others):
        raise StepError(
            "The file has a line that is no NAME=value, such as one with a quotation mark that nothing closes.",
            "Correct that line, or make a comment of it. Then go on: nothing was written.",
        )
    return result


def _read(text: str) -> list[Binding]:
    # An empty newline argument: line ends stay as they are.
    return list(parse_stream(StringIO(text, newline="")))


def _written(name: str, value: SecretStr) -> str:
    plain = value.get_secret_value()
    if _BARE.fullmatch(plain):
        return plain
    if _QUOTED.fullmatch(plain):
        return f"'{plain}'"
    raise StepError(
        f"The new value of {name} holds a character that programs read from such a file in different ways.",
        "Fetch it from the vault, write it into the file by hand as the program that reads it wants it, and go on.",
    )
