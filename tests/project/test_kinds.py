"""The steps know contracts, and no kind of issuer, vault, consumer, brake, runtime or people, not even in a comment."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from blocks.issuers.interface import Issuer
from blocks.kinds import KINDS
from blocks.listed import ISSUERS, RUNTIMES, VAULTS
from blocks.runtimes.interface import Runtime
from blocks.vaults.interface import Vault
from tests.project.rooms import FILES, ROOT, parsed

STEPS = [path for path in FILES if path.relative_to(ROOT).parts[0] in {"flows", "tasks"}]
FAMILIES = ("consumers", "brakes", "runtimes", "vaults")
# Modules of a family that are no kind: its contract, and what is common to all kinds of it.
COMMON = ("interface", "terms", "pending", "overwrite", "read_back", "tokens")
NAMES = re.compile(
    r"alpaca|anthropic|\bAWS\b|github|hashicorp|heroku|infisical|kubernetes|oanda|postmark|raptor|\bRender\b|slack|stripe",
    re.IGNORECASE,
)
# How a kind begins that is no vendor's.
ANYBODYS = ("declared", "http", "sealed")


def words(path: Path) -> Iterator[str]:
    """Every name and every text in a file."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
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


def kinds_imported(path: Path) -> list[str]:
    """The modules of kinds that a file imports."""
    kind = re.compile(rf"blocks\.({'|'.join(FAMILIES)})\.(?!{'|'.join(COMMON)})\w+")
    return [one for one in words(path) if kind.match(one)]


def named(path: Path) -> list[str]:
    """The names of vendors in a file."""
    return NAMES.findall(path.read_text())


def test_no_step_imports_a_kind() -> None:
    assert {str(path): found for path in STEPS if (found := kinds_imported(path))} == {}


def test_no_other_block_imports_a_kind_of_vault() -> None:
    """Only its own folder does; the list of all kinds names its place, and imports nothing."""
    folder = ROOT / "blocks" / "vaults"
    own = [path for path in FILES if path.is_relative_to(folder) and path.parent != folder]
    others = [path for path in FILES if path.is_relative_to(ROOT / "blocks") and path not in own]
    assert [one for path in own for one in kinds_imported(path) if one.startswith("blocks.vaults.")]
    assert [one for path in others for one in kinds_imported(path) if one.startswith("blocks.vaults.")] == [
        one.place for one in VAULTS.values()
    ]


def test_no_step_names_a_vendor() -> None:
    assert STEPS
    assert {str(path): found for path in STEPS if (found := named(path))} == {}


def test_every_vendor_of_a_kind_is_looked_for() -> None:
    kinds = [one for one in (*ISSUERS, *RUNTIMES, *VAULTS) if not one.startswith(ANYBODYS)]
    assert kinds
    assert [one for one in kinds if not NAMES.search(one)] == []


def test_no_step_asks_of_which_kind_an_entry_is() -> None:
    classes = {one.__name__ for one in (*KINDS.consumers, *KINDS.brakes)}
    assert classes
    assert [path for path in STEPS if classes & set(words(path))] == []


def test_what_a_list_says_of_a_kind_is_what_its_class_says() -> None:
    """A catalog is checked by the list alone, because the classes are blocks and Prefect takes seconds to load."""
    for word, issuer in ISSUERS.items():
        kind = issuer.load()
        assert issubclass(kind, Issuer)
        listed = (word, issuer.realms, issuer.called, issuer.fields, issuer.thing, issuer.load_table())
        assert (kind.word, kind.realms, kind.called, kind.fields, kind.thing, kind.own_table) == listed
    for slug, runtime in RUNTIMES.items():
        kind = runtime.load()
        assert issubclass(kind, Runtime)
        assert (kind.get_block_type_slug(), kind.takes_orders) == (slug, runtime.takes_orders)
    for word, vault in VAULTS.items():
        kind = vault.load()
        assert issubclass(kind, Vault)
        assert (kind.get_block_type_slug(), kind.atomic) == (word, vault.atomic)


def test_a_kind_that_is_imported_or_named_is_found(tmp_path: Path) -> None:
    file = tmp_path / "step.py"
    file.write_text(
        '"""As Infisical does."""\n'
        "from blocks.consumers.heroku.app import App\n"
        "from blocks.consumers.interface import Consumer\n"
        'TOLD = f"Heroku: {App}, {Consumer}"\n'
    )

    assert kinds_imported(file) == ["blocks.consumers.heroku.app"]
    assert named(file) == ["Infisical", "heroku", "Heroku"]
