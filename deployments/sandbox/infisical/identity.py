"""Machine identities of the simulated vault: what they log in with, and the tokens that they get."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from deployments.sandbox import made_up
from deployments.sandbox.infisical.rows import iso


@dataclass(slots=True)
class ClientSecret:
    """One secret that an identity logs in with. A limit of 0 is none."""

    value: str = field(repr=False)
    description: str = ""
    ttl_s: int = 0
    max_uses: int = 0
    id: str = field(default_factory=made_up.identifier)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    uses: int = 0
    revoked: bool = False

    def as_json(self, identity_id: str) -> dict[str, Any]:
        """What the vault shows of it: the first four characters, and never the rest."""
        moment = iso(self.created_at)
        return {
            "id": self.id,
            "createdAt": moment,
            "updatedAt": moment,
            "description": self.description,
            "clientSecretPrefix": self.value[:4],
            "clientSecretNumUses": self.uses,
            "clientSecretNumUsesLimit": self.max_uses,
            "clientSecretTTL": self.ttl_s,
            "identityUAId": identity_id,
            "isClientSecretRevoked": self.revoked,
        }


@dataclass(slots=True)
class Identity:
    """A machine identity with universal auth. ``rights`` are by project, see RIGHTS."""

    id: str
    client_id: str
    client_secrets: list[ClientSecret]
    rights: dict[str, set[str]]
    # Whether it may make and revoke client secrets, its own too.
    manages_identities: bool = False
    name: str = "rekey"
    # In the organization.
    role: str = "no-access"
    # What its universal auth sets otherwise than the knobs do, by the names of the API.
    settings: dict[str, Any] = field(default_factory=dict)
    has_universal_auth: bool = True
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    failures: int = 0
    failed_at: float = 0.0
    locked_until: float = 0.0


@dataclass(slots=True)
class Token:
    """An access token. Times are of the monotonic clock."""

    id: str
    raw: str = field(repr=False)
    client_secret: ClientSecret
    identity: Identity
    ttl_s: float
    max_ttl_s: float
    max_uses: int
    created_at: float
    renewed_at: float
    uses: int = 0
    expired: bool = False
    revoked: bool = False
    # Why it is over when it is not itself what was revoked.
    ended_by: str = ""
