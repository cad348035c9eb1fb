"""What the stands of this repository share: the estate of the sandbox, and its blocks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import SecretStr

from blocks.secret import Minted
from blocks.settings import ROOT
from blocks.vendor_block import VendorBlock
from deployments.sandbox import made_up
from deployments.sandbox.estate import PAPER, Estate
from deployments.setup.register import blocks_of

# No stand waits longer for an answer. A busy machine must not look like silence.
TIMEOUT_S = 2.0
CATALOG, SHIPPED = "REKEY_CATALOG", ROOT / "deployments" / "catalog.toml"
FIELDS = ("key_id", "secret")
NAMES = dict(zip(FIELDS, PAPER, strict=True))


def a_pair() -> Minted:
    """Values of Alpaca's shapes, which nobody was issued."""
    return Minted({"key_id": SecretStr(made_up.alpaca_key_id("PK")), "secret": SecretStr(made_up.alpaca_secret())})


def all_blocks(estate: Estate) -> list[tuple[str, VendorBlock]]:
    """As ``rekey register`` makes them, and impatient."""
    found = [(document, block) for _, document, block in blocks_of(estate.seeds()) if isinstance(block, VendorBlock)]
    for _, block in found:
        if hasattr(block, "read_timeout_s"):
            block.read_timeout_s = TIMEOUT_S
    return found


@contextmanager
def catalog_of(estate: Estate) -> Iterator[None]:
    """The catalog that is read in here names the estate's addresses, for a kind that looks at them."""
    before = os.environ.get(CATALOG)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "catalog.toml"
        path.write_text(estate.catalog(SHIPPED.read_text()))
        os.environ[CATALOG] = str(path)
        try:
            yield
        finally:
            os.environ.pop(CATALOG)
            os.environ |= {CATALOG: before} if before is not None else {}


def block_of(estate: Estate, kind: type[Any], document: str = "rekey") -> Any:
    """The one block of this kind and name."""
    return next(block for name, block in all_blocks(estate) if isinstance(block, kind) and name == document)


def current(estate: Estate) -> Minted:
    """The paper pair that the vault and every consumer have."""
    values = estate.vault_values()
    return Minted({name: SecretStr(values[NAMES[name]]) for name in FIELDS})
