"""The names in the body of a class, by the comment that begins each paragraph of them."""

from __future__ import annotations

import inspect
import re

_NAME = re.compile(r"    ([A-Za-z]\w*)(?::| =)")


def groups(kind: type) -> list[tuple[str, list[str]]]:
    """What each comment says, with the names below it up to the next paragraph or comment that begins one.

    A comment that stands between two names of a dataclass is about the next one alone, and begins nothing.
    """
    found: list[tuple[str, list[str]]] = []
    said: list[str] = []
    begins = True
    for line in inspect.getsource(kind).splitlines():
        if line.startswith("    # "):
            said.append(line.removeprefix("    # "))
        elif name := _NAME.match(line):
            if begins and said:
                found.append((" ".join(said).replace("``", "`"), []))
            if found:
                found[-1][1].append(name[1])
            said, begins = [], False
        elif re.match(r"    (@|def )", line):
            break
        else:
            said, begins = [], not line.strip()
    return found
