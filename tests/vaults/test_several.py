"""One catalog with three vaults: each credential is looked for in its own, and one that is down stops no other.

A whole rotation of each of two vaults of one catalog is in tests/issuers/: declared/ in the sealed file, postmark/ in
Infisical.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from blocks import exposure
from blocks.catalog import load_catalog
from blocks.check import Depth
from blocks.errors import CatalogError, StepError
from blocks.model.places import VaultPlace
from blocks.prefect_api import estate
from blocks.prefect_api.block_cache import CACHE
from blocks.settings import read_settings
from blocks.vaults import pending
from blocks.vaults.hashicorp.block import HashicorpVault
from blocks.vaults.infisical.block import Infisical
from blocks.vaults.sealed_file.block import SealedFileVault
from blocks.vaults.sealed_file.client import SealedFileClient
from blocks.vaults.terms import Location
from deployments.sandbox.estate import OANDA, ONLY_HERE, VAULT_ENVIRONMENT, VAULT_PATH
from tasks.lookout import misrotation
from tasks.run.current import current_pair
from tasks.vault import places
from tests.health.support import looked, wrong
from tests.operator import Operator
from tests.steps.live import live_rotation
from tests.steps.support import alone, pending_marks, shipped
from tests.vaults.hosts import with_host

PAYMENTS = "https://payments.vault.example.com"
IN_PAYMENTS = "[credential.stripe-test.vault]\n"


@pytest.fixture(autouse=True)
def _three(operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Infisical for most, the sealed file for OANDA's, and for Stripe's a block of its own of HashiCorp Vault."""
    text = operator.estate.catalog(read_settings().catalog.read_text() + ONLY_HERE.read_text())
    assert IN_PAYMENTS in text
    text = text.replace(IN_PAYMENTS, f'{IN_PAYMENTS}kind = "hashicorp-vault/payments"\n')
    (tmp_path / "three.toml").write_text(with_host(text, "hashicorp-vault", PAYMENTS))
    monkeypatch.setenv("REKEY_CATALOG", str(tmp_path / "three.toml"))
    HashicorpVault(url=PAYMENTS, token=SecretStr("")).save("payments", overwrite=True)
    yield
    HashicorpVault.delete("payments")


def _place(name: str) -> VaultPlace:
    return load_catalog(read_settings().catalog).get(name).vault


def test_each_place_is_asked_for_in_its_own_vault(operator: Operator) -> None:
    blocks = {name: estate.vault(_place(name)) for name in ("alpaca-paper", "oanda-practice", "stripe-test")}

    assert {name: type(one) for name, one in blocks.items()} == {
        "alpaca-paper": Infisical,
        "oanda-practice": SealedFileVault,
        "stripe-test": HashicorpVault,
    }
    assert isinstance(blocks["stripe-test"], HashicorpVault)
    assert blocks["stripe-test"].url == PAYMENTS
    held = load_catalog(read_settings().catalog).get("oanda-practice")
    assert current_pair(held).values["token"].get_secret_value() == operator.estate.sealed_values()[OANDA]


def test_a_place_that_the_catalog_names_in_another_vault_is_not_named_in_this_one(operator: Operator) -> None:
    sealed = SealedFileClient(operator.estate.sealed)
    location = Location(VAULT_ENVIRONMENT, "/MooseQuest/alpaca")
    sealed.ensure_folder(location)
    sealed.write(location, {OANDA: SecretStr(operator.estate.sealed_values()[OANDA])})

    with pytest.raises(StepError, match=f"{OANDA} is also in folder /MooseQuest/alpaca of environment prod, which no"):
        places.demand_none(load_catalog(read_settings().catalog).get("oanda-practice"))


@pytest.mark.usefixtures("operator")
def test_a_vault_that_is_down_leaves_the_credentials_of_the_others_examined() -> None:
    found = looked("all", Depth.LIGHT)

    asked = {one["credential"] for one in found["checks"] if "nothing of it was examined" not in one["what"]}
    assert {"alpaca-paper", "postmark-server", "oanda-practice"} <= asked
    (stripe,) = [one for one in found["checks"] if one["credential"] == "stripe-test"]
    assert (stripe["outcome"], stripe["check"]) == ("unknown", "current pair")
    assert "vault hashicorp-vault/payments" in stripe["what to do"]
    assert "vault hashicorp-vault/payments" in " ".join(wrong(found))
    vaults = {one["check"]: one["outcome"] for one in found["checks"] if one["check"].startswith("vault ")}
    assert vaults == {"vault infisical": "ok", "vault sealed-file": "ok", "vault hashicorp-vault/payments": "unknown"}


@pytest.mark.usefixtures("operator")
def test_a_block_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = read_settings().catalog.read_text().replace("hashicorp-vault/payments", "hashicorp-vault/ledger")
    (tmp_path / "other.toml").write_text(text)
    monkeypatch.setenv("REKEY_CATALOG", str(tmp_path / "other.toml"))

    with CACHE.afresh(), pytest.raises(CatalogError, match="block HashicorpVault/ledger does not exist"):
        estate.vault(_place("stripe-test"))


def test_a_pair_that_belongs_to_a_credential_of_another_vault_is_put_aside_there(operator: Operator) -> None:
    sealed, here = SealedFileClient(operator.estate.sealed), Location(VAULT_ENVIRONMENT, VAULT_PATH)
    paper = shipped()
    owner = paper.model_copy(update={"vault": paper.vault.model_copy(update={"kind": "sealed-file"})})
    sealed.ensure_folder(here)
    sealed.write(here, {name: SecretStr(value) for name, value in operator.estate.vault_values().items()})
    pair, rotation = operator.regenerate(), live_rotation()
    with estate.vault(rotation.credential.vault).get_client() as client:
        pending.keep(client, rotation.credential.vault, pair)

    said: list[str] = []
    state = alone(lambda: said.append(misrotation.by_pair(rotation, owner, pair, "somebody")))

    assert state.is_completed(), state.message
    assert "it is put aside in the vault for **alpaca-paper**" in said[0]
    assert [one.same_as(pair) for one in pending.look(sealed, owner.vault).pairs(owner.vault)] == [True]
    assert pending_marks(operator.estate) == []


def test_an_incident_at_a_vault_is_about_what_it_keeps() -> None:
    catalog = load_catalog(read_settings().catalog)

    assert exposure.held_by(catalog, "vault:sealed-file") == {"oanda-practice": "vault sealed-file keeps it"}
    assert set(exposure.held_by(catalog, "vault:hashicorp-vault/payments")) == {"stripe-test"}
    with pytest.raises(StepError, match="No credential has a copy at vault:chest"):
        exposure.held_by(catalog, "vault:chest")
