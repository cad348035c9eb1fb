"""Each kind of vault with its twin, as tests of what holds for all of them see it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr

from blocks.aws.session import Access, AwsSession
from blocks.errors import Missing
from blocks.vaults.aws_secrets_manager.block import SERVICE
from blocks.vaults.aws_secrets_manager.client import AwsSecretsClient
from blocks.vaults.hashicorp.client import HashicorpClient
from blocks.vaults.hashicorp.session import HashicorpSession
from blocks.vaults.infisical.client import InfisicalClient
from blocks.vaults.sealed_file.client import SealedFileClient
from blocks.vaults.sealed_file.content import SealedFile
from blocks.vaults.terms import Location
from deployments.sandbox.aws.app import REGION, AwsAccount
from deployments.sandbox.estate import Estate
from deployments.sandbox.hashicorp.app import HashicorpVault
from deployments.sandbox.server import SandboxServer
from tests.vaults.box.twin import Twin
from tests.vaults.box.vault import BoxClient
from tests.vaults.scene import ENVIRONMENT, PATH, Held, Scene, values_of


@dataclass
class _Boxed:
    twin: Twin

    def put(self, path: str, values: dict[str, str]) -> None:
        self.twin.put(ENVIRONMENT, path, values)

    def values(self, path: str) -> dict[str, str]:
        return self.twin.values(ENVIRONMENT, path)


@dataclass
class _Kept:
    twin: HashicorpVault

    def put(self, path: str, values: dict[str, str]) -> None:
        self.twin.put(f"{ENVIRONMENT}{path}", {**self.values(path), **values})

    def values(self, path: str) -> dict[str, str]:
        return self.twin.values(f"{ENVIRONMENT}{path}")


@contextmanager
def box(twin: Twin | None = None) -> Iterator[Scene]:
    """The vault of tests."""
    twin = twin or Twin()
    server = SandboxServer({"vault": twin.app()})
    server.start()
    with BoxClient(server.url("vault"), SecretStr(twin.token)) as client:
        yield _begun(Scene(_Boxed(twin), client, server))
    server.stop()


@contextmanager
def hashicorp(twin: HashicorpVault | None = None) -> Iterator[Scene]:
    """HashiCorp Vault."""
    twin = twin or HashicorpVault()
    server = SandboxServer({"vault": twin.app()})
    server.start()
    session = HashicorpSession(server.url("vault"), token=SecretStr(twin.token))
    with HashicorpClient(session, twin.mount, read_back_pause_s=0.01) as client:
        yield _begun(Scene(_Kept(twin), client, server, write=("PATCH", "/v1/secret/data/.*")))
    server.stop()


@dataclass
class _InAws:
    account: AwsAccount

    def put(self, path: str, values: dict[str, str]) -> None:
        self.account.secrets.put(f"{ENVIRONMENT}{path}", json.dumps({**self.values(path), **values}))

    def values(self, path: str) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.account.secrets.text(f"{ENVIRONMENT}{path}") or "{}")
        return found


@contextmanager
def aws(account: AwsAccount | None = None) -> Iterator[Scene]:
    """AWS Secrets Manager."""
    account = account or AwsAccount()
    server = SandboxServer({"vault": account.secrets_app()})
    server.start()
    access = Access(account.key_id, SecretStr(account.secret_key))
    session = AwsSession(SERVICE, server.url("vault"), REGION, access)
    with AwsSecretsClient(session, read_back_pause_s=0.01) as client:
        write = ("POST", "/secretsmanager.PutSecretValue")
        yield _begun(Scene(_InAws(account), client, server, write=write))
    server.stop()


@dataclass
class _OfInfisical:
    estate: Estate

    def put(self, path: str, values: dict[str, str]) -> None:
        self.estate.infisical.add_folder(self.estate.project_id, ENVIRONMENT, path)
        self.estate.infisical.put(self.estate.project_id, ENVIRONMENT, path, values)

    def values(self, path: str) -> dict[str, str]:
        return self.estate.infisical.values(self.estate.project_id, ENVIRONMENT, path)


@contextmanager
def infisical() -> Iterator[Scene]:
    """Infisical."""
    with Estate() as estate:
        seeds = estate.seeds()
        client = InfisicalClient(
            seeds["infisical_url"],
            project_id=estate.project_id,
            client_id=estate.identity[0],
            client_secret=SecretStr(estate.identity[1]),
            read_back_pause_s=0.01,
        )
        with client:
            write = ("PATCH", "/api/v3/secrets/batch/raw")
            yield _begun(Scene(_OfInfisical(estate), client, estate.server, vendor="infisical", write=write))


@dataclass
class _Sealed:
    """Seen by another client, which is no other way: nobody else reads it."""

    client: SealedFileClient

    def put(self, path: str, values: dict[str, str]) -> None:
        location = Location(ENVIRONMENT, path)
        self.client.ensure_folder(location)
        self.client.write(location, {name: SecretStr(value) for name, value in values.items()})

    def values(self, path: str) -> dict[str, str]:
        try:
            stored = self.client.read(Location(ENVIRONMENT, path))
        except Missing:
            return {}
        return {name: one.value.get_secret_value() for name, one in stored.items()}


@contextmanager
def sealed_file(folder: Path | None = None) -> Iterator[Scene]:
    """The sealed file."""
    with TemporaryDirectory(dir=folder) as made:
        sealed = SealedFile(Path(made) / "vault", Path(made) / "key")
        sealed.make()
        yield _begun(Scene(_Sealed(SealedFileClient(sealed)), SealedFileClient(sealed)))


def _begun(scene: Scene) -> Scene:
    scene.held.put(PATH, values_of(scene.old))
    return scene


def kept_by(twin: HashicorpVault) -> Held:
    """What a simulated HashiCorp Vault holds."""
    return _Kept(twin)


def in_aws(account: AwsAccount) -> Held:
    """What a simulated Secrets Manager holds."""
    return _InAws(account)


def sealed_by(sealed: SealedFile) -> Held:
    """What a sealed file holds."""
    return _Sealed(SealedFileClient(sealed))


# Those that are asked over HTTP, and all of them.
SERVED: dict[str, Callable[[], AbstractContextManager[Scene]]] = {
    "box": box,
    "hashicorp-vault": hashicorp,
    "aws-secrets-manager": aws,
    "infisical": infisical,
}
KINDS = {**SERVED, "sealed-file": sealed_file}
