"""What a simulated Vault holds: secrets with their versions and settings, tokens, and how it may behave."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request

from deployments.sandbox import made_up
from deployments.sandbox.hashicorp.answers import VaultError, duration

ALL = frozenset({"create", "read", "update", "patch", "delete", "list"})
_USUAL_VERSIONS = 10
TTL_S = 1200


def moment(at: datetime) -> str:
    """A time in nanoseconds, as Go writes it."""
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}012Z"


@dataclass
class Version:
    """One version of a secret; ``data`` is None once it is destroyed, or gone because there are too many."""

    data: dict[str, Any] | None
    at: str
    # May lie ahead.
    deleted_at: str = ""
    is_gone: bool = False

    @property
    def is_deleted(self) -> bool:
        """Whether its time of deletion has come."""
        return bool(self.deleted_at) and datetime.fromisoformat(self.deleted_at) <= datetime.now(UTC)

    @property
    def is_there(self) -> bool:
        """Whether it is read as a secret."""
        return self.data is not None and not self.is_deleted

    @property
    def times(self) -> dict[str, Any]:
        """What the metadata of its secret says of it."""
        return {"created_time": self.at, "deletion_time": self.deleted_at, "destroyed": self.data is None}

    def told(self, number: int, custom: dict[str, str] | None) -> dict[str, Any]:
        """Its own metadata."""
        return {**self.times, "custom_metadata": custom, "version": number}


@dataclass
class About:
    """The settings of one secret. ``oldest`` is the first version that is kept; 0 before any was dropped."""

    at: str
    updated_at: str
    oldest: int = 0
    max_versions: int = 0
    cas_required: bool = False
    delete_after_s: int = 0
    custom: dict[str, str] | None = None


@dataclass
class Knobs:
    """How this vault may behave."""

    sealed: bool = False
    # What a policy grants.
    capabilities: frozenset[str] = ALL
    # How many reads still show what was there before the last write, as a standby that is behind does.
    stale_reads: int = 0
    # What is answered to a destruction, and not done.
    keeps_versions: bool = False
    # How long a token that looks itself up still has, None for no end; and how often it may be used, 0 for no limit.
    token_lasts_s: int | None = TTL_S
    token_uses: int = 0


@dataclass
class State:
    """Its secrets by path, each with all its versions, the first one at 0, and with its settings."""

    mount: str = "secret"
    token: str = field(default_factory=lambda: made_up.token("hvs."))
    role_id: str = field(default_factory=made_up.identifier)
    secret_id: str = field(default_factory=lambda: made_up.token("", 36))
    knobs: Knobs = field(default_factory=Knobs)
    tokens: set[str] = field(default_factory=set)
    revoked: set[str] = field(default_factory=set)
    kept: dict[str, list[Version]] = field(default_factory=dict)
    about: dict[str, About] = field(default_factory=dict)
    logins: int = 0

    def put(self, path: str, data: dict[str, Any]) -> None:
        """Somebody writes there by hand. What is then too old to be kept is gone with its metadata."""
        about, now = self.made(path), datetime.now(UTC)
        ends = moment(now + timedelta(seconds=about.delete_after_s)) if about.delete_after_s else ""
        versions, about.updated_at = self.kept[path], moment(now)
        versions.append(Version(data, moment(now), ends))
        # As OpenBao's KeyMetadata.AddVersion slides its window.
        most = about.max_versions or _USUAL_VERSIONS
        if len(versions) - about.oldest >= most:
            about.oldest = len(versions) - most + 1
            for one in versions[: about.oldest - 1]:
                one.data, one.is_gone = None, True

    def made(self, path: str) -> About:
        """The settings of a secret, which is there from now on."""
        now = moment(datetime.now(UTC))
        self.kept.setdefault(path, [])
        return self.about.setdefault(path, About(now, now))

    def values(self, path: str) -> dict[str, Any]:
        """What the newest version holds."""
        versions = self.kept.get(path, [])
        return dict(versions[-1].data or {}) if versions and versions[-1].is_there else {}

    def ever_held(self, name: str) -> bool:
        """Whether any version of any secret has this name, or one that begins with it."""
        return any(
            one.startswith(name) for versions in self.kept.values() for each in versions for one in each.data or {}
        )

    def told_about(self, path: str) -> dict[str, Any]:
        """The metadata of a secret."""
        about, versions = self.about[path], self.kept[path]
        return {
            "versions": {str(number): one.times for number, one in enumerate(versions, 1) if not one.is_gone},
            "current_version": len(versions),
            "oldest_version": about.oldest,
            "created_time": about.at,
            "updated_time": about.updated_at,
            "max_versions": about.max_versions,
            "cas_required": about.cas_required,
            "delete_version_after": duration(about.delete_after_s),
            "custom_metadata": about.custom,
        }

    def demand_open(self) -> None:
        """Raise VaultError while it is sealed."""
        if self.knobs.sealed:
            raise VaultError(503, ["Vault is sealed"])

    def demand(self, request: Request, *capabilities: str) -> str:
        """The token of a request that may do this. Raises VaultError."""
        token = presented(request)
        known = (self.token, *self.tokens)
        if token in self.revoked or not any(secrets.compare_digest(token.encode(), one.encode()) for one in known):
            raise VaultError(403, ["2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n"])
        if not set(capabilities) <= self.knobs.capabilities:
            raise VaultError(403, ["1 error occurred:\n\t* permission denied\n\n"])
        if request.path_params.get("mount", self.mount) != self.mount:
            raise no_route(request)
        return token


def presented(request: Request) -> str:
    """The token in Vault's own header, or after Bearer (http/handler.go, getTokenFromReq)."""
    token = request.headers.get("X-Vault-Token", "")
    said = request.headers.get("Authorization", "")
    return token or (said.removeprefix("Bearer ").strip() if said.startswith("Bearer ") else "")


def no_route(request: Request) -> VaultError:
    """What is said where nothing is mounted."""
    path = request.url.path.removeprefix("/v1/")
    return VaultError(404, [f'no handler for route "{path}". route entry not found.'])
