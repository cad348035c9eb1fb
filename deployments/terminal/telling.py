"""What the person at the terminal reads: what is waited for, from the first second on, and for how long so far.

That goes to stderr: what a command answers is on stdout alone, for whoever reads it by a program or keeps it.
Imports nothing that takes long, so that it can speak while the rest is being loaded.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

FIRST_S = 2.0
NEXT_S = 10.0


def say(text: str = "") -> None:
    """One line for the person at the terminal, at once."""
    print(text, flush=True)  # noqa: T201  # this is the program's output


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Say on stderr what is begun, and again every few seconds until it is over."""
    _progress(f"{what} ...")
    over = threading.Event()
    teller = threading.Thread(target=_tell, args=(what, over), daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()


def _tell(what: str, over: threading.Event) -> None:
    began, pause_s = time.monotonic(), FIRST_S
    while not over.wait(pause_s):
        _progress(f"    {what}: {time.monotonic() - began:.0f} s so far")
        pause_s = NEXT_S


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201  # for the person, too
