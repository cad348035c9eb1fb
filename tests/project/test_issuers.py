"""The steps know an interface and no issuer: what is Alpaca's stands in its own folder."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from blocks.listed import ISSUERS
from tests.project.rooms import FILES, ROOT, parsed

STEPS = [path for path in FILES if path.relative_to(ROOT).parts[0] in {"flows", "tasks"}]
# What still names one, and why. Nothing may be added.
LEFT: dict[str, str] = {}


def documented(tree: ast.AST) -> set[ast.AST]:
    """The docstrings: a source may be named there."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, kinds) and ast.get_docstring(node) is not None]
    return {body[0].value for body in bodies if isinstance(body[0], ast.Expr)}


def words(path: Path) -> Iterator[str]:
    """Every name and every text in a file, but for its docstrings."""
    tree = parsed(path)
    hidden = documented(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in hidden:
            yield node.value
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def test_no_step_names_an_issuer() -> None:
    assert STEPS
    named = {
        str(path.relative_to(ROOT)): [one for one in words(path) for issuer in ISSUERS if issuer in one.lower()]
        for path in STEPS
    }
    assert {name: found for name, found in named.items() if found and name not in LEFT} == {}


def test_what_is_left_names_one_still() -> None:
    """An entry whose reason is gone goes, too."""
    assert [
        name for name in LEFT if not any(one in word.lower() for one in ISSUERS for word in words(ROOT / name))
    ] == []


def test_a_name_in_a_text_or_an_import_is_found(tmp_path: Path) -> None:
    file = tmp_path / "step.py"
    file.write_text(
        '"""Alpaca said so."""\nfrom blocks.issuers.alpaca import looks\nTOLD = f"Alpaca refuses {looks}"\n'
    )

    assert [one for one in words(file) if "alpaca" in one.lower()] == ["blocks.issuers.alpaca", "Alpaca refuses "]
