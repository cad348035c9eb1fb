"""What a grid found so far: a file with one result a line, which processes append to, and a stopped run leaves."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")


def keep(path: Path, cell: str, result: Any, code: str | None = None) -> None:
    """Append the result, a dataclass, with the digest of the code that it was found with.

    Several processes may do so at once: a line is one write.
    """
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps({"cell": cell, "code": code, **asdict(result)}) + "\n")


def kept(path: Path, kind: type[Result], code: str | None = None) -> dict[str, Result]:
    """The newest result of each cell, by its name; none where there is no file.

    With ``code`` only what was found with that very code.
    """
    lines = path.read_text().splitlines() if path.exists() else []
    found = [json.loads(line) for line in lines]
    of = [(one.pop("cell"), one.pop("code", None), one) for one in found]
    return {cell: kind(**one) for cell, its, one in of if code in {None, its}}
