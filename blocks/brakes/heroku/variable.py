"""A config var of a Heroku app that stops its trading."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Literal, Self

from pydantic import Field, SecretStr, model_validator

from blocks.brakes.interface import NOT_SET, SOMETHING_ELSE, Brake, Done, Position
from blocks.consumers.heroku import condition, release
from blocks.consumers.heroku.app import PLATFORM, AppName, connected, newest_change_of
from blocks.consumers.interface import Change, Consumer
from blocks.entry import VariableName, block_called
from blocks.errors import StepError


class HerokuBrake(Brake):
    """A config var that stops trading, and the page of the running application that proves it."""

    block: ClassVar[str] = "blocks.consumers.heroku.block:Heroku"
    application_field: ClassVar[str] = "app"
    platform: ClassVar[str] = PLATFORM

    kind: Literal["heroku"] = Field(default="heroku", description="a config var of an app at Heroku")
    app: AppName = Field(description="whose trading it stops")
    variable: VariableName = Field(description="the config var")
    engaged: str = Field(default="1", description="its value that stops trading")
    released: str = Field(default="0", description="its value that lets trading go on")

    @model_validator(mode="after")
    def _two_positions(self) -> Self:
        """``engaged`` and ``released`` are two different values."""
        if self.engaged == self.released:
            raise ValueError("engaged and released need two different values")
        return self

    @property
    def label(self) -> str:
        """How this brake is called in messages and in the ledger."""
        return f"{self.variable} on {self.app}"

    @property
    def variables(self) -> tuple[tuple[str, str], ...]:
        """One config var of an app holds one thing: half of one pair, or one brake."""
        return ((self.app, self.variable),)

    def rides_on(self, consumer: Consumer) -> Mapping[str, SecretStr]:
        """No release of the app carries a new pair without it."""
        return {self.variable: SecretStr(self.engaged)} if self.stops(consumer) else {}

    def is_engaged_among(self, present: Mapping[str, SecretStr | None]) -> bool:
        """Whether it is on by these config vars of its app; or it is not among them."""
        return self.variable not in present or self._position(present[self.variable]).is_engaged

    def position(self) -> Position:
        """Where it stands now. Raises Heroku's errors."""
        with connected() as client:
            return self._position(client.variables(self.app, [self.variable])[self.variable])

    def _position(self, found: SecretStr | None) -> Position:
        """A value that is neither of the two is somebody's way to stop trading ("true")."""
        if found is None:
            return Position(is_engaged=False, told=NOT_SET)
        value = found.get_secret_value()
        return Position(value != self.released, value if value in {self.engaged, self.released} else SOMETHING_ELSE)

    def set(self, *, engaged: bool, timeout_s: float | None, on_change: Callable[[], None]) -> Done:
        """Set it unless it is set, and wait for the release and its dynos. Raises Heroku's errors."""
        value = self.engaged if engaged else self.released
        with connected() as client:
            applied = release.apply(
                client,
                self.app,
                {self.variable: SecretStr(value)},
                "the brake",
                timeout_s=timeout_s,
                harmless=engaged,
                on_change=on_change,
            )
        was = "" if applied.changed else " already"
        told = f"{value}{was} (release v{applied.version}, its dynos are up)"
        return Done(applied.changed, told, tuple(release.told_of(self.app, applied.aside, "the brake")))

    def in_the_way(self) -> StepError | None:
        """Maintenance mode, in which Heroku answers in its place. Raises Heroku's errors."""
        with connected() as client:
            return condition.in_maintenance(client, self.app)

    @property
    def advice(self) -> str:
        """What to look at when its proof does not come."""
        return (
            f"Look at {self.app} (`heroku releases -a {self.app}`, `heroku ps -a {self.app}`) and at the address in "
            f"the {block_called(self.runtime)}. Somebody may have set {self.variable} at the same time."
        )

    @property
    def how_to_set(self) -> str:
        """What to do by hand when the page contradicts it: set it, and wait."""
        return f"Set {self.variable} to {self.engaged} or {self.released} and wait for its release."

    def newest_change(self) -> Change:
        """The newest release of the app. Raises Heroku's errors."""
        return newest_change_of(self.app)
