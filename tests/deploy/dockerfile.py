"""Reads a Dockerfile: its instructions, and the stages in which they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Instruction:
    """One of them, with its lines put together: ``RUN``, and what is run."""

    name: str
    rest: str


def instructions(path: Path) -> list[Instruction]:
    """All of a file. Raises ValueError for a line that is none."""
    lines = [line for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    found = []
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        name, _, rest = line.partition(" ")
        if not re.fullmatch(r"[A-Z]+", name):
            raise ValueError(f"no instruction: {line}")
        found.append(Instruction(name, rest.strip()))
    return found


def stages(path: Path) -> list[list[Instruction]]:
    """The instructions of each stage, which its FROM begins."""
    found: list[list[Instruction]] = []
    for one in instructions(path):
        if one.name == "FROM":
            found.append([])
        found[-1].append(one)
    return found
