"""How Prefect sees a run whose process is gone, or may be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from prefect.client.schemas.objects import TERMINAL_STATES, State, StateType

from blocks.errors import RekeyError
from blocks.prefect_api import leave
from blocks.prefect_api.deployed import REFUSED

# The state of a run whose process died and whose rotation goes on in another one.
TAKEN_OVER = "Taken over"
UNKNOWN = "unknown"
# How Prefect begins the message of a run that an exception ended (3.8.8); its kind and its text follow.
RAISED = "Flow run encountered an exception: "


@dataclass(frozen=True, slots=True)
class Ended:
    """How Prefect sees a run whose process is gone. ``told`` says it in words, ``more`` what else Prefect knows."""

    type: StateType | None
    name: str
    told: str
    more: str = ""
    # Why it failed, where rekey itself said so; empty for a foreign error, whose text may hold anything.
    why: str = ""
    # The form that waits without a process, because that left it; empty where somebody suspended the run in Prefect.
    left_form: str = ""

    @property
    def said(self) -> str:
        """What Prefect says of it, and why it failed where rekey said so."""
        return f"{self.told}: {self.why.rstrip('.')}" if self.why else self.told

    @property
    def is_refused(self) -> bool:
        """Whether the run was not what rekey deployed, so that it did nothing: the next one would be refused, too."""
        return self.why.startswith(REFUSED)

    @property
    def is_suspended(self) -> bool:
        """Whether somebody suspended it in Prefect: its process has ended, and no form of it waits."""
        return self.type is StateType.PAUSED and self.name == leave.SUSPENDED and not self.left_form

    @property
    def begins_again(self) -> bool:
        """Whether a worker is to begin it again.

        Somebody answered the form that it had left, or retried it; or its pod was asked to end.
        """
        return self.type in {StateType.SCHEDULED, StateType.PENDING}

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody cancelled it: not a run of rekey's own in the place of which another one goes on."""
        return self.type in {StateType.CANCELLED, StateType.CANCELLING} and self.name != TAKEN_OVER

    @property
    def is_over(self) -> bool:
        """Whether it has ended, is being cancelled, or was deleted: none of its forms takes an answer."""
        return self.type in {None, StateType.CANCELLING, *TERMINAL_STATES} and self.name != UNKNOWN


def as_it_ended(state: State[Any] | None) -> Ended:
    """What this state of a run says."""
    if state is None:
        return Ended(None, UNKNOWN, f"Prefect says {UNKNOWN}")
    name = str(state.name)
    return Ended(state.type, name, f"Prefect says {name}", _more(state), _why(state), leave.form_of(state))


def _more(state: State[Any]) -> str:
    """When a run came into its state, and with which words; Prefect keeps no name of who did that (3.8.8)."""
    words = f" ({state.message.rstrip('.')})" if state.message else ""
    return f" since {state.timestamp:%Y-%m-%d %H:%M:%S} UTC{words}, and not by whom"


def _why(state: State[Any]) -> str:
    kind, _, text = (state.message or "").removeprefix(RAISED).partition(": ")
    return text.strip() if state.type is StateType.FAILED and kind in _kinds(RekeyError) else ""


def _kinds(base: type[RekeyError]) -> Iterator[str]:
    """The names of all of rekey's own errors."""
    yield base.__name__
    for one in base.__subclasses__():
        yield from _kinds(one)
