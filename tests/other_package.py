"""A package of somebody else that brings a kind: with real metadata, in a process that has it on its path."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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
# Most of such a process's time goes to what rekey is built on, which no package of somebody else changes.
FORKING = """
import json, os, sys, traceback
import prefect, prefect.blocks.notifications, pydantic_settings, sqlalchemy.orm
assert not [name for name in sys.modules if name.split(".")[0] in ("blocks", "tasks", "flows", "deployments")]
for line in sys.stdin:
    asked = json.loads(line)
    if not os.fork():
        said = os.open(asked["said"], os.O_WRONLY | os.O_CREAT)
        os.dup2(said, 1)
        os.dup2(said, 2)
        sys.path[:0] = asked["path"]
        try:
            exec(asked["program"], {"__name__": "__main__"})
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
    os.wait()
    print("said", flush=True)
"""


class Forking:
    """A process that has imported what rekey is built on and nothing of rekey, and forks for each program."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def said(self, program: str, path: list[str], said: Path) -> str:
        """What this program prints with these folders first on its path."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"program": program, "path": path, "said": str(said)}) + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "said\n"
        return said.read_text()


@contextmanager
def forking() -> Iterator[Forking]:
    """For as long as the context lasts."""
    command = [sys.executable, "-c", FORKING]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Forking(process)


def loaded(  # each part of what somebody else brings
    folder: Path, package: str, entry: str, *catalogs: str, program: str = SAYS, by: Forking | None = None
) -> str:
    """What a process with this package on its path says of each catalog, or prints as this program.

    A process of its own, or a fork of ``by``.
    """
    (folder / "others.py").write_text(package)
    metadata = folder / "others-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: others\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[rekey.kinds]\nfile = {entry}\n")
    files = [folder / ("catalog.toml" if number == 0 else f"catalog-{number}.toml") for number in range(len(catalogs))]
    for file, catalog in zip(files, catalogs, strict=True):
        file.write_text(catalog)
    path, program = [str(ROOT), str(folder)], program.format(catalogs=[str(file) for file in files])
    if by:
        return by.said(program, path, folder / "said")
    done = subprocess.run(  # our own interpreter, and a program of this test
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr
