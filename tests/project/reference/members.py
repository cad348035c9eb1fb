"""The text below each member of an enum: a string on the next line, as documentation tools read it."""

from __future__ import annotations

import ast
import inspect
from enum import Enum
from itertools import pairwise
from textwrap import dedent


def told(kind: type[Enum]) -> dict[str, str]:
    """Member -> what is said of it, empty without a text."""
    (body,) = (node.body for node in ast.parse(dedent(inspect.getsource(kind))).body if isinstance(node, ast.ClassDef))
    found = {
        name.id: " ".join(text.value.value.split())
        for one, text in pairwise(body)
        if isinstance(one, ast.Assign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
        for name in one.targets
        if isinstance(name, ast.Name) and isinstance(text.value.value, str)
    }
    return {name: found.get(name, "") for name in kind.__members__}
