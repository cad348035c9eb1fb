"""Now: the run's own page in Prefect says at once what to do, whether trading stands, and what is done.

An artifact ``now-<credential>`` that is kept up to date, and the message of the run's state. A thread beside the steps
writes both: no step waits for it, and nothing that goes wrong here stops one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from prefect.logging import get_run_logger

from blocks.answer import Answer
from blocks.errors import RekeyError
from blocks.ledger import deaths, lease
from blocks.ledger.history import History
from blocks.ledger.row import Row
from blocks.ledger.trading import clock
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import prefect_page, recording
from blocks.prefect_api.issuers import issuer_of
from blocks.wire.beside import Beside
from tasks.person import now_text, where_to_answer
from tasks.person.now_text import Links, Moment
from tasks.run.one_at_a_time import page_of

# Between two texts and messages, so that a quick step costs Prefect nothing: messages of every step were a third of all
# that a rotation asked of Prefect. And how old a text may become.
PAUSE_S = 1.0
REFRESH_S = 60.0
# How long a form waits for a message that is being sent: one that came later would take the form away.
LAST_MESSAGE_S = 15.0

_page: ContextVar[Page | None] = ContextVar("page of this run", default=None)


def of_this_run() -> Page | None:
    """The page that shows this run; None for steps outside of a rotation."""
    return _page.get()


class Page:
    """What people are shown of the rotation of this run."""

    def __init__(self) -> None:
        self._rotation: Rotation | None = None
        self._moment = Moment(datetime.now(UTC))
        self._artifact: UUID | None = None
        # Where people mint; None until it was asked for.
        self._dashboard: str | None = None
        self._report = ""
        self._said = ""
        # Whether the process ends while the form waits.
        self._is_left = False
        self._changed = threading.Event()
        # Held while the state gets a message, so that none comes after the run was paused.
        self._saying = threading.Lock()
        self._beside = Beside(self._keep_current)

    def begin(self) -> None:
        """From now on."""
        self._beside.begin()

    def end(self) -> None:
        """Say how it ended; nothing is waited for any more."""
        self._beside.over.set()
        self._changed.set()
        self._beside.wait()
        if self._is_left:
            self._note(step=None)
        else:
            self._note(step=None, awaited="", ended=True)
        self._carefully(self._write)

    def began(self, rotation: Rotation, step: Step) -> None:
        """A step begins, or goes on after a form."""
        self._rotation = rotation
        self._note(step=step, awaited="", patience="")

    def is_patient(self, told: str) -> None:
        """A step is tried again only later."""
        self._note(patience=told)

    def wrote(self, row: Row) -> None:
        """The ledger has a new row."""
        if self._rotation is not None and row.rotation == self._rotation.id:
            self._changed.set()

    def waits(self, rotation: Rotation, step: Step, awaited: str) -> str:
        """A form is about to be shown; return the message of the state in which the run waits for its answer."""
        self._rotation = rotation
        self._note(step=step, awaited=awaited, patience="")
        self._said = ""
        # One that is on its way is let through; from now on none is sent until somebody answered.
        if self._saying.acquire(timeout=LAST_MESSAGE_S):
            self._saying.release()
        return self._message() or f"Waits for {awaited}."

    def left(self, awaited: str) -> None:
        """The process ends, and the form still waits for an answer."""
        self._is_left = True
        self._note(awaited=awaited)

    def answered(self, told: str) -> None:
        """Somebody answered the form."""
        self._note(step=None, awaited="", answered=f"{told}, {clock(datetime.now(UTC))}")

    @property
    def last_answer(self) -> str:
        """Who answered the last form of this run, with what, and when; empty before any."""
        return self._moment.answered

    def heard_of_the_old_pair(self, answer: Answer) -> None:
        """What the issuer said of the old pair just now."""
        is_news = answer is not self._moment.old_pair
        self._moment = replace(self._moment, old_pair=answer, asked_at=datetime.now(UTC))
        if is_news:
            self._changed.set()

    def reported(self, address: str) -> None:
        """Where the report is."""
        self._report = address

    def _note(self, **changed: Any) -> None:
        self._moment = replace(self._moment, **changed)
        self._changed.set()

    def _keep_current(self) -> None:
        """The state's message and the artifact: at once, a second apart at least, and once a minute without news."""
        shown, due = float("-inf"), time.monotonic() + REFRESH_S
        while not self._beside.over.is_set():
            is_news = self._changed.wait(max(0.0, due - time.monotonic()))
            self._changed.clear()
            if self._beside.over.is_set():
                return
            if is_news:
                due = min(due, shown + PAUSE_S)
            if time.monotonic() >= due:
                self._carefully(self._say)
                self._carefully(self._write)
                shown = time.monotonic()
                due = shown + REFRESH_S

    def _say(self) -> None:
        """Only while a step is being done: the state in which a run waits for a form has its message already."""
        rotation, message = self._rotation, self._message()
        with self._saying:
            if rotation is None or self._moment.awaited or message == self._said:
                return
            # The run that acts now has a page of its own.
            lease.prove()
            prefect_page.say(rotation.flow_run_id, message)
            self._said = message

    def _message(self) -> str:
        rotation = self._rotation
        if rotation is None:
            return ""
        try:
            return now_text.message(rotation, *self._known(rotation), self._moment)
        except RekeyError:
            return ""

    def _write(self) -> None:
        rotation = self._rotation
        if rotation is None:
            return
        lease.prove()
        self._moment = replace(self._moment, at=datetime.now(UTC))
        text = now_text.page(rotation, *self._known(rotation), self._moment, self._links(rotation))
        if self._artifact is None:
            about = f"Where the rotation of {rotation.credential.name} stands, and what to do now"
            self._artifact = prefect_page.publish(f"now-{rotation.credential.name}", text, about, rotation.flow_run_id)
        else:
            prefect_page.change(self._artifact, text)

    def _known(self, rotation: Rotation) -> tuple[History, list[Row]]:
        return recording.history_of(rotation), deaths.unsettled(recording.open_ledger(), rotation.credential.name)

    def _links(self, rotation: Rotation) -> Links:
        if self._dashboard is None:
            self._dashboard = issuer_of(rotation.credential).page(rotation.credential.realm)
        console = where_to_answer.console_page(rotation), where_to_answer.is_console_alone(rotation)
        return Links(page_of(rotation.flow_run_id), self._dashboard, self._report, *console)

    def _carefully(self, act: Any) -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001  # a page that is not shown must stop no rotation
            get_run_logger().info("The page of this run is not up to date: %s", type(error).__name__)


@contextmanager
def shown() -> Iterator[Page]:
    """Show people where the rotation of this run stands, until it ends."""
    page = Page()
    outside, watching = _page.set(page), recording.shown_by.set(page)
    page.begin()
    try:
        yield page
    finally:
        page.end()
        recording.shown_by.reset(watching)
        _page.reset(outside)
