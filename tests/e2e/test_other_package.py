"""A kind of another package is registered and used like one of rekey's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.local.processes import LocalPrefect
from tests.blocks.catalog_text import PAPER
from tests.other_package import VAULT, loaded

ADDRESS = "https://drawer.example.com"
REGISTER = """
from deployments.cli.main import main
from blocks.catalog import load_catalog
from blocks.prefect_api import estate
from blocks.settings import read_settings
status = main(["register", "--blocks-only"])
place = load_catalog(read_settings().catalog).get("alpaca-paper").vault
vault = estate.vault(place)
print(status, type(vault).__name__, vault.url)
vault.delete("rekey")
"""


@pytest.fixture
def _environment(prefect: LocalPrefect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a process that reaches the server, with the address of the vault."""
    for name, value in prefect.environment.items():
        if name.startswith("PREFECT_"):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("REKEY_CATALOG", str(tmp_path / "catalog.toml"))
    monkeypatch.setenv("REKEY_DRAWER_URL", ADDRESS)


def registered(folder: Path, address: str) -> str:
    """What is said by a register, with a catalog that pins this address, and by the first look at the vault."""
    catalog = f'{PAPER}\n[vault]\nkind = "drawer"\n\n[hosts.others]\ndrawer = "{address}"\n'
    return loaded(folder, VAULT.format(kind="drawer", atomic=True), "others:Drawer", catalog, program=REGISTER)


@pytest.mark.usefixtures("_environment")
def test_a_vault_of_another_package_is_registered_and_is_the_vault(tmp_path: Path) -> None:
    said = registered(tmp_path, ADDRESS)

    assert "Drawer/rekey: saved." in said
    assert f"0 Drawer {ADDRESS}" in said


@pytest.mark.usefixtures("_environment")
def test_its_address_is_pinned_by_the_catalog_like_any_other(tmp_path: Path) -> None:
    said = registered(tmp_path, "https://other.example.com")

    assert "Drawer/rekey: saved." not in said
    assert "The block Drawer/rekey is refused, and nothing was sent to it" in said
