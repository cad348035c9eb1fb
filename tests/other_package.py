"""A package of somebody else that brings a kind: with real metadata, in a process that has it on its path."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from blocks.settings import ROOT

VAULT = """
from typing import ClassVar
from blocks.vaults.interface import Vault
from blocks.vaults.terms import Words


class Drawer(Vault):
    _block_type_name = "Drawer"
    _block_type_slug = "{kind}"
    addresses: ClassVar[dict[str, str]] = {{"url": "others.drawer"}}
    url: str
    words: ClassVar[Words] = Words("Drawer", "the drawer", "the drawer", "there is none")
    atomic: ClassVar[bool] = {atomic}

    def get_client(self):
        raise NotImplementedError

    def fetch(self, place):
        return "open it"
"""
SAYS = """
from pathlib import Path
from blocks.catalog import load_catalog
from blocks.errors import CatalogError
for file in {catalogs!r}:
    try:
        catalog = load_catalog(Path(file))
        found = catalog.get("alpaca-paper")
        print(found.issuer, catalog.vault.kind, [one.label for one in found.consumers])
    except CatalogError as refused:
        print(refused)
"""


def loaded(folder: Path, package: str, entry: str, *catalogs: str, program: str = SAYS) -> str:
    """What a process with this package on its path says of each catalog, or prints as this program."""
    (folder / "others.py").write_text(package)
    metadata = folder / "others-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: others\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[rekey.kinds]\nfile = {entry}\n")
    files = [folder / ("catalog.toml" if number == 0 else f"catalog-{number}.toml") for number in range(len(catalogs))]
    for file, catalog in zip(files, catalogs, strict=True):
        file.write_text(catalog)
    path = os.pathsep.join([str(ROOT), str(folder)])
    done = subprocess.run(  # our own interpreter, and a program of this test
        [sys.executable, "-c", program.format(catalogs=[str(file) for file in files])],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr
