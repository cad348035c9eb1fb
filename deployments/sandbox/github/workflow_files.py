"""What the GitHub sandbox reads of a workflow's file: its name, and whether and with which inputs a person starts it.

Not the whole of YAML: names of keys by how far they are indented, as files are written (GitHub: "Workflow syntax").
"""

from __future__ import annotations

import re

_TITLE = re.compile(r"^name:[ \t]*[\"']?(?P<title>[^\"'\n]+?)[\"']?[ \t]*$", re.MULTILINE)
_KEY = re.compile(r"(?P<indent> *)[\"']?(?P<name>[A-Za-z_][\w-]*)[\"']?:(?P<value>.*)")


def title_of(text: str) -> str | None:
    """The name that the file gives the workflow."""
    found = _TITLE.search(text)
    return found["title"] if found else None


def starts_by_hand(text: str) -> bool:
    """Whether workflow_dispatch is one of its triggers."""
    return "workflow_dispatch" in text


def inputs_of(text: str) -> dict[str, bool]:
    """The inputs that a person gives, by name, and whether each has to be given."""
    inputs = _below(_below(text.splitlines(), "workflow_dispatch"), "inputs")
    keys = [found for line in inputs if (found := _KEY.fullmatch(line))]
    nearest = min((len(one["indent"]) for one in keys), default=0)
    names = [one["name"] for one in keys if len(one["indent"]) == nearest]
    return {name: any(re.search(r"\brequired:\s*true\b", line) for line in _below(inputs, name)) for name in names}


def _below(lines: list[str], name: str) -> list[str]:
    """The lines that are indented further than the first key of this name, up to the next that is not."""
    for at, line in enumerate(lines):
        found = _KEY.fullmatch(line)
        if found and found["name"] == name:
            return _indented(lines[at + 1 :], len(found["indent"]))
    return []


def _indented(lines: list[str], than: int) -> list[str]:
    kept: list[str] = []
    for line in lines:
        if line.strip() and len(line) - len(line.lstrip(" ")) <= than:
            break
        kept.append(line)
    return kept
