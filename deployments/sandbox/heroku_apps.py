"""Simulated Heroku apps: config vars, releases and what their dynos run at this moment.

Nothing is timed by a timer. Each release notes when it was made and how it will go (the knobs of that moment), and
every question is answered by comparing with the clock, so state is the same whoever asks, however seldom.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from deployments.sandbox.made_up import identifier

_OWNER = "owner@example.com"


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


@dataclass(frozen=True, slots=True)
class SandboxDyno:
    """One dyno as the list shows it."""

    name: str
    type: str
    state: str
    release: SandboxRelease
    created_at: datetime
    updated_at: datetime


class SandboxApp:
    """One app. ``types`` is its formation (quantity by process type) and may be changed at any time."""

    def __init__(
        self, name: str, variables: Mapping[str, str], types: Mapping[str, int], knobs: HerokuKnobs, *, preboot: bool
    ) -> None:
        self.id = identifier()
        self.name = name
        self.types = dict(types)
        self.preboot = preboot
        # Shared with every app unless a test gives this app knobs of its own.
        self.knobs = knobs
        self.created_at = datetime.now(UTC)
        self.variables = dict(variables)
        self.releases: list[SandboxRelease] = []
        # What was started by hand or by the scheduler; and since when an Eco app sleeps, with which release.
        self.one_offs: list[SandboxDyno] = []
        self._asleep: SandboxRelease | None = None
        self._add_release("Initial release", _OWNER, HerokuKnobs())

    def change(self, change: Mapping[str, str | None], by: str) -> None:
        """Set and (None) remove config vars at once: one release, or none when nothing differs."""
        after = {**self.variables, **{name: value for name, value in change.items() if value is not None}}
        after = {name: value for name, value in after.items() if change.get(name, value) is not None}
        differs = after != self.variables
        self.variables = after
        wanted = self.knobs.unchanged_makes_release if change else self.knobs.empty_patch_makes_release
        if differs or wanted:
            self._add_release(_description(change), by, replace(self.knobs))

    def _add_release(self, description: str, by: str, knobs: HerokuKnobs) -> None:
        self.releases.append(
            SandboxRelease(
                version=len(self.releases) + 1,
                id=identifier(),
                description=description,
                user_email=by,
                created_at=datetime.now(UTC),
                made_at=time.monotonic(),
                preboot=self.preboot,
                knobs=knobs,
                variables=dict(self.variables),
            )
        )

    def listed_releases(self) -> list[SandboxRelease]:
        """The releases that a list shows now, oldest first."""
        now = time.monotonic()
        return [one for one in self.releases if now >= one.made_at + one.knobs.stale_release_s or one.version == 1]

    def current_release(self) -> SandboxRelease:
        """The newest release that succeeded."""
        return self._newest_deployed(time.monotonic())

    def fall_asleep(self) -> None:
        """As an Eco app does after half an hour without a request: its web dynos are idle until the next one."""
        self._asleep = self.current_release()

    def wake(self) -> None:
        """A request came."""
        self._asleep = None

    def start_one_off(self, kind: str = "run") -> str:
        """A dyno beside the formation, with the variables of now; its name. No release restarts it."""
        now, release = datetime.now(UTC), self.current_release()
        name = f"{kind}.{1000 + len(self.one_offs)}"
        self.one_offs.append(SandboxDyno(name, kind, "up", release, now, now))
        return name

    def stop_dyno(self, name: str) -> bool:
        """Stop one: a one-off is gone, one of the formation starts anew at once. Whether there is one."""
        known = [one.name for one in self.dynos()]
        self.one_offs = [one for one in self.one_offs if one.name != name]
        return name in known

    def dynos(self) -> list[SandboxDyno]:
        """The dynos that the list shows now: new ones from their start on, whoever serves."""
        now = time.monotonic()
        release = self._newest_deployed(now, lagging=True)
        started = release.created_at + timedelta(seconds=release.knobs.release_phase_s)
        settled = timedelta(seconds=release.knobs.boot_delay_s if now >= release.up_at else 0.0)
        asleep = self._asleep
        listed = [
            SandboxDyno(f"{kind}.{number}", kind, "idle", asleep, asleep.created_at, asleep.created_at)
            if asleep is not None and kind == "web"
            else SandboxDyno(f"{kind}.{number}", kind, _state(release, now), release, started, started + settled)
            for kind, quantity in self.types.items()
            for number in range(1, quantity + 1)
        ]
        return [*listed, *self.one_offs]

    def serving(self) -> Mapping[str, str] | None:
        """The config vars of the dyno to which the router leads now; None when it is not there or crashed.

        The old dyno serves until a new one is up. A release that is replaced before it serves never does.
        """
        now = time.monotonic()
        replaced_at = float("inf")
        for release in reversed(self.releases):
            if release.status(now) != "succeeded":
                continue
            if release.serves_from <= now and (release.serves_from <= replaced_at or release.version == 1):
                up = self.types.get("web", 0) > 0 and not release.knobs.crash_on_boot
                return release.variables if up else None
            replaced_at = release.deployed_at
        return None

    def _newest_deployed(self, now: float, *, lagging: bool = False) -> SandboxRelease:
        for release in reversed(self.releases):
            lag = release.knobs.dyno_list_lag_s if lagging else 0.0
            if release.status(now) == "succeeded" and now >= release.deployed_at + lag:
                return release
        return self.releases[0]


def _state(release: SandboxRelease, now: float) -> str:
    if now < release.up_at:
        return "starting"
    return "crashed" if release.knobs.crash_on_boot else "up"


def _description(change: Mapping[str, str | None]) -> str:
    changed = [name for name, value in change.items() if value is not None]
    removed = [name for name, value in change.items() if value is None]
    if changed or not removed:
        return f"Set {', '.join(changed)} config vars"
    return f"Remove {', '.join(removed)} config vars"
