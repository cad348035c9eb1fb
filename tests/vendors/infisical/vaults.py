"""The simulated vaults of both ages on one server, and one fresh project in one of them for each test."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

import pytest
from pydantic import SecretStr

from blocks.errors import RekeyError
from blocks.vaults.infisical.block import Infisical
from blocks.vaults.infisical.client import API, InfisicalClient
from blocks.vaults.terms import Location
from deployments.sandbox import made_up
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.infisical.app import InfisicalSandbox, Profile
from deployments.sandbox.server import SandboxServer
from tests.vendors.silence import assert_silent

Kind = TypeVar("Kind", bound=RekeyError)
# How long a client waits for an answer: a busy machine takes its time; only a vault that hangs is not waited for.
LONG_S, SHORT_S = 15.0, 1.0
PATH = "/MooseQuest/alpaca"
HERE = Location("prod", PATH)
KEY, SECRET = "ALPACA_PAPER_API_KEY_ID", "ALPACA_PAPER_API_SECRET_KEY"
LOGIN = "/api/v1/auth/universal-auth/login"
PROFILES: tuple[Profile, ...] = get_args(Profile)


@dataclass(frozen=True)
class Vaults:
    """The servers, by profile."""

    sandboxes: dict[Profile, InfisicalSandbox]
    server: SandboxServer


@dataclass(frozen=True)
class TestVault:
    """One project with an identity in one vault."""

    __test__ = False

    sandbox: InfisicalSandbox
    server: SandboxServer
    profile: Profile
    api: API
    project_id: str
    client_id: str
    client_secret: str

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.server.url(self.profile)

    def block(self, **fields: Any) -> Infisical:
        """The block that an operator would fill in."""
        given: dict[str, Any] = {
            "url": self.url,
            "project_id": self.project_id,
            "client_id": self.client_id,
            "client_secret": SecretStr(self.client_secret),
            "api": self.api,
            "read_timeout_s": LONG_S,
        }
        return Infisical(**{**given, **fields})

    def client(self, read_timeout_s: float = LONG_S) -> InfisicalClient:
        """A client that does not wait between its read-backs."""
        return InfisicalClient(
            self.url,
            project_id=self.project_id,
            client_id=self.client_id,
            client_secret=SecretStr(self.client_secret),
            api=self.api,
            read_timeout_s=read_timeout_s,
            read_back_pause_s=0.0,
        )

    def fault(self, kind: FaultKind, **fields: Any) -> None:
        """Set a fault of this vault."""
        self.server.plan.add(Fault(self.profile, kind, **fields))

    def put(self, **values: str) -> None:
        """Set values in the folder."""
        self.sandbox.put(self.project_id, "prod", PATH, values)

    @property
    def values(self) -> dict[str, str]:
        """What the folder holds."""
        return self.sandbox.values(self.project_id, "prod", PATH)

    @property
    def states(self) -> list[dict[str, str]]:
        """Every state that the folder ever had."""
        return [s.values for s in self.sandbox.history if (s.project_id, s.path) == (self.project_id, PATH)]

    def requests(self, path: str, at_least: int = 0) -> int:
        """How often a path was asked. The journal is written after the answer, so wait for what is expected."""
        deadline = time.monotonic() + 5
        while (count := sum(e.path == path for e in self.server.journal.of(self.profile))) < at_least:
            assert time.monotonic() < deadline, "a request was not journaled"
        return count


@contextmanager
def running_vaults() -> Iterator[Vaults]:
    """Both vaults, served."""
    sandboxes = {profile: InfisicalSandbox(profile) for profile in PROFILES}
    server = SandboxServer({profile: sandbox.app() for profile, sandbox in sandboxes.items()})
    server.start()
    yield Vaults(sandboxes, server)
    server.stop()


@contextmanager
def fresh_vault(vaults: Vaults, profile: Profile, api: API = "v3") -> Iterator[TestVault]:
    """A project with the folder of the pair, and nothing that goes wrong."""
    sandbox = vaults.sandboxes[profile]
    vaults.server.journal.clear()
    project_id = sandbox.add_project()
    sandbox.add_folder(project_id, "prod", PATH)
    client_id, client_secret = sandbox.add_identity(project_id)
    yield TestVault(sandbox, vaults.server, profile, api, project_id, client_id, client_secret)
    sandbox.reset_knobs()
    vaults.server.plan.clear()


def folder_exists(client: InfisicalClient, location: Location) -> bool:
    """Whether the vault has that folder, asked as the client itself asks before it creates one."""
    return client._folders.exists(location)


def error_of(kind: type[Kind], act: Callable[[], object]) -> Kind:
    """The error that ``act`` raises, of exactly that kind and without a secret in it."""
    with pytest.raises(kind) as caught:
        act()
    assert type(caught.value) is kind
    assert_silent(caught.value)
    return caught.value


def pair() -> dict[str, SecretStr]:
    """Values of Alpaca's shapes under the names of the place."""
    return {SECRET: SecretStr(made_up.alpaca_secret()), KEY: SecretStr(made_up.alpaca_key_id("PK"))}
