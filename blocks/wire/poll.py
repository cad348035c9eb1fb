"""Waiting for a proof: ask until the answer is yes, several times in a row where one answer proves little."""

from __future__ import annotations

import time
from collections.abc import Callable

from blocks.answer import Answer

# The first questions come quickly, because most answers do; then less often, up to the caller's interval.
FIRST_INTERVAL_S = 0.1
GROWTH = 1.5
# From one question to the next after a yes: long enough for a router to choose another dyno. An answer that took
# that long itself is followed by the next question at once.
AGAIN_INTERVAL_S = 0.05
REPORT_AFTER_S = 2.0
REPORT_EVERY_S = 15.0


# Heroku allows 4500 requests an hour; while trading stands still a boot is not asked about once a second only.
BOOT_INTERVAL_S = 0.4


def boot_interval_s(probe_interval_s: float) -> float:
    """The longest time between two questions about something that boots."""
    return min(BOOT_INTERVAL_S, probe_interval_s)


def wait_for(
    question: Callable[[], Answer],
    *,
    timeout_s: float,
    interval_s: float,
    in_a_row: int = 1,
    stop_on_no: bool = False,
    share: float | None = None,
    report: Callable[[float], None] | None = None,
) -> Answer:
    """Ask until YES was heard ``in_a_row`` times without another answer between, or until the time is over.

    Returns YES, or the last answer that was not YES (UNKNOWN when there was none). ``interval_s`` is the longest time
    between two questions; ``stop_on_no`` ends the wait at the first clear NO. With ``share`` the time between two
    questions is that share of the time waited so far: the answer is heard late by no more of it, however long it took.
    ``report`` is told the seconds waited so far, after two seconds and then now and again: nobody should look at a
    screen on which nothing moves.
    """
    began = time.monotonic()
    deadline, next_report = began + timeout_s, began + REPORT_AFTER_S
    pause_s, heard, last = min(FIRST_INTERVAL_S, interval_s), 0, Answer.UNKNOWN
    while True:
        asked = time.monotonic()
        answer = question()
        heard = heard + 1 if answer is Answer.YES else 0
        if heard >= in_a_row:
            return Answer.YES
        if answer is not Answer.YES:
            last = answer
            grown_s = pause_s * GROWTH if share is None else max(FIRST_INTERVAL_S, share * (time.monotonic() - began))
            pause_s = min(grown_s, interval_s)
        if (stop_on_no and answer is Answer.NO) or time.monotonic() > deadline:
            return last
        if report is not None and time.monotonic() >= next_report:
            report(time.monotonic() - began)
            next_report = time.monotonic() + REPORT_EVERY_S
        time.sleep(max(0.0, asked + AGAIN_INTERVAL_S - time.monotonic()) if answer is Answer.YES else pause_s)
