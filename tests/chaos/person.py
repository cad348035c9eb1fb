"""The person: answers every form of a run, at the kill point of a form with the kill itself, and goes on afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import httpx

from blocks.issuers.alpaca.pair import Pair
from blocks.issuers.alpaca.unknown import YES
from blocks.operators.approval import DO_NOT
from blocks.prefect_api.recording import WAITING
from deployments.rehearsal.robot import Carried
from tests.at_prefect import Form
from tests.chaos import points
from tests.chaos.attempt import Attempt
from tests.chaos.kill import Killer
from tests.chaos.rows import Lock, rows_now
from tests.faults import invariants
from tests.operator import Operator

RETRY = "retry this step"
READINESS, ENTRY = "form of await_readiness", points.FORM_OF_THE_PAIR
APPROVAL = points.FORM_OF_THE_APPROVAL
FIRST, SECOND = "the first operator", "the second operator"
POLL_S = 0.02
SELDOM_S = 1.0
# The run looks for what was submitted every 0.05 s.
READING_S = 0.3


class Person:
    """Works through the forms of one rotation, whichever process shows them."""

    def __init__(self, operator: Operator, credential: str) -> None:
        self.operator = operator
        self.environment: Literal["paper", "live"] = "live" if credential == "alpaca-live" else "paper"
        self._answered: set[str] = set()
        # Clicked, and in the person's clipboard.
        self.pair: Pair | None = None
        self.clicked_at: datetime | None = None
        self.submitted = False
        self.was_ready = False
        self.approved = False
        # Who approves, where that is asked for.
        self.second: Carried | None = None
        # A form that came although it had been filled in before.
        self.asked_again: list[str] = []
        self.held: list[str] = []
        self.violations: list[str] = []
        # What happens when a form is shown.
        self.before_answer: Callable[[Form], None] = lambda _: None

    def enrol_two(self) -> None:
        """One who does everything, and one who approves it."""
        self.operator.enrol(FIRST)
        self.second = Carried(SECOND, self.operator.enrol(SECOND), self.operator.ledger)

    def attend(self, attempt: Attempt, killer: Killer | None, until: Callable[[], bool]) -> None:
        """Answer what the run asks, until its process has ended or it is time to give up."""
        newest = max((row.sequence for row in rows_now()), default=0)
        looked = time.monotonic()
        while attempt.is_alive and not until():
            # Prefect's answers cost a hundred times what a look at the ledger does, which names the form before it is
            # shown; unless the ledger is what is wrong.
            announced = {row.context.get("form") for row in rows_now(newest) if row.context.get("outcome") == WAITING}
            if (
                any(f"{one}-response" not in self._answered for one in announced)
                or time.monotonic() - looked > SELDOM_S
            ):
                looked = time.monotonic()
                form = self._shown(attempt.name)
                if form is not None and form.key not in self._answered:
                    self._answered.add(form.key)
                    self._meet(form, attempt, killer)
            time.sleep(POLL_S)

    def look_after(self, runs: Iterable[Mapping[str, Any]]) -> None:
        """Answer whatever these runs show now."""
        for run in runs:
            keyset = self.operator.robot.form_of(dict(run))
            if keyset is None or keyset["response"] in self._answered:
                continue
            form = self.operator.form_of(run, keyset)
            if form is not None:
                self._answered.add(keyset["response"])
                self.operator.form = form
                self.before_answer(form)
                self._answer(form, _what(form))

    def _shown(self, name: str) -> Form | None:
        try:
            return self.operator.form_of_run(name)
        except (httpx.HTTPError, ValueError):
            # Prefect is away, or answers with an error.
            return None

    def _meet(self, form: Form, attempt: Attempt, killer: Killer | None) -> None:
        self.operator.form = form
        what = _what(form)
        if killer is not None and not killer.struck and killer.point.what == what:
            self._die_with(form, what, attempt, killer)
        else:
            self.before_answer(form)
            self._answer(form, what)

    def _answer(self, form: Form, what: str) -> None:
        if what == READINESS:
            if self.was_ready:
                self.asked_again.append(what)
            self.was_ready = True
            self.operator.be_ready()
        elif what == APPROVAL:
            self._approve(form)
        elif what == ENTRY:
            self._enter(form)
        elif YES in form.fields["choice"].get("enum", ()):
            # Without the ledger nothing knows which live account is the right one; this person does.
            self.operator.choose(YES)
        else:
            self.held.append(invariants.reason_in(form.description))
            self.violations += [f"I2: {one}" for one in self._unsaid(form)]
            self.operator.choose(RETRY)

    def _approve(self, form: Form) -> None:
        if any(row.label == points.APPROVAL_PROVED for row in rows_now()):
            self.violations.append(f"I8: an approval that was proved is asked for again: {first_line(form)}")
        if self.approved:
            self.asked_again.append(APPROVAL)
        self.approved = True
        (choice,) = [one for one in form.fields["choice"]["enum"] if one != DO_NOT]
        robot = self.operator.robot
        first, robot.carries = robot.carries, self.second
        self.operator.choose(choice)
        robot.carries = first

    def _unsaid(self, form: Form) -> list[str]:
        if self.environment == "paper":
            return []
        return invariants.while_held(self.operator.estate, form.description)

    def _enter(self, form: Form) -> None:
        if self.submitted:
            self.violations.append(f"I1: the pair that was submitted is asked for again: {first_line(form)}")
            self.pair = None
        self.click()
        assert self.pair is not None
        self.submitted = True
        self.operator.submit(form.run_id, self.pair)

    def click(self) -> None:
        """Press Regenerate, unless the pair of an earlier click is not submitted yet."""
        if self.pair is None:
            live = self.environment == "live"
            self.pair = self.operator.regenerate_live() if live else self.operator.regenerate()
            self.clicked_at = self.clicked_at or datetime.now(UTC)

    def _die_with(self, form: Form, what: str, attempt: Attempt, killer: Killer) -> None:
        moment = killer.point.moment
        if moment == points.CLICKED:
            self.click()
        if moment in {points.WAITS, points.CLICKED}:
            killer.strike()
        elif moment == points.LATE:
            killer.strike()
            attempt.ended()
            self._answer(form, what)
        elif moment == points.UNREAD:
            attempt.freeze()
            self._answer(form, what)
            killer.strike()
        else:
            lock = Lock(killer.file)
            self._answer(form, what)
            killer.strike_at_the_ledger(lock, least_s=READING_S)
        attempt.ended()


def _what(form: Form) -> str:
    if DO_NOT in form.fields.get("choice", {}).get("enum", ()):
        return APPROVAL
    if "ended" in form.fields:
        return points.FORM_OF_RETIRE
    return READINESS if "confirm" in form.fields else ENTRY if "sealed" in form.fields else ""


def first_line(form: Form) -> str:
    """Its heading and what follows."""
    return " ".join(form.description.split("\n\n", 2)[:2])
