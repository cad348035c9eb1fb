"""The vaults of this repository before their twins."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr

from blocks.aws.session import Access, AwsSession
from blocks.errors import Missing
from blocks.model.places import VaultPlace
from blocks.vaults.aws_secrets_manager.block import SERVICE
from blocks.vaults.aws_secrets_manager.client import AwsSecretsClient
from blocks.vaults.hashicorp.client import HashicorpClient
from blocks.vaults.hashicorp.session import HashicorpSession
from blocks.vaults.infisical.block import Infisical
from blocks.vaults.sealed_file.client import SealedFileClient
from blocks.vaults.sealed_file.content import SealedFile
from blocks.vaults.terms import Location
from deployments.kit.shipped.common import NAMES, TIMEOUT_S, a_pair, block_of, current
from deployments.kit.stands import VaultStand
from deployments.sandbox.aws.app import REGION, AwsAccount
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


@dataclass(slots=True)
class _OfAws:
    account: AwsAccount

    def put(self, path: str, values: dict[str, str]) -> None:
        self.account.secrets.put(f"{VAULT_ENVIRONMENT}{path}", json.dumps({**self.values(path), **values}))

    def values(self, path: str) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.account.secrets.text(f"{VAULT_ENVIRONMENT}{path}") or "{}")
        return found


@contextmanager
def aws_secrets_manager() -> Iterator[VaultStand]:
    """AWS Secrets Manager."""
    account, old = AwsAccount(), a_pair()
    server = SandboxServer({"vault": account.secrets_app()})
    server.start()
    place = VaultPlace(environment=VAULT_ENVIRONMENT, path=VAULT_PATH, names=NAMES)
    kept = _OfAws(account)
    kept.put(VAULT_PATH, {name: value.get_secret_value() for name, value in place.named(old).items()})
    access = Access(account.key_id, SecretStr(account.secret_key))
    session = AwsSession(SERVICE, server.url("vault"), REGION, access, read_timeout_s=TIMEOUT_S)
    write = ("POST", "/secretsmanager.PutSecretValue")
    with AwsSecretsClient(session, read_back_pause_s=0.01) as client:
        yield VaultStand(server, "vault", client, kept, place, old, a_pair(), write)
    server.stop()


@dataclass(slots=True)
class _OfSealedFile:
    """Seen by another client, which is no other way: nobody else reads it."""

    client: SealedFileClient

    def put(self, path: str, values: dict[str, str]) -> None:
        location = Location(VAULT_ENVIRONMENT, path)
        self.client.ensure_folder(location)
        self.client.write(location, {name: SecretStr(value) for name, value in values.items()})

    def values(self, path: str) -> dict[str, str]:
        try:
            stored = self.client.read(Location(VAULT_ENVIRONMENT, path))
        except Missing:
            return {}
        return {name: one.value.get_secret_value() for name, one in stored.items()}


@contextmanager
def sealed_file() -> Iterator[VaultStand]:
    """A sealed file on this machine."""
    with TemporaryDirectory() as folder:
        sealed, old = SealedFile(Path(folder) / "vault", Path(folder) / "key"), a_pair()
        sealed.make()
        place = VaultPlace(environment=VAULT_ENVIRONMENT, path=VAULT_PATH, names=NAMES)
        kept = _OfSealedFile(SealedFileClient(sealed))
        kept.put(VAULT_PATH, {name: value.get_secret_value() for name, value in place.named(old).items()})
        yield VaultStand(None, "", SealedFileClient(sealed), kept, place, old, a_pair(), ("", ""))
