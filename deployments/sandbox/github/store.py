"""What the GitHub sandbox remembers: repositories, and sealed secrets with the keys that open them."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from nacl.encoding import Base64Encoder
from nacl.public import PrivateKey, SealedBox

from deployments.sandbox.github.app_keys import GithubApp, Installation
from deployments.sandbox.github.knobs import GithubKnobs
from deployments.sandbox.github.tokens import Token


def timestamp(moment: float) -> str:
    """Epoch seconds as GitHub writes them: whole seconds, UTC."""
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(slots=True)
class Kept:
    """One secret, as it was received. The key is the one that it was sealed for, because keys are replaced."""

    sealed: bytes = field(repr=False)
    key: PrivateKey = field(repr=False)
    created_at: float
    updated_at: float

    def as_json(self, name: str) -> dict[str, str]:
        """What GitHub shows of a secret."""
        moments = {"created_at": timestamp(self.created_at), "updated_at": timestamp(self.updated_at)}
        return {"name": name, **moments}


class Store:
    """The secrets of one place, with the place's key pair."""

    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}
        # Whom an organization's secret is for: all, private or selected; and the numbers of those that are selected.
        self.visibility: dict[str, str] = {}
        self.selected: dict[str, list[int]] = {}
        self.rotate_key()

    def rotate_key(self) -> None:
        """Make a new key pair with a new id."""
        self._key = PrivateKey.generate()
        # 18 digits, as GitHub's.
        self.key_id = str(secrets.randbelow(9 * 10**17) + 10**17)

    @property
    def public_key(self) -> str:
        """Base64 of 32 bytes."""
        return self._key.public_key.encode(Base64Encoder).decode()

    def opened(self, sealed: bytes) -> bytes:
        """What a sealed box holds. Raises nacl's CryptoError."""
        return SealedBox(self._key).decrypt(sealed)

    def write_sealed(self, name: str, sealed: bytes, updated_at: float | None = None) -> bool:
        """Keep a secret; whether it is new."""
        now = time.time() if updated_at is None else updated_at
        before = self.kept.get(name)
        self.kept[name] = Kept(sealed, self._key, before.created_at if before else now, now)
        return before is None

    def write_plain(self, name: str, value: str, updated_at: float | None = None) -> None:
        """Keep a secret that a person typed."""
        self.write_sealed(name.upper(), SealedBox(self._key.public_key).encrypt(value.encode()), updated_at)

    def reveal(self, name: str) -> str | None:
        """The value, or None when there is no such secret."""
        found = self.kept.get(name.upper())
        return SealedBox(found.key).decrypt(found.sealed).decode() if found else None


