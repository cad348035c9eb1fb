"""Each kind of vault with its twin, as tests of what holds for all of them see it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from pydantic import SecretStr

from blocks.aws.session import Access, AwsSession
from blocks.errors import Missing
from blocks.model.places import VaultPlace
from blocks.secret import Minted
from blocks.vaults.aws_secrets_manager.block import SERVICE
from blocks.vaults.aws_secrets_manager.client import AwsSecretsClient
from blocks.vaults.hashicorp.client import HashicorpClient
from blocks.vaults.hashicorp.session import HashicorpSession
from blocks.vaults.infisical.client import InfisicalClient
from blocks.vaults.interface import VaultClient
from blocks.vaults.sealed_file.client import SealedFileClient
from blocks.vaults.sealed_file.content import SealedFile
from blocks.vaults.terms import Location
from deployments.sandbox import made_up
from deployments.sandbox.aws.app import REGION, AwsAccount
from deployments.sandbox.estate import Estate
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.hashicorp.app import HashicorpVault
from deployments.sandbox.server import SandboxServer
from tests.vaults.box.twin import Twin
from tests.vaults.box.vault import BoxClient

ENVIRONMENT, PATH = "prod", "/app/keys"
FOLDER = f"{PATH}/rekey"
PLACE = VaultPlace(environment=ENVIRONMENT, path=PATH, names={"key_id": "KEY_ID", "secret": "SECRET"})


def a_pair() -> Minted:
    """Values of Alpaca's shapes."""
    return Minted({"key_id": SecretStr(made_up.alpaca_key_id("PK")), "secret": SecretStr(made_up.alpaca_secret())})


def values_of(pair: Minted) -> dict[str, str]:
    """By their names in the place."""
    return {name: value.get_secret_value() for name, value in PLACE.named(pair).items()}


class Held(Protocol):
    """What a twin holds, seen past its API."""

    def put(self, path: str, values: dict[str, str]) -> None:
        """Somebody stores these."""

    def values(self, path: str) -> dict[str, str]:
        """What is there."""


@dataclass
class Scene:
    """The vault with its current pair, and a client."""

    held: Held
    client: VaultClient
    # None for a vault that is no server.
    server: SandboxServer | None = None
    old: Minted = field(default_factory=a_pair)
    # How its requests that write are told from others: method and path.
    write: tuple[str, str] = ("POST", "/v1/write")
    # How its server calls it.
    vendor: str = "vault"

    def holds(self, pair: Minted) -> bool:
        """Whether the current pair is this one."""
        return self.held.values(PATH) == values_of(pair)

    @property
    def in_folder(self) -> dict[str, str]:
        """What is in flight."""
        return self.held.values(FOLDER)

    @property
    def running(self) -> SandboxServer:
        """Its server."""
        assert self.server is not None
        return self.server

    def goes_wrong(self, kind: FaultKind, *, skip: int = 0, times: int | None = 1, status: int = 500) -> None:
        """The next write does."""
        method, path = self.write
        self.running.plan.add(Fault(self.vendor, kind, method, path, status, skip=skip, times=times))


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
    session = HashicorpSession(server.url("vault"), token=SecretStr(twin.token), read_timeout_s=2.0)
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
    session = AwsSession(SERVICE, server.url("vault"), REGION, access, read_timeout_s=2.0)
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
            read_timeout_s=2.0,
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
