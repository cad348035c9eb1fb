"""The vaults of this repository before their twins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import SecretStr

from blocks.model.places import VaultPlace
from blocks.vaults.hashicorp.client import HashicorpClient
from blocks.vaults.hashicorp.session import HashicorpSession
from blocks.vaults.infisical.block import Infisical
from deployments.kit.shipped.common import NAMES, TIMEOUT_S, a_pair, block_of, current
from deployments.kit.stands import VaultStand
from deployments.sandbox.estate import VAULT_ENVIRONMENT, VAULT_PATH, Estate
from deployments.sandbox.hashicorp.app import HashicorpVault
from deployments.sandbox.server import SandboxServer


@dataclass(slots=True)
class _OfInfisical:
    estate: Estate

    def put(self, path: str, values: dict[str, str]) -> None:
        self.estate.infisical.put(self.estate.project_id, VAULT_ENVIRONMENT, path, values)

    def values(self, path: str) -> dict[str, str]:
        return self.estate.infisical.values(self.estate.project_id, VAULT_ENVIRONMENT, path)


@dataclass(slots=True)
class _OfHashicorp:
    twin: HashicorpVault

    def put(self, path: str, values: dict[str, str]) -> None:
        self.twin.put(f"{VAULT_ENVIRONMENT}{path}", {**self.values(path), **values})

    def values(self, path: str) -> dict[str, str]:
        return self.twin.values(f"{VAULT_ENVIRONMENT}{path}")


@contextmanager
def infisical() -> Iterator[VaultStand]:
    """Infisical, as it is in the sandbox by default."""
    place = VaultPlace(environment=VAULT_ENVIRONMENT, path=VAULT_PATH, names=NAMES)
    with Estate() as estate, block_of(estate, Infisical).get_client() as client:
        write = ("PATCH", "/api/v3/secrets/batch/raw")
        old = current(estate)
        yield VaultStand(estate.server, "infisical", client, _OfInfisical(estate), place, old, a_pair(), write)


@contextmanager
def hashicorp() -> Iterator[VaultStand]:
    """HashiCorp Vault, or OpenBao."""
    twin, old = HashicorpVault(), a_pair()
    server = SandboxServer({"vault": twin.app()})
    server.start()
    place = VaultPlace(environment=VAULT_ENVIRONMENT, path=VAULT_PATH, names=NAMES)
    kept = _OfHashicorp(twin)
    kept.put(VAULT_PATH, {name: value.get_secret_value() for name, value in place.named(old).items()})
    session = HashicorpSession(server.url("vault"), token=SecretStr(twin.token), read_timeout_s=TIMEOUT_S)
    with HashicorpClient(session, twin.mount, read_back_pause_s=0.01) as client:
        yield VaultStand(server, "vault", client, kept, place, old, a_pair(), ("PATCH", "/v1/secret/data/.*"))
    server.stop()
