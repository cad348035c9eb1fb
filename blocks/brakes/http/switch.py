"""A switch that a service of your own has, such as a feature flag: declared in the catalog, without code.

What it is set to is read back after each write. That trading really stands still is proved as for every brake: by the
page of the running application.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from blocks.answer import Answer
from blocks.brakes.http.client import Scalar
from blocks.brakes.interface import SOMETHING_ELSE, Brake, Done, Position
from blocks.entry import Name, block_called
from blocks.errors import StepError, Unclear, Unreachable
from blocks.ledger import lease
from blocks.settings import read_settings
from blocks.wire.poll import wait_for

if TYPE_CHECKING:
    from blocks.brakes.http.client import SwitchClient

# A service may keep what it was told in several places.
PATIENCE_S = 30.0
_DEFAULT_PLATFORM = "heroku"
_PATH = r"^/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*$"


class HttpBrake(Brake):
    """A value that a service of your own keeps, and which the application asks before it trades."""

    block: ClassVar[str] = "blocks.brakes.http.block:HttpSwitch"
    application_field: ClassVar[str] = "app"
    platform: ClassVar[str] = ""

    kind: Literal["http"] = Field(description="a switch of a service of your own, set and read by HTTP")
    app: str = Field(min_length=1, description="whose trading it stops, as its consumer names it")
    runs_on: str = Field(
        default=_DEFAULT_PLATFORM, description="the kind of that consumer: `heroku`, `kubernetes` or another platform"
    )
    switch: Name = Field(description="the HTTP switch block of the service")
    path: str = Field(pattern=_PATH, description="where it is set")
    method: Literal["PUT", "POST", "PATCH"] = Field(default="PUT", description="by which request")
    engage: dict[str, Any] = Field(description="the JSON body that stops trading, such as `{ enabled = false }`")
    release: dict[str, Any] = Field(description="the JSON body that lets trading go on")
    read: str | None = Field(default=None, pattern=_PATH, description="where it is read by GET; without it at `path`")
    value: str = Field(
        default="enabled",
        pattern=r"^[^.]+(\.[^.]+)*$",
        description="where it stands in that answer: names with dots between them",
    )
    engaged: Scalar = Field(default=False, description="what stands there when trading is stopped")
    released: Scalar = Field(default=True, description="what stands there when trading may go on")

    @model_validator(mode="after")
    def _two_positions(self) -> Self:
        """``engaged`` and ``released`` are two different values, and so are the bodies that set them."""
        if _same(self.engaged, self.released) or self.engage == self.release:
            raise ValueError("engaged and released, engage and release need two different values")
        return self

    @classmethod
    def application_in(cls, entry: Mapping[str, Any]) -> tuple[str, str]:
        """The platform and the application of an entry, as the catalog writes it."""
        return str(entry.get("runs_on", _DEFAULT_PLATFORM)), str(entry.get("app", ""))

    @property
    def where(self) -> tuple[str, str]:
        """The platform, and the application whose trading it stops."""
        return self.runs_on, self.app

    @property
    def label(self) -> str:
        """How this brake is called in messages and in the ledger."""
        return f"{self.path} of {self.switch}"

    @property
    def variables(self) -> tuple[tuple[str, str], ...]:
        """One switch is one brake."""
        return ((self.switch, self.path),)

    def position(self) -> Position:
        """Where it stands now. Raises the service's errors."""
        with self._connected() as client:
            return self._position(client)

    def _position(self, client: SwitchClient) -> Position:
        """A value that is neither of the two is somebody's way to stop trading."""
        found = client.read(self.read or self.path, self.value)
        if _same(found, self.released):
            return Position(is_engaged=False, told=_told(found))
        return Position(is_engaged=True, told=_told(found) if _same(found, self.engaged) else SOMETHING_ELSE)

    def set(self, *, engaged: bool, timeout_s: float | None, on_change: Callable[[], None]) -> Done:
        """Set it unless it is set, and read it back. Raises StepError, and the service's errors."""
        wanted = _told(self.engaged if engaged else self.released)
        with self._connected() as client:
            if self._position(client).told == wanted:
                return Done(is_changed=False, told=f"{wanted} already")
            lease.prove_unless_harmless(harmless=engaged)
            on_change()
            client.set(self.method, self.path, self.engage if engaged else self.release, asks=not engaged)
            answer = wait_for(
                lambda: self._reads(client, wanted),
                timeout_s=PATIENCE_S if timeout_s is None else min(timeout_s, PATIENCE_S),
                interval_s=read_settings().probe_interval_s,
            )
        if answer is not Answer.YES:
            raise StepError(
                f"{self.label} took the request and does not read {self.value} {wanted} after it ({answer.value}).",
                self.advice,
            )
        return Done(is_changed=True, told=f"{wanted}, read back")

    def _reads(self, client: SwitchClient, wanted: str) -> Answer:
        try:
            return Answer.YES if self._position(client).told == wanted else Answer.NO
        except (Unreachable, Unclear):
            return Answer.UNKNOWN

    def _connected(self) -> SwitchClient:
        from blocks.brakes.http.block import HttpSwitch  # noqa: PLC0415  # who only reads a catalog does not wait for Prefect
        from blocks.prefect_api import estate  # noqa: PLC0415  # as above

        return estate.loaded(HttpSwitch, self.switch).get_client()

    @property
    def advice(self) -> str:
        """What to look at when its proof does not come."""
        return (
            f"Look at {self.path} of the HTTP switch block {self.switch}, at the application {self.app}, which "
            f"has to ask it, and at the address in the {block_called(self.runtime)}."
        )

    @property
    def how_to_set(self) -> str:
        """What to do by hand when the page contradicts it: set it, and wait."""
        return f"Set {self.path} of {self.switch} to {_told(self.engaged)} or {_told(self.released)}, and wait."


def _same(one: Scalar, other: Scalar) -> bool:
    """In JSON `1` is not `true`."""
    return type(one) is type(other) and one == other


def _told(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