@dataclass(frozen=True, slots=True)
class Variable:
    """One Actions variable, which is no secret; one of an organization with whom it is for, as its secrets are."""

    value: str
    created_at: float
    updated_at: float
    visibility: str = "all"
    selected: list[int] = field(default_factory=list)

    def as_json(self, name: str) -> dict[str, str]:
        """What GitHub shows of it."""
        moments = {"created_at": timestamp(self.created_at), "updated_at": timestamp(self.updated_at)}
        return {"name": name, "value": self.value, **moments}


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a workflow, with the names of its jobs. ``status`` and ``conclusion`` are GitHub's words.

    ``later``: the jobs that it has when it was approved.
    """

    id: int
    workflow: str
    title: str
    jobs: tuple[str, ...]
    status: str = "completed"
    conclusion: str | None = "success"
    number: int = 1
    attempt: int = 1
    created_at: float = field(default_factory=time.time)
    later: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Protection:
    """What protects an environment. ``reviewers``: kinds and numbers; ``branches``: only protected, only named ones."""

    created_at: float
    updated_at: float
    wait_timer: int = 0
    reviewers: tuple[tuple[str, int], ...] = ()
    no_self_review: bool = False
    bypassed: bool = True
    branches: tuple[bool, bool] | None = None


@dataclass(slots=True)
class Repository:
    """A repository with its families of secrets."""

    full_name: str
    private: bool
    archived: bool
    # What stays the same when it is renamed or transferred.
    id: int = field(default_factory=lambda: secrets.randbelow(10**9) + 1)
    actions: Store = field(default_factory=Store)
    dependabot: Store = field(default_factory=Store)
    codespaces: Store = field(default_factory=Store)
    environments: dict[str, Store] = field(default_factory=dict)
    # Of those that were made or changed by a client.
    protections: dict[str, Protection] = field(default_factory=dict)
    # By the environment, as they are shown.
    branch_policies: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    # As they are shown, by their number.
    deploy_keys: dict[int, dict[str, Any]] = field(default_factory=dict)
    # The names of the two secrets that the attestation workflow of that file name answers with.
    attestations: dict[str, tuple[str, str]] = field(default_factory=dict)
    # Other workflows, which do nothing: their names by their file names.
    workflows: dict[str, str] = field(default_factory=dict)
    # Of workflows that were brought as files: which inputs a person gives, and whether each has to be given.
    inputs: dict[str, dict[str, bool]] = field(default_factory=dict)
    # By path. Those of workflows are read into ``workflows``.
    files: dict[str, bytes] = field(default_factory=dict, repr=False)
    # Workflows that are disabled or have no workflow_dispatch, and the environment for whose approval runs wait.
    disabled: set[str] = field(default_factory=set)
    without_dispatch: set[str] = field(default_factory=set)
    reviewed: dict[str, str] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    has_actions: bool = True
    has_alerts: bool = False
    allowed_actions: str = "all"
    workflow_rights: dict[str, Any] = field(
        default_factory=lambda: {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": False}
    )
    # Of what the identity of a job tells.
    subject: dict[str, Any] = field(default_factory=lambda: {"use_default": True})
    variables: dict[str, Variable] = field(default_factory=dict)
    environment_variables: dict[str, dict[str, Variable]] = field(default_factory=dict)
    created_at: float = field(default_factory=time.time)
    topics: list[str] = field(default_factory=list)
    # Description and homepage.
    says: dict[str, Any] = field(default_factory=dict)

    @property
    def owner(self) -> str:
        """The organization that it belongs to."""
        return self.full_name.partition("/")[0]


@dataclass(slots=True)
class Estate:
    """Everything there is. Repositories by full name in lower case, tokens by their value."""

    knobs: GithubKnobs = field(default_factory=GithubKnobs)
    repositories: dict[str, Repository] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict, repr=False)
    # The secrets that an organization shares with all of its repositories, by its name in lower case.
    organizations: dict[str, Store] = field(default_factory=dict)
    # Of Dependabot and of Codespaces, by name and family.
    organization_families: dict[tuple[str, str], Store] = field(default_factory=dict)
    # What the person shares with codespaces.
    own: Store = field(default_factory=Store)
    organization_variables: dict[str, dict[str, Variable]] = field(default_factory=dict)
    # GitHub Apps, and where they are installed, by their numbers.
    apps: dict[int, GithubApp] = field(default_factory=dict)
    installations: dict[int, Installation] = field(default_factory=dict)
    # How the webhook of an app is configured, by the app's number.
    app_hooks: dict[int, dict[str, str]] = field(default_factory=dict, repr=False)
    # OAuth apps by their id.
    oauth_apps: dict[str, Any] = field(default_factory=dict)
    # Webhooks by their number: of repositories by theirs, of organizations by name.
    hooks: dict[str, dict[int, Any]] = field(default_factory=dict)
    # Repositories by a name that they had before, in lower case.
    moved: dict[str, Repository] = field(default_factory=dict)

    def store(
        self, repository: str, environment: str | None, *, dependabot: bool = False, codespaces: bool = False
    ) -> Store:
        """The secrets of a place. KeyError when there is none."""
        found = self.repositories[repository.lower()]
        if environment is not None:
            return found.environments[environment]
        if codespaces:
            return found.codespaces
        return found.dependabot if dependabot else found.actions

    def rename(self, found: Repository, renamed: str) -> None:
        """From the former name leads a redirect from now on."""
        before = found.full_name
        del self.repositories[before.lower()]
        found.full_name = renamed
        self.repositories[renamed.lower()] = self.moved[before.lower()] = found

    def has_organization(self, owner: str) -> bool:
        """Whether a repository of it is known, or a secret."""
        known = {one.owner.lower() for one in self.repositories.values()}
        return owner.lower() in {*known, *self.organizations}

    def organization(self, owner: str, family: str = "actions") -> Store:
        """The organization's own secrets for Actions, Dependabot or Codespaces."""
        if family != "actions":
            return self.organization_families.setdefault((owner.lower(), family), Store())
        return self.organizations.setdefault(owner.lower(), Store())

    def shared_variables(self, owner: str) -> dict[str, Variable]:
        """The organization's own variables, by name."""
        return self.organization_variables.setdefault(owner.lower(), {})
