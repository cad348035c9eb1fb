"""Under which key the ledger keeps a fact is known in blocks/ledger/facts.py: everybody else asks for it by name."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import pytest

from blocks.model.step import Step
from tests.project.rooms import FILES, ROOT, parsed

# Who takes the context of a row as a whole, without looking into it: to keep and to hash it, to send it as an event,
# and to print it for programs.
WHOLE = {
    "blocks/ledger/ledger.py",
    "blocks/ledger/row.py",
    "blocks/ledger/chain.py",
    "blocks/prefect_api/recording.py",
    "deployments/cli/ledger.py",
}
PRODUCT = [path for path in FILES if "sandbox" not in path.parts]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def looks_into(tree: ast.AST) -> Iterator[int]:
    """The lines that look up a string key in something that is called a context."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            asked, key = node.value, node.slice
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "get"
            and node.args
        ):
            asked, key = node.func.value, node.args[0]
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            asked, key = node.comparators[0], node.left
        else:
            continue
        called = asked.attr if isinstance(asked, ast.Attribute) else asked.id if isinstance(asked, ast.Name) else ""
        if called in {"context", "as_written"} and not isinstance(key, ast.Slice):
            yield node.lineno


def takes_whole(tree: ast.AST) -> Iterator[int]:
    """The lines that take the context of a row. ``info`` is pydantic's, and has another one."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or node.attr != "context" or not isinstance(node.ctx, ast.Load):
            continue
        if not (isinstance(node.value, ast.Name) and node.value.id == "info"):
            yield node.lineno


def bare_steps(tree: ast.AST) -> Iterator[int]:
    """The lines that give a step, or compare one, as a bare string."""
    for node in ast.walk(tree):
        given: list[ast.expr] = []
        if isinstance(node, ast.Dict):
            given = [value for key, value in zip(node.keys, node.values, strict=True) if _is(key, {"step"})]
        elif isinstance(node, ast.Compare):
            given = [node.left, *node.comparators]
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            given = node.args if called in {"recorded", "of", "newest"} else []
        yield from (one.lineno for one in given if _is(one, set(Step)))


def _is(node: ast.expr | None, texts: set[str]) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in texts


def found_by(look: Callable[[ast.AST], Iterator[int]], *, but: Collection[str] = ()) -> dict[str, list[int]]:
    """The lines that it finds in each file of the product, but for these files."""
    looked = {one: list(look(parsed(path))) for path in PRODUCT if (one := name_of(path)) not in but}
    assert looked
    return {name: lines for name, lines in looked.items() if lines}


def test_no_key_of_a_row_is_looked_up() -> None:
    # What it says, by name; and a snapshot, which is written and read back by one class.
    assert found_by(looks_into, but={"blocks/ledger/facts.py", "blocks/model/rotation.py"}) == {}


def test_nobody_else_takes_the_context_of_a_row() -> None:
    assert found_by(takes_whole, but=WHOLE) == {}


def test_no_step_is_a_bare_string() -> None:
    assert found_by(bare_steps) == {}


@pytest.mark.parametrize(
    "text",
    ['row.context["old"]', 'context.get("old")', '"old" in row.context', 'facts.as_written["old"]', "context[name]"],
)
def test_looking_up_a_key_is_seen(text: str) -> None:
    assert list(looks_into(ast.parse(text))) == [1]


@pytest.mark.parametrize("text", ["recorded(rotation, 'verify')", "{'step': 'verify'}", "facts.step == 'verify'"])
def test_a_bare_step_is_seen(text: str) -> None:
    assert list(bare_steps(ast.parse(text))) == [1]


def test_whoever_takes_a_context_as_a_whole_still_does() -> None:
    assert {one for one in WHOLE if list(takes_whole(ast.parse((ROOT / one).read_text())))} == WHOLE
