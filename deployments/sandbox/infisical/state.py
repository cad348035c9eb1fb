"""What the simulated vault holds, beside its secrets (rows.py), and the knobs of what goes wrong with it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from deployments.sandbox import made_up
from deployments.sandbox.github.store import Repository
from deployments.sandbox.heroku.apps import SandboxApp
from deployments.sandbox.infisical.identity import Identity, Token
from deployments.sandbox.infisical.project import Project
from deployments.sandbox.infisical.rows import Commit, Folder, Row, given_by, reached_from

Profile = Literal["2024", "current"]
FAILURES_UNTIL_LOCK = 3
# Whose token at Heroku the vault's syncs have.
SYNC_USER = "vault@example.com"
# What JavaScript's trim() takes off; Python's strip() leaves the byte order mark and takes more control characters.
JS_SPACE = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))


class Refusal(Exception):
    """An error answer of the vault: status, ``message`` (a list for a schema error), ``error`` and ``details``."""

    def __init__(self, status: int, error: str, message: Any, details: Any = None) -> None:
        self.status = status
        self.error = error
        self.message = message
        self.details = details
        super().__init__(f"{status} {error}")


@dataclass(slots=True)
class InfisicalKnobs:
    """What a test may change at any time."""

    # Seconds that an access token lives; 0 is for ever.
    token_ttl_s: float = 2592000
    # Seconds after which a token cannot be renewed any more; 0 is never.
    token_max_ttl_s: float = 2592000
    # Requests that a token is good for; 0 is without limit.
    token_max_uses: int = 0
    # Count requests per route in fixed windows and answer 429 (see `rates`).
    rate_limits: bool = False
    # Requests per window by kind of route; None takes the profile's own numbers.
    rates: dict[str, int] | None = None
    # Length of the window in seconds.
    rate_window_s: float = 60.0
    # The next batch PATCH answers 500 "bulk update secret" (a deadlock) and changes nothing; then this is False again.
    batch_fails_once: bool = False
    # Batches that create or change secrets of this folder store each value under the next name (a kind of fault
    # that its makers mended in 2026-03: Infisical/infisical#5659). Empty: no folder.
    batch_mixes_up: str = ""
    # Reads of secrets show a change this many seconds after it was made.
    replica_lag_s: float = 0.0
    # Seconds between the check of a create and its commit: concurrent creates of one name all succeed.
    create_takes_s: float = 0.0
    # Values are "<hidden-by-infisical>" for every identity (the right ReadValue is missing). Profile current only.
    hide_values: bool = False
    # Writes answer 200 with an approval and change nothing.
    approval_policy: bool = False
    # Three failed logins lock the identity. Profile current only.
    lockout: bool = True
    # Seconds after which failures are forgotten, and seconds that a lock lasts.
    lockout_reset_s: float = 30.0
    lockout_s: float = 300.0
    # Headers that an access proxy demands; without them it answers 403 with an HTML page (error 1010). None: no proxy.
    access_proxy: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class State:
    """One folder's values after one transaction (for invariants about pairs)."""

    project_id: str
    environment: str
    path: str
    values: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sync:
    """A folder that the vault gives away after each change. Native: an integration of before 2025.

    It goes to an app of Heroku's, or to the Actions secrets of a repository.
    """

    project_id: str
    environment: str
    path: str
    app: SandboxApp | Repository
    native: bool
    deletes: bool

    def run(self, values: Mapping[str, str]) -> None:
        """Set what the folder holds, and remove what it does not hold."""
        if isinstance(self.app, Repository):
            kept = self.app.actions.kept
            for name in set(kept) - set(values) if self.deletes else ():
                del kept[name]
            for name, value in values.items():
                self.app.actions.write_plain(name, value)
            return
        gone = {name: None for name in self.app.variables if name not in values} if self.deletes else {}
        self.app.change({**values, **gone}, SYNC_USER)


class Vault:
    """All of it, with the one way to change secrets."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.knobs = InfisicalKnobs()
        self.organization_id = made_up.identifier()
        self.projects: dict[str, Project] = {}
        self.identities: dict[str, Identity] = {}
        self.tokens: dict[str, Token] = {}
        # Every token ever signed, and its end (monotonic clock): an ended one is told from a forged one.
        self.signed: dict[str, float] = {}
        self.history: list[State] = []
        self.syncs: list[Sync] = []
        # When a window of the rate limit began and how many requests it had, by route and client address.
        self.windows: dict[tuple[str, str], tuple[float, int]] = {}

    @property
    def is_current(self) -> bool:
        """Whether the answers are those of a server of today."""
        return self.profile == "current"

    def setting(self, identity: Identity, name: str) -> Any:
        """What an identity's universal auth is set to: its own, or that of the knobs."""
        knobs = self.knobs
        usual = {
            "accessTokenTTL": knobs.token_ttl_s,
            "accessTokenMaxTTL": knobs.token_max_ttl_s,
            "accessTokenNumUsesLimit": knobs.token_max_uses,
            "accessTokenPeriod": 0,
            "lockoutEnabled": knobs.lockout,
            "lockoutThreshold": FAILURES_UNTIL_LOCK,
            "lockoutDurationSeconds": knobs.lockout_s,
            "lockoutCounterResetSeconds": knobs.lockout_reset_s,
        }
        return identity.settings.get(name, usual[name])

    def folder(self, project: Project, environment: str, path: str) -> Folder | None:
        """The folder, or None when it or its environment does not exist."""
        return project.environments.get(environment, {}).get(path)

    def commit(self, project: Project, environment: str, changes: Mapping[str, tuple[Row, ...]]) -> None:
        """One transaction: the new rows of each folder by path."""
        shown_from = time.monotonic() + self.knobs.replica_lag_s
        for path, rows in changes.items():
            project.environments[environment][path].commits.append(Commit(shown_from, rows))
            values = {row.key: row.value for row in rows}
            self.history.append(State(project.id, environment, path, values))
            for sync in self.syncs_of(project):
                where = (project.environments, sync.environment, sync.path)
                if (environment, path) in reached_from(*where):
                    sync.run(given_by(*where))

    def syncs_of(self, project: Project) -> list[Sync]:
        """The syncs of a project's folders."""
        return [sync for sync in self.syncs if sync.project_id == project.id]

    def make_folder(self, project: Project, environment: str, path: str) -> Folder:
        """The folder with its missing parents; the same one when it exists."""
        folders = project.environments[environment]
        parts = path.strip("/").split("/")
        for count in range(1, len(parts) + 1):
            below = "/" + "/".join(parts[:count])
            folders.setdefault(below, Folder(below))
        return folders[path]

    def move_folder(self, project: Project, environment: str, path: str, to: str) -> None:
        """Rename a folder; what is below it goes with it."""
        folders = project.environments[environment]
        for old in [one for one in folders if one == path or one.startswith(f"{path}/")]:
            folder = folders.pop(old)
            folder.path = to + old.removeprefix(path)
            folders[folder.path] = folder

    def delete_folder(self, project: Project, environment: str, path: str) -> None:
        """Remove a folder with all that is in it and below it."""
        folders = project.environments[environment]
        for old in [one for one in folders if one == path or one.startswith(f"{path}/")]:
            del folders[old]


def trimmed(value: str) -> str:
    """A value as every write stores it: edge white space off, but one line end at the end stays."""
    return value.strip(JS_SPACE) + ("\n" if value.endswith("\n") else "")
