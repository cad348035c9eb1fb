"""Waiting for a proof: ask until the answer is yes, several times in a row where one answer proves little."""

from __future__ import annotations

import time
from collections.abc import Callable

from blocks.answer import Answer


def wait_for(
    question: Callable[[], Answer],
    *,
    timeout_s: float,
    interval_s: float,
    in_a_row: int = 1,
    stop_on_no: bool = False,
) -> Answer:
    """Ask until YES was heard ``in_a_row`` times without another answer between, or until the time is over.

    Returns YES, or the last answer that was not YES. ``stop_on_no`` ends the wait at the first clear NO.
    """
    deadline = time.monotonic() + timeout_s
    heard = 0
    last = Answer.UNKNOWN
    while True:
        answer = question()
        heard = heard + 1 if answer is Answer.YES else 0
        if heard >= in_a_row:
            return Answer.YES
        if answer is not Answer.YES:
            last = answer
        if (stop_on_no and answer is Answer.NO) or time.monotonic() + interval_s > deadline:
            return last
        time.sleep(interval_s)
