"""Tokens of the GitHub sandbox: what each one may do, how it is sent, and what is told of its end."""

from __future__ import annotations

import base64
import binascii
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Token:
    """What a token may do. ``scopes`` is None for a fine-grained one; ``repositories`` None means all."""

    permissions: dict[str, str]
    scopes: tuple[str, ...] | None
    repositories: tuple[str, ...] | None
    # Epoch seconds; None for a token that never expires.
    ends_at: float | None = None
    # For a token of a GitHub App: the number of the installation, and whose repositories it is for.
    installation: int | None = None
    owner: str | None = None
    # Organizations, in lower case, that took a fine-grained token's access away.
    kept_out: frozenset[str] = frozenset()

    @property
    def has_ended(self) -> bool:
        """Whether it is too late for it."""
        return self.ends_at is not None and self.ends_at <= time.time()

    def sees(self, full_name: str) -> bool:
        """Whether a private repository exists for this token."""
        if self.scopes is not None:
            return "repo" in self.scopes
        if full_name.partition("/")[0].lower() in self.kept_out:
            return False
        if self.owner is not None and full_name.partition("/")[0].lower() != self.owner.lower():
            return False
        return self.repositories is None or full_name in self.repositories

    def without(self, owner: str) -> Token:
        """This token, kept out of an organization from now on."""
        return replace(self, kept_out=self.kept_out | {owner.lower()})

    def allows(self, permission: str, *, writes: bool) -> bool:
        """Whether the token may read, or write, what the permission covers."""
        if self.scopes is not None:
            return "repo" in self.scopes
        return self.permissions.get(permission) in ({"write"} if writes else {"read", "write"})


def presented(authorization: str) -> str:
    """The token: after Bearer or token, or as the password of Basic, with which `curl -u NAME:TOKEN` sends it."""
    kind, _, value = authorization.partition(" ")
    if kind.lower() in {"bearer", "token"}:
        return value.strip()
    try:
        name, _, password = base64.b64decode(value if kind.lower() == "basic" else "").decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    # GitHub takes a token in either half, since git sends it as the name.
    return name if password in {"", "x-oauth-basic"} else password


def expiry(token: Token | None) -> dict[str, str]:
    """GitHub tells when a personal access token expires, in this form (changelog of 2021-07-26)."""
    if token is None or token.ends_at is None or token.installation is not None:
        return {}
    ends = datetime.fromtimestamp(token.ends_at, UTC)
    return {"GitHub-Authentication-Token-Expiration": f"{ends:%Y-%m-%d %H:%M:%S} UTC"}
