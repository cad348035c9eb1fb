"""Simulated Heroku apps: config vars, releases and what their dynos run at this moment.

Nothing is timed by a timer. Each release notes when it was made and how it will go (the knobs of that moment), and
every question is answered by comparing with the clock, so state is the same whoever asks, however seldom.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from deployments.sandbox.heroku.releases import HerokuKnobs, SandboxRelease, SandboxSlug
from deployments.sandbox.made_up import identifier

_OWNER = "owner@example.com"
_SIZE = "Basic"


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
        self.maintenance, self.acm, self.owner = False, True, _OWNER
        self.stack, self.region = "heroku-24", "us"
        self.releases: list[SandboxRelease] = []
        # The code that there is, by id, and which of it the next release has.
        self.slug = self.id
        self.slugs = {self.id: SandboxSlug(self.id, dict.fromkeys(types, "run it"), created_at=self.created_at)}
        # The add-on by the config var that it brought, which nobody sets by hand.
        self.attached: dict[str, str] = {}
        # By process type, unless it is the usual one.
        self._sizes: dict[str, str] = {}
        # By version and process type: the release as its dynos were started again, with the knobs of that moment.
        self._restarted: dict[tuple[int, str], SandboxRelease] = {}
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

    def attach(self, variable: str, value: str | None, description: str, by: str) -> None:
        """Have a config var that an add-on brings, or (None) no more, in a release that says so."""
        others = {name: held for name, held in self.variables.items() if name != variable}
        self.variables = others if value is None else {**others, variable: value}
        self._add_release(description, by, replace(self.knobs))

    def shown_variables(self) -> dict[str, str]:
        """The config vars as they are told now: those that are set, or until their release succeeded those before."""
        newest = self.releases[-1]
        late = newest.knobs.config_shown_late and newest.status(time.monotonic()) != "succeeded"
        return dict(self.current_release().variables if late else self.variables)

    def release_again(self, description: str, by: str) -> SandboxRelease:
        """A new release of the same code with the config vars as they are set: its release command runs anew."""
        self._add_release(description, by, replace(self.knobs))
        return self.releases[-1]

    def release_slug(self, slug: SandboxSlug, description: str, by: str) -> SandboxRelease:
        """A new release of this code with the config vars as they are set."""
        self.slugs[slug.id] = slug
        self._take(slug.id)
        return self.release_again(description, by)

    def _take(self, slug: str) -> None:
        """Have that code from now on: a process type that is new runs one dyno of web, and none of the others."""
        if slug == self.slug:
            return
        kinds = [kind for kind in self.slugs[slug].process_types if kind != "release"]
        self.slug, self.types = slug, {kind: self.types.get(kind, int(kind == "web")) for kind in kinds}

    def roll_back(self, to: SandboxRelease, by: str) -> SandboxRelease:
        """A new release with the config vars and the code of an older one; add-ons stay (documented)."""
        brought = {name: value for name, value in self.variables.items() if name in self.attached}
        self.variables = {**to.variables, **brought}
        self._take(to.slug)
        return self.release_again(f"Rollback to v{to.version}", by)

    def restart(self, kind: str | None = None) -> None:
        """Start the dynos of a process type anew, or of every one, on the release that they run; one-offs go on."""
        release, knobs = self.current_release(), replace(self.knobs, release_phase_s=0.0, release_phase_fails=False)
        again = replace(release, made_at=time.monotonic(), created_at=datetime.now(UTC), knobs=knobs)
        self._restarted.update({(release.version, one): again for one in self.types if kind in {None, one}})

    def size_of(self, kind: str) -> str:
        """How large the dynos of a process type are."""
        return self._sizes.get(kind, _SIZE)

    def scale(self, kind: str, quantity: int, size: str) -> None:
        """So many dynos of this size. Another size starts those of the type anew."""
        resized = size != self.size_of(kind)
        self.types[kind], self._sizes[kind] = quantity, size
        if resized:
            self.restart(kind)

    @property
    def has_release_command(self) -> bool:
        """Whether its releases run a command before their dynos start."""
        every = [self.knobs, *(one.knobs for one in self.releases)]
        return "release" in self.types or any(one.release_phase_s > 0 or one.release_phase_fails for one in every)

    def formation(self) -> dict[str, int]:
        """Quantity by process type. A release command is a type of its own, of which no dyno stays."""
        return {**({"release": 0} if self.has_release_command else {}), **self.types}

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
                slug=self.slug,
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

    def stop_one_offs(self, kind: str) -> bool:
        """Stop those of a process type. Whether there were any."""
        kept = [one for one in self.one_offs if one.type != kind]
        were_there, self.one_offs = len(kept) < len(self.one_offs), kept
        return were_there

    def dynos(self) -> list[SandboxDyno]:
        """The dynos that the list shows now: new ones from their start on, whoever serves."""
        now = time.monotonic()
        release = self._newest_deployed(now, lagging=True)
        listed = [
            self._dyno(f"{kind}.{number}", kind, release, now)
            for kind, quantity in self.types.items()
            for number in range(1, quantity + 1)
        ]
        return [*listed, *self.one_offs]

    def _dyno(self, name: str, kind: str, release: SandboxRelease, now: float) -> SandboxDyno:
        asleep = self._asleep
        if asleep is not None and kind == "web":
            return SandboxDyno(name, kind, "idle", asleep, asleep.created_at, asleep.created_at)
        boot = self._restarted.get((release.version, kind), release)
        started = boot.created_at + timedelta(seconds=boot.knobs.release_phase_s)
        settled = timedelta(seconds=boot.knobs.boot_delay_s if now >= boot.up_at else 0.0)
        return SandboxDyno(name, kind, _state(boot, now), release, started, started + settled)

    def serving(self) -> Mapping[str, str] | None:
        """The config vars of the dyno to which the router leads now; None when it leads to none.

        That is so without a web dyno, when it crashed or starts again, and while maintenance mode is on. The old
        dyno serves until a new one is up. A release that is replaced before it serves never does.
        """
        now = time.monotonic()
        replaced_at = float("inf")
        for release in reversed(self.releases):
            if release.status(now) != "succeeded":
                continue
            if release.serves_from <= now and (release.serves_from <= replaced_at or release.version == 1):
                boot = self._restarted.get((release.version, "web"), release)
                crashed = boot.knobs.crash_on_boot or now < boot.up_at
                up = self.types.get("web", 0) > 0 and not crashed and not self.maintenance
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
