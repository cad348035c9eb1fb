"""The steps of docs/how-to/production.md: their settings, files and commands, read out of the page itself."""

from __future__ import annotations

import re
import shlex
import tomllib
from dataclasses import dataclass
from functools import cache

from tests.project.documents import PRODUCTION, table

STEPS = 5
# A value of these is an example: each place has its own.
_EXAMPLE = re.compile(r"\.\.\.|user:password")
_SERVER_ONLY = "(server only)"
_CODE = re.compile(r"`([^`]+)`")
# What a reader would carry out, of all that stands there as code.
_COMMAND = re.compile(r"(?:rekey|python -m|pg_\w+) ")


@dataclass(frozen=True, slots=True)
class Setting:
    """One of the table. ``value`` is None where each place has its own."""

    name: str
    value: str | None
    server_only: bool


@dataclass(frozen=True, slots=True)
class Mode:
    """How what Prefect writes is kept from others."""

    folder: int
    umask: int


@cache
def text() -> str:
    """The whole page."""
    return PRODUCTION.read_text()


def step(number: int) -> str:
    """The text of one step."""
    steps = text().split("\n## ", 1)[0]
    parts = re.split(r"^\d\. \*\*", steps, flags=re.MULTILINE)
    assert len(parts) == STEPS + 1
    return parts[number]


def section(heading: str) -> str:
    """The text below one heading, up to the next one."""
    return re.split(r"^#+ ", text().split(f"# {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def settings() -> list[Setting]:
    """Every setting of step 1, in the page's order. Fails for a row that says anything else in its first column."""
    found = []
    for cell, why in table(step(1), "later):"):
        named = re.findall(r"`([A-Z_]+)(?:=([^`]*))?`", cell)
        beside = re.sub(r"`[^`]*`|, |mode \d+|umask \d+", "", cell)
        assert named, cell
        assert not beside, cell
        for name, value in named:
            is_given = value and not _EXAMPLE.search(value)
            found.append(Setting(name, value if is_given else None, why.endswith(_SERVER_ONLY)))
    return found


def mode() -> Mode:
    """As the first row of that table has it."""
    folder, umask = re.findall(r"^ *\| `PREFECT_HOME`, mode (\d+), umask (\d+) \|", step(1), re.MULTILINE)[0]
    return Mode(int(folder, 8), int(umask, 8))


def worker_file() -> dict[str, str]:
    """The worker's file of step 2, with the values of the page."""
    (block,) = re.findall(r"^ *```toml\n(.*?)^ *```", step(2), re.MULTILINE | re.DOTALL)
    return tomllib.loads(block)


def variables() -> list[str]:
    """Each variable of an address or token, of step 3."""
    rows = table(step(3), "rekey register --env-file rekey.env\n   ```")
    return [name for cell, _ in rows for name in re.findall(r"`(REKEY_[A-Z_]+)`", cell)]


def commands(part: str) -> set[str]:
    """Every command in this text: of its shell blocks, and between words."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", part, re.MULTILINE | re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    between = re.sub(r"^ *```.*?^ *```", "", part, flags=re.MULTILINE | re.DOTALL)
    named = [" ".join(one.split()) for one in _CODE.findall(between)]
    return {*lines, *(one for one in named if _COMMAND.match(one))}


def options(command: str) -> list[str]:
    """Program and options of a command, without what each place has of its own."""
    program, *words = shlex.split(command)
    return [program, *(one.partition("=")[0] for one in words if one.startswith("-"))]
