"""What a run does now: the steps that have begun and not ended. Shared by the threads of the run, written nowhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from blocks import correlation
from blocks.model.rotation import Rotation
from blocks.model.step import Step


@dataclass(eq=False)
class Doing:
    """One step, or the part of one that concerns ``subject``; since when, by this process's own clock."""

    rotation: Rotation
    step: Step
    subject: str | None
    since: float
    # How many forms it waits for, and since when: that time is a person's and not the step's.
    forms: int = 0
    waits_since: float = 0.0
    # Whether people were told that it takes long.
    told: bool = False

    @property
    def seconds(self) -> float:
        """How long it takes so far, without the time in which it waited for a person."""
        return (self.waits_since if self.forms else time.monotonic()) - self.since


_doing: ContextVar[list[Doing] | None] = ContextVar("what this run does now", default=None)


@contextmanager
def kept() -> Iterator[list[Doing]]:
    """Let every step of this run say that it begins and ends; the newest is the last."""
    now: list[Doing] = []
    before = _doing.set(now)
    try:
        with correlation.of_a_run():
            yield now
    finally:
        _doing.reset(before)


@contextmanager
def begun(rotation: Rotation, step: Step, subject: str | None) -> Iterator[None]:
    """This step is being done."""
    now, one = _doing.get(), Doing(rotation, step, subject, time.monotonic())
    with correlation.about(rotation.id):
        if now is None:
            yield
            return
        now.append(one)
        try:
            yield
        finally:
            now.remove(one)


@contextmanager
def waiting() -> Iterator[None]:
    """A form is shown: what is being done waits for a person."""
    waiters = list(_doing.get() or [])
    for one in waiters:
        one.waits_since = one.waits_since if one.forms else time.monotonic()
        one.forms += 1
    try:
        yield
    finally:
        for one in waiters:
            one.forms -= 1
            if not one.forms:
                one.since += time.monotonic() - one.waits_since


def newest_step() -> Step | None:
    """The name of the step that began last; None between two steps."""
    now = _doing.get()
    return now[-1].step if now else None
