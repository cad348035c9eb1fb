"""Which rooms there are and who imports whom, read from the source itself.

A room is a folder below a package, or a file that stands in the package's own folder. In ``blocks`` a kind's folder is
a room of its own: what is common to a family of kinds is below what uses it, and the kinds are above. Read with the
standard library alone, so that the picture can be drawn where nothing is installed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("flows", "tasks", "blocks", "deployments")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


@cache
def parsed(path: Path) -> ast.Module:
    """What a file holds; each is read by several tests."""
    return ast.parse(path.read_text())


def room(module: str) -> str:
    """Where a module is: its folder (outside of ``blocks`` the one right below its package), or itself without one."""
    package, first, *rest = module.split(".")
    kinds = rest[:-1] if package == "blocks" else []
    return ".".join([package, first, *kinds])


def arrows(of: Callable[[str], str]) -> dict[str, set[str]]:
    """Which rooms (or files) import which others."""
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in FILES}
    found: dict[str, set[str]] = {of(module): set() for module in modules}
    for module in modules:
        for node in ast.walk(parsed(ROOT.joinpath(*module.split(".")).with_suffix(".py"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                meant = {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
                found[of(module)] |= {of(one) for one in meant & modules}
    return {name: others - {name} for name, others in found.items()}
