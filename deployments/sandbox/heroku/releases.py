"""How releases of the simulated Heroku go, and what each one carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(slots=True)
class HerokuKnobs:
    """How the next releases and requests go. A release keeps the knobs of the moment in which it was made."""

    # Seconds from a dyno's start until it is up (or crashed). Heroku gives a web dyno 60 s.
    boot_delay_s: float = 0.0
    # Seconds that old dynos serve on after the new ones are up, in an app with preboot. About 180 at Heroku.
    preboot_s: float = 0.0
    # Seconds that a release stays pending (its release-phase command runs) before dynos restart.
    release_phase_s: float = 0.0
    # The release phase fails: status failed, dynos keep the old config, config vars show the new one.
    release_phase_fails: bool = False
    # Config vars show the values from before a release until its release phase succeeded (heroku/cli#3345).
    config_shown_late: bool = False
    # New dynos crash instead of coming up, and the router answers 503.
    crash_on_boot: bool = False
    # Seconds for which the dyno list still shows the dynos from before a release.
    dyno_list_lag_s: float = 0.0
    # Seconds for which the release list does not show a new release.
    stale_release_s: float = 0.0
    # Whether setting a variable to the value that it has makes a release. Not documented, so both must work.
    unchanged_makes_release: bool = False
    # The answer to PATCH {}: 200 with all variables, or 422 invalid_params.
    empty_patch_status: int = 200
    # Whether PATCH {} makes a release, which Heroku is not known to do.
    empty_patch_makes_release: bool = False
    # How a revoked token is refused: 401 by Heroku's error table, 403 by its help page.
    revoked_status: int = 401
    # Entries of a list in one answer unless the request names a max.
    page_size: int = 200


@dataclass(frozen=True, slots=True)
class SandboxSlug:
    """Code with the command of each process type. ``url`` is where it is; empty for Heroku's own address of it."""

    id: str
    process_types: Mapping[str, str]
    url: str = ""
    checksum: Any = None
    commit: Any = None
    commit_description: Any = None
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class SandboxRelease:
    """One release with its own config vars. ``made_at`` is on the monotonic clock."""

    version: int
    id: str
    description: str
    user_email: str
    created_at: datetime
    made_at: float
    preboot: bool
    knobs: HerokuKnobs
    variables: Mapping[str, str] = field(repr=False)
    # The id of its code.
    slug: str

    @property
    def deployed_at(self) -> float:
        """When its dynos start, unless its release phase fails."""
        return self.made_at + self.knobs.release_phase_s

    @property
    def up_at(self) -> float:
        """When its dynos are up, or crash."""
        return self.deployed_at + self.knobs.boot_delay_s

    @property
    def serves_from(self) -> float:
        """When the router turns to its dynos."""
        return self.up_at + (self.knobs.preboot_s if self.preboot else 0.0)

    def status(self, now: float) -> str:
        """Pending, failed or succeeded."""
        if now < self.deployed_at:
            return "pending"
        return "failed" if self.knobs.release_phase_fails else "succeeded"
