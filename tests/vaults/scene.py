"""A vault with its current pair, and what its twin holds, as tests of every vault see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from pydantic import SecretStr

from blocks.model.places import VaultPlace
from blocks.secret import Minted
from blocks.vaults.interface import VaultClient
from deployments.sandbox import made_up
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.server import SandboxServer

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
