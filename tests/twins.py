"""Which tests ask only the sandbox's twins, and whether anything that they go through changed since all were green.

They are a third of all tests and say nothing new while neither a twin nor a client changed. ``make twins`` runs all of
them and then writes the digest of what they go through; ``make test`` leaves them out while that digest is the same.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from blocks.settings import ROOT

# Every twin with the clients that others wrote, rekey's own clients against them, and the rules of each shipped kind.
TESTS = (
    "tests/vendors",
    "tests/vaults/hashicorp",
    "tests/vaults/aws",
    "tests/vaults/test_client_contract.py",
    "tests/kit/test_shipped_kinds.py",
)
PACKAGES = ("flows", "tasks", "blocks", "deployments", "tests")
# What they go through beside what they import: how pytest runs them, what guards each of them, other files they read.
BESIDE = (
    "requirements-dev.lock",
    "pyproject.toml",
    "deployments/catalog.toml",
    "deployments/sandbox/issuers.toml",
    "tests/conftest.py",
)
ROOTS = (*TESTS, "deployments/sandbox", "deployments/kit", "tests/canaries.py", "tests/twins.py")
DIGEST = ROOT / "tests" / "twins.digest"
COMMAND = "`make twins` runs them"


def left_out() -> list[str]:
    """The options with which pytest leaves them out: none when anything changed. One line says which, and why."""
    if digest() != recorded():
        sys.stderr.write("The twins' own tests run, too: what they go through changed since `make twins` was green.\n")
        return []
    sys.stderr.write(f"The twins' own tests are left out: nothing that they go through changed since. {COMMAND}.\n")
    return ["--ignore=" + one for one in TESTS]


def recorded() -> str:
    """The digest of what they went through when all of them were green; empty before the first time."""
    return DIGEST.read_text().strip() if DIGEST.exists() else ""


def digest(root: Path = ROOT) -> str:
    """Of every byte of what they go through, with the names of the files."""
    whole = hashlib.sha256()
    for path in sorted(gone_through(root)):
        whole.update(f"{path.relative_to(root)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


def gone_through(root: Path = ROOT) -> set[Path]:
    """These tests, the sandbox, all of rekey that one of them imports at any distance, and what stands beside."""
    modules = {_name(path.relative_to(root)): path for package in PACKAGES for path in _python(root / package)}
    found: set[Path] = set()
    left = [path for one in ROOTS for path in _python(root / one)]
    while left:
        path = left.pop()
        if path not in found:
            found.add(path)
            left += [modules[name] for name in _imported(path.read_bytes()) if name in modules]
    return found | {root / one for one in BESIDE}


def _python(place: Path) -> Iterable[Path]:
    return [place] if place.suffix == ".py" else place.rglob("*.py")


def _name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


@cache
def _imported(content: bytes) -> frozenset[str]:
    """Every module that a file with this content names, and the packages that it stands in: Python runs those first."""
    names: list[str] = []
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, ast.Import):
            names += [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
    parts = [name.split(".") for name in names]
    return frozenset(".".join(one[:length]) for one in parts for length in range(1, len(one) + 1))


if __name__ == "__main__":
    # Only `make twins` calls it, and only after all of them were green.
    DIGEST.write_text(f"{digest()}\n")
