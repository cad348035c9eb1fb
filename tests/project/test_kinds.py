"""The steps know contracts, and no kind of vault, consumer, brake, runtime or people.

A docstring may name one as its source.
"""

from __future__ import annotations

import re
from pathlib import Path

from blocks.issuers.interface import Issuer
from blocks.kinds import KINDS
from blocks.listed import ISSUERS, RUNTIMES, VAULTS
from blocks.runtimes.interface import Runtime
from blocks.vaults.interface import Vault
from tests.project.rooms import FILES, ROOT
from tests.project.test_issuers import STEPS, words

FAMILIES = ("consumers", "brakes", "runtimes", "vaults")
# Modules of a family that are no kind: its contract, and what is common to all kinds of it.
COMMON = ("interface", "terms", "pending", "overwrite", "read_back", "tokens")
NAMES = re.compile("heroku|github|raptor|slack|infisical", re.IGNORECASE)


def kinds_imported(path: Path) -> list[str]:
    """The modules of kinds that a file imports."""
    kind = re.compile(rf"blocks\.({'|'.join(FAMILIES)})\.(?!{'|'.join(COMMON)})\w+")
    return [one for one in words(path) if kind.match(one)]


def named(path: Path) -> list[str]:
    """The names of kinds in a file, outside of docstrings."""
    return [one for one in words(path) if NAMES.search(one)]


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


def test_no_step_names_a_kind() -> None:
    assert {str(path): found for path in STEPS if (found := named(path))} == {}


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
        '"""As Heroku does."""\n'
        "from blocks.consumers.heroku.app import App\n"
        "from blocks.consumers.interface import Consumer\n"
        'TOLD = f"Heroku: {App}, {Consumer}"\n'
    )

    assert kinds_imported(file) == ["blocks.consumers.heroku.app"]
    assert named(file) == ["blocks.consumers.heroku.app", "Heroku: "]
