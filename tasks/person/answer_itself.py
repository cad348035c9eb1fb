"""While a held rotation waits for a person: what may pass by itself is tried again by itself, less and less often.

A vault that is down for ten minutes should cost ten minutes, and not the time until somebody looks.
"""

from __future__ import annotations

import secrets
from typing import Any, Self

from prefect.logging import get_run_logger

from blocks.errors import RekeyError
from blocks.operators.act import PROOF
from blocks.prefect_api import prefect_runs
from blocks.settings import read_settings
from blocks.wire.beside import Beside
from tasks.person.prove import ITSELF

# The form wants a name. A person who types this one is a person all the same, unless this pressed, too.
OPERATOR = "rekey"
# Prefect may be busy, or may not have stored the form yet.
PRESS_AGAIN_S = 2.0


def pause_s(times: int) -> float:
    """How long to wait after so many tries of this kind."""
    pauses = read_settings().held_again_s
    return pauses[min(times, len(pauses) - 1)]


class AgainByItself:
    """A thread beside the form. A context manager: it ends when the form was filled in, by whomever."""

    def __init__(self, flow_run_id: str, choice: str, after_s: float | None, *, proves: bool) -> None:
        """``after_s`` is None for what does not pass by itself: then it does nothing.

        ``proves`` when the form takes a proof of who answers: then this names a token that only this process knows.
        """
        self._flow_run_id = flow_run_id
        self.token = secrets.token_urlsafe(32)
        self._values: dict[str, Any] = {"choice": choice, "operator": OPERATOR}
        if proves:
            self._values[PROOF] = f"{ITSELF}{self.token}"
        self._after_s = after_s
        self._pressed = False
        self._beside = Beside(self._wait)

    def __enter__(self) -> Self:
        if self._after_s is not None:
            self._beside.begin()
        return self

    def __exit__(self, *_: object) -> None:
        # A press that came too late must not answer the next form.
        self._beside.end()

    def filled_in(self, operator: str) -> bool:
        """Whether the form that bears this name was filled in by this, and not by a person."""
        return self._pressed and operator == OPERATOR

    def _wait(self) -> None:
        wait_s = self._after_s
        while not self._beside.over.wait(wait_s):
            try:
                # Before the answer, which may be lost.
                self._pressed = True
                if prefect_runs.resume(self._flow_run_id, self._values):
                    return
            except RekeyError as error:
                get_run_logger().info("Not tried again yet: %s", error)
            wait_s = PRESS_AGAIN_S
