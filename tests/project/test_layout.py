"""The layout is a promise: imports run one way, and flows hold nothing but procedures."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.project.rooms import FILES, ROOT, arrows, parsed, room

# Who may import whom. Tests may import everything, and nothing imports tests.
ALLOWED = {
    "flows": {"flows", "tasks", "blocks"},
    "tasks": {"tasks", "blocks"},
    "blocks": {"blocks"},
    "deployments": {"deployments", "flows", "blocks"},
}
OWN = {*ALLOWED, "tests"}


def imported(path: Path) -> set[str]:
    """The top-level packages of our own that a file imports."""
    names: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names & OWN


def test_imports_run_one_way() -> None:
    assert FILES
    other_way = {path: imported(path) - ALLOWED[path.relative_to(ROOT).parts[0]] for path in FILES}
    assert {str(path): names for path, names in other_way.items() if names} == {}


def test_the_product_does_not_know_the_sandbox() -> None:
    product = [path for path in FILES if path.relative_to(ROOT).parts[0] in {"flows", "tasks", "blocks"}]
    assert product
    assert [path for path in product if "sandbox" in path.read_text()] == []


def flow_files() -> list[Path]:
    return sorted(path for path in (ROOT / "flows").glob("*.py") if path.name != "__init__.py")


@pytest.mark.parametrize("of", [room, str], ids=["rooms", "files"])
def test_nothing_imports_itself_by_way_of_others(of: Callable[[str], str]) -> None:
    """The sandbox's rooms serve one estate, and so know each other: of these the files are looked at."""
    order = TopologicalSorter(
        {name: {one for one in others if of is str or "deployments" not in one} for name, others in arrows(of).items()}
    )

    order.prepare()  # raises CycleError, with the names


@pytest.mark.parametrize("path", flow_files(), ids=lambda path: path.name)
def test_a_flow_file_holds_one_flow_and_nothing_else(path: Path) -> None:
    """Prefect loads it under a bare module name: a class that lives there could not be unpickled elsewhere."""
    body = parsed(path).body
    defined = [node for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)]
    assert [node.name for node in defined] == [path.stem]


@pytest.mark.parametrize("path", flow_files(), ids=lambda path: path.name)
def test_no_flow_file_hides_a_module(path: Path) -> None:
    """Prefect leaves flows/ on the path, where a file of the same name would win."""
    assert path.stem not in sys.stdlib_module_names
    assert path.stem not in packages_distributions()


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        str(path.relative_to(ROOT))
        for path in FILES
        if path.relative_to(ROOT).parts[0] != "deployments" and "os.environ" in path.read_text()
    }
    # The vault's second reader runs in a process of its own and passes the system's certificate file on.
    # The settings look whether it has changed since pydantic-settings read it.
    assert readers <= {
        "blocks/settings.py",
        "blocks/vaults/infisical/reader.py",
        "blocks/vaults/infisical/consumer.py",
    }


def test_every_docstring_says_by_itself_what_is_meant() -> None:
    """One that begins with "The same" means nothing to whoever reads it in a form, in help or in an editor's window."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    leaning = [
        f"{path.relative_to(ROOT)}: {getattr(node, 'name', 'the module')}"
        for path in FILES
        for node in ast.walk(parsed(path))
        if isinstance(node, documented) and (ast.get_docstring(node) or "").startswith(("The same", "Same as"))
    ]
    assert leaning == []
