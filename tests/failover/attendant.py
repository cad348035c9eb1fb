"""The person of a live rotation: answers its forms by Prefect's API, and tries again while nobody answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx

from blocks.issuers.alpaca.pair import Pair
from blocks.operators.act import SEALED
from deployments.rehearsal.robot import Robot, RobotError

RETRY = "retry this step"
SUBMITTED = "I1: the pair that was submitted is asked for again"


class Attendant:
    """One person for one rotation, whichever runs it has."""

    def __init__(self, robot: Robot, before_entry: Callable[[], None]) -> None:
        """``before_entry`` is called once, when the form for the pair is shown, before anything is entered."""
        self.robot = robot
        self.pair: Pair | None = None
        self.clicked_at: datetime | None = None
        # The steps that were held, and what is not as it must be.
        self.held: list[str] = []
        self.violations: list[str] = []
        self.readied = 0
        self._before_entry = before_entry
        self._was_shown = False
        self._is_submitted = False
        self._answered: set[str] = set()

    def forget(self) -> None:
        """Whatever was answered is asked anew: what was kept of it is lost."""
        self._answered.clear()

    def look_after(self) -> None:
        """Answer whatever is shown now; what nobody took is answered again at the next look."""
        try:
            for run in self.robot.runs():
                self._look_at(run)
        except (httpx.HTTPError, ValueError, RobotError):
            # Prefect is away, or somebody else was quicker.
            return

    def _look_at(self, run: dict[str, Any]) -> None:
        keyset = self.robot.form_of(run)
        if keyset is None or keyset["response"] in self._answered:
            return
        self._answer(str(run["id"]), self.robot.fields_of(str(run["id"]), keyset))
        self._answered.add(keyset["response"])

    def _answer(self, run_id: str, fields: dict[str, Any]) -> None:
        if {"key_id", SEALED} & fields.keys():
            self._enter(run_id, fields)
        elif "choice" in fields:
            self.robot.choose(run_id, RETRY)
            self.held.append(str(fields["choice"].get("title", "")))
        else:
            self.robot.be_ready(run_id, fields)
            self.readied += 1

    def _enter(self, run_id: str, fields: dict[str, Any]) -> None:
        if not self._was_shown:
            self._was_shown = True
            self._before_entry()
        if self._is_submitted:
            self.violations.append(SUBMITTED)
        if self.pair is None:
            self.clicked_at = datetime.now(UTC)
            self.pair = self.robot.regenerate("live")
        self.robot.resume(run_id, self.pair, fields)
        self._is_submitted = True
