"""A thread beside the whole run: while its steps are done one after another, it looks after brakes and slow steps.

It writes down what the run counted, too, so that no step waits for that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

from prefect.logging import get_run_logger

from blocks import doing
from blocks.doing import Doing
from blocks.errors import RekeyError
from blocks.ledger import lease
from blocks.prefect_api.block_cache import CACHE
from blocks.settings import read_settings
from blocks.wire.beside import Beside
from tasks.brakes import released_brakes
from tasks.brakes.released_brakes import BrakeWatch
from tasks.lookout.slow_step import tell_of_slow
from tasks.run.counting import keep_counts

# Blocks are loaded afresh that often: an address that is corrected in the Prefect UI counts, and loading costs Prefect.
BLOCKS_S = 60.0
# Longer than a question waits for its answer. A run never waits for more.
END_S = 2.0


@contextmanager
def looked_after() -> Iterator[None]:
    """Look after brakes and steps meanwhile. What was begun about a brake is done to the end; then nothing more."""
    with doing.kept() as now, released_brakes.watched() as brakes:
        beside = Beside(lambda: _look_again_and_again(beside.over, now, brakes))
        beside.begin()
        try:
            yield
        finally:
            beside.over.set()
            brakes.end()
            beside.wait(END_S)
            _carefully(keep_counts)


def _look_again_and_again(over: Event, now: list[Doing], brakes: BrakeWatch) -> None:
    while not over.is_set():
        with CACHE.afresh():
            until = time.monotonic() + BLOCKS_S
            while time.monotonic() < until and not over.wait(read_settings().lookout_interval_s):
                if lease.is_lost():
                    # The run that acts now looks after them; this one may stand still for days.
                    return
                _carefully(brakes.look)
                _carefully(lambda: tell_of_slow(list(now)))
        _carefully(keep_counts)


def _carefully(look: Callable[[], None]) -> None:
    """This thread must outlive whatever it meets."""
    try:
        look()
    except Exception as error:  # noqa: BLE001  # brakes are looked after as long as the run lives
        told = str(error) if isinstance(error, RekeyError) else type(error).__name__
        get_run_logger().warning("Could not look after the run: %s", told)
