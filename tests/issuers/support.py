"""What tests of issuers share: a simulated one on a port of its own, and rotations of the sandbox's own credentials."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import SecretStr

from blocks.secret import Minted
from deployments.sandbox.issuers.app import IssuersSandbox
from deployments.sandbox.server import SandboxServer


@contextmanager
def served(twins: IssuersSandbox) -> Iterator[SandboxServer]:
    """The issuers, served; their name in the plan of faults is ``issuers``."""
    server = SandboxServer({"issuers": twins.app()})
    server.start()
    try:
        yield server
    finally:
        server.stop()


def token(value: str) -> Minted:
    """A key of one value."""
    return Minted({"token": SecretStr(value)})
