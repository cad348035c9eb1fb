"""The tests that a page of docs/ names, and whether they exist."""

from __future__ import annotations

import ast
import re

from tests.project.rooms import ROOT

NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def missing(text: str) -> list[str]:
    """Those of the named tests that no file holds."""
    return [f"{file} has no {name}" for file, name in NAMED.findall(text) if name not in _defined(file)]


def _defined(file: str) -> set[str]:
    path = ROOT / file
    tree = ast.parse(path.read_text() if path.is_file() else "")
    return {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}
