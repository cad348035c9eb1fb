"""What a stand is, family by family: a kind, its twin's server, and the little that only its author knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from blocks.brakes.interface import Brake
from blocks.consumers.interface import Consumer, Handover
from blocks.issuers.interface import Issuer
from blocks.model.places import VaultPlace
from blocks.runtimes.interface import RuntimeClient
from blocks.secret import Minted
from blocks.vaults.interface import VaultClient
from blocks.vendor_block import VendorBlock
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.server import Entry, SandboxServer

# What changes something at a vendor, unless a stand says otherwise.
WRITES = "POST|PUT|PATCH|DELETE"


@dataclass(slots=True)
class Stand:
    """What all families have. ``blocks`` are document and block of all that the kind loads."""

    # None for a kind that asks nobody over a network: rules about answers do not apply to it.
    server: SandboxServer | None
    # The name of the twin's application in that server.
    vendor: str
    blocks: Sequence[tuple[str, VendorBlock]] = field(default=(), kw_only=True)

    def goes_wrong(self, kind: FaultKind, method: str = "*", path: str = ".*", **other: object) -> Fault:
        """The next requests that match do, until it is mended or ``times`` are over."""
        fault = Fault(self.vendor, kind, method, path, **{"times": None, **other})  # type: ignore[arg-type]  # as given
        self._server.plan.add(fault)
        return fault

    def mend(self) -> None:
        """Nothing goes wrong any more."""
        if self.server is not None:
            self.server.plan.clear()

    @property
    def asked(self) -> list[Entry]:
        """Every request that the twin saw, in the order of its answers."""
        return self.server.journal.of(self.vendor) if self.server is not None else []

    @property
    def _server(self) -> SandboxServer:
        if self.server is None:
            raise ValueError("this stand has no server")
        return self.server


class Kept(Protocol):
    """What a vault's twin holds, seen past its API."""

    def put(self, path: str, values: dict[str, str]) -> None:
        """Somebody stores these, beside what is there."""

    def values(self, path: str) -> dict[str, str]:
        """What is there."""


@dataclass(slots=True)
class VaultStand(Stand):
    """A vault whose place holds ``old``."""

    client: VaultClient
    kept: Kept
    place: VaultPlace
    old: Minted
    # Another pair, which nobody stored yet.
    new: Minted
    # How its requests that write values are told from others: method and path.
    write: tuple[str, str]


@dataclass(slots=True)
class ConsumerStand(Stand):
    """A consumer that has ``old``."""

    consumer: Consumer
    old: Minted
    new: Minted
    # Whether it has this very pair, seen past its API; None where no twin can tell.
    has: Callable[[Minted], bool | None]
    # How its requests that write are told from others.
    write: tuple[str, str] = (WRITES, ".*")

    def handover(self, pair: Minted) -> Handover:
        """This pair on its way there."""
        return Handover(
            pair, "r-kind-check", "checked", "paper", "the issuer", datetime.now(UTC), "rekey has no vault here"
        )


@dataclass(slots=True)
class BrakeStand(Stand):
    """A brake that is released. ``is_engaged`` is seen past its API; ``turn`` lets somebody set it to any text."""

    brake: Brake
    is_engaged: Callable[[], bool]
    turn: Callable[[str], None]
    write: tuple[str, str] = (WRITES, ".*")


@dataclass(slots=True)
class RuntimeStand(Stand):
    """A running application that reaches ``subject``, with trading on. ``trade`` switches that."""

    client: RuntimeClient
    realm: str
    subject: str
    route: str
    field_name: str
    trade: Callable[[bool], None]


@dataclass(slots=True)
class IssuerStand(Stand):
    """An issuer that accepts ``good`` and not ``dead`` any more, a pair that it issued once."""

    issuer: Issuer
    realm: str
    good: Minted
    dead: Minted
    # What people call the subject to which ``good`` belongs.
    subject: str
