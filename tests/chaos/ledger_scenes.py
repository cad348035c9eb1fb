"""The ledger's database fails from a step's end on: no connection, read-only, no space. Nobody kills the process."""

from __future__ import annotations

import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from pydantic import SecretStr
from sqlalchemy.engine import make_url

from tests.at_prefect import Form
from tests.blocks import postgresql
from tests.blocks.postgresql import execute
from tests.chaos import invariants
from tests.chaos.kill import at_row
from tests.chaos.play import Play, Result, now
from tests.chaos.scene import LIVE, Scene
from tests.faults.workplace import Workplace
from tests.operator import Operator

BEFORE_THE_CLICK = ("await_readiness done", "pause done", "snapshot done")
AFTER_THE_CLICK = ("await_human_input done", "validate done", "store done", "verify done")
DROPPED_S = 3.0
AWAY = "drops every connection for 3 s"
READ_ONLY = "is read-only until it is mended"
FULL = "no byte can be written until it is mended"


class Broken:
    """A ledger that somebody has to mend. ``begin`` breaks it."""

    def __init__(self, breaks: Callable[[], None], mends: Callable[[], None], lasts_s: float | None = None) -> None:
        """``lasts_s`` is after what time it is whole again by itself."""
        self._breaks = breaks
        self._mends = mends
        self._lasts_s = lasts_s
        self.is_broken = False
        self.since = now()

    def begin(self) -> None:
        """Break it."""
        self._breaks()
        self.is_broken = True
        self.since = now() + timedelta(seconds=self._lasts_s or 0)

    def end(self) -> None:
        """Mend it; from now on the rotation can go on."""
        if self.is_broken:
            self._mends()
            self.is_broken = False
            self.since = self.since if self._lasts_s else now()


def scenes() -> list[Scene]:
    """Every one of them; those with PostgreSQL only where one can be started."""
    kinds: dict[str, Callable[[str, Workplace], Result]] = {FULL: _full}
    if postgresql.why_not() is None:
        kinds |= {AWAY: _away, READ_ONLY: _read_only}
    rows = (*BEFORE_THE_CLICK, *AFTER_THE_CLICK)
    return [
        Scene(f"{'SQLite' if kind == FULL else 'PostgreSQL'}: {kind}", f"from {row} on", partial(play, row))
        for kind, play in kinds.items()
        for row in rows
    ]


def _full(row: str, place: Workplace) -> Result:
    with place.operator() as operator:
        one = Play(operator, LIVE)

        def limit(soft: int) -> None:
            # Like a full disk, for this process alone: no file can grow, its log neither.
            resource.prlimit(one.attempts[-1].pid, resource.RLIMIT_FSIZE, (soft, resource.RLIM_INFINITY))

        return _played(one, row, Broken(partial(limit, 0), partial(limit, resource.RLIM_INFINITY)))


def _away(row: str, place: Workplace) -> Result:
    with _postgresql(place) as (operator, url):

        def drop() -> None:
            until = time.monotonic() + DROPPED_S
            while time.monotonic() < until:
                execute(_administration(url), _terminated(url))
                time.sleep(0.01)

        def begin() -> None:
            threading.Thread(target=drop, daemon=True).start()

        return _played(Play(operator, LIVE), row, Broken(begin, lambda: None, DROPPED_S))


def _read_only(row: str, place: Workplace) -> Result:
    with _postgresql(place) as (operator, url):

        def switch(value: str) -> None:
            name = make_url(url.get_secret_value()).database
            execute(_administration(url), f"ALTER DATABASE {name} SET default_transaction_read_only = {value}")

        return _played(Play(operator, LIVE), row, Broken(partial(switch, "on"), partial(switch, "off")))


def _played(one: Play, row: str, broken: Broken) -> Result:
    """A person mends it when the form says so, or when the run has ended."""
    clicks: list[str] = []

    def look(form: Form) -> None:
        if not broken.is_broken:
            return
        if "key_id" in form.fields:
            clicks.append(form.key)
        elif "choice" in form.fields and "ledger" not in form.description.lower():
            one.violations.append(f"{invariants.RECORD}: held, and the form does not say that the ledger is why")
        broken.end()

    one.person.before_answer = look
    try:
        with at_row(row, broken.begin):
            one.attend(one.attempt())
        broken.end()
        one.go_on()
    finally:
        one.end()
    # A row may be taken between two dropped connections: whether it was is seen when the ledger can be read again.
    announced = {f"{row.context.get('form')}-response" for row in one.operator.ledger.rows()}
    if not announced.issuperset(clicks):
        one.violations.append(f"{invariants.RECORD}: the click is asked for while the ledger takes no row")
    return one.result(broken.since, starts=1)


@contextmanager
def _postgresql(place: Workplace) -> Iterator[tuple[Operator, SecretStr]]:
    with postgresql.running() as server:
        url = server.fresh_database()
        with place.operator(url.get_secret_value()) as operator:
            yield operator, url


def _administration(url: SecretStr) -> SecretStr:
    other = make_url(url.get_secret_value()).set(database="postgres")
    return SecretStr(other.render_as_string(hide_password=False))


def _terminated(url: SecretStr) -> str:
    name = make_url(url.get_secret_value()).database
    # The name is ours.
    return f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"  # noqa: S608
