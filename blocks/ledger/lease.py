"""One rotation of a credential at a time, across processes and machines: a lease in the ledger's database.

Its holder says again and again that it lives, by counting. No clock is compared with another one: a lease is dead when
nobody counted while somebody watched for ``REKEY_LEASE_S``, so a clock that jumps neither ends one nor keeps one.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Connection, Row, delete, select, update

from blocks.errors import LeaseLost, LedgerError
from blocks.ledger.database import engine_for, leases, lock, transaction
from blocks.ledger.schema import create
from blocks.wire import permission
from blocks.wire.beside import Beside

# How often a holder counts within the time after which it counts as dead.
BEATS = 5
_mine: ContextVar[Lease | None] = ContextVar("lease of this run", default=None)


@dataclass(frozen=True, slots=True)
class Seen:
    """A lease as it was found. ``renewed_at`` is the holder's own clock: to be shown, never to be compared."""

    holder: str
    flow_run_id: str
    beat: int
    renewed_at: datetime


class Lease:
    """The lease of one credential in the database at a SQLAlchemy URL, for one would-be holder."""

    def __init__(self, url: SecretStr, credential: str) -> None:
        self.credential = credential
        self.holder = secrets.token_hex(8)
        # Whether this holder was told that somebody else holds it; then it never does again.
        self.lost = False
        self._engine = engine_for(url)
        create(self._engine)

    def look(self) -> Seen | None:
        """Who holds it, dead or alive; None when nobody does. Raises LedgerError."""
        with transaction(self._engine, reading=True) as connection:
            return _found(connection, self.credential)

    def is_silent(self, seen: Seen, lease_s: float) -> bool:
        """Watch that long; whether its holder never counted meanwhile. Returns at once when it counts."""
        until = time.monotonic() + lease_s
        while time.monotonic() < until:
            time.sleep(lease_s / BEATS / 2)
            now = self.look()
            if now is None or (now.holder, now.beat) != (seen.holder, seen.beat):
                return now is None
        return True

    def take(self, flow_run_id: str, instead_of: Seen | None) -> None:
        """Become its holder, but only while it is as it was seen. Raises LeaseLost when somebody was quicker."""
        with transaction(self._engine) as connection:
            lock(connection)
            if _found(connection, self.credential) != instead_of:
                raise _lost(self.credential)
            connection.execute(delete(leases).where(leases.c.credential == self.credential))
            values = {"credential": self.credential, "holder": self.holder, "flow_run_id": flow_run_id}
            connection.execute(leases.insert().values(**values, beat=0, renewed_at=_now()))

    def renew(self) -> None:
        """Say that this holder lives. Raises LeaseLost, or LedgerError."""
        with transaction(self._engine) as connection:
            mine = (leases.c.credential == self.credential, leases.c.holder == self.holder)
            counted = connection.execute(
                update(leases).where(*mine).values(beat=leases.c.beat + 1, renewed_at=_now())
            ).rowcount
        if not counted:
            self.lost = True
            raise _lost(self.credential)

    def release(self) -> None:
        """Give it back; fine when somebody else holds it. Raises LedgerError."""
        with transaction(self._engine) as connection:
            mine = (leases.c.credential == self.credential, leases.c.holder == self.holder)
            connection.execute(delete(leases).where(*mine))

    def prove(self) -> None:
        """Raise LeaseLost unless this holder has it now; LedgerError when that cannot be told."""
        with transaction(self._engine, reading=True) as connection:
            self.demand(connection)

    def demand(self, connection: Connection) -> None:
        """Raise LeaseLost unless this holder has it now; to be called within a transaction that writes."""
        now = _found(connection, self.credential)
        if now is None or now.holder != self.holder:
            self.lost = True
            raise _lost(self.credential)


@contextmanager
def held(lease: Lease, say: Callable[[str], None], lease_s: float) -> Iterator[None]:
    """Keep a taken lease alive by a thread, and let what this run writes depend on it; give it back at the end."""
    before = _mine.set(lease)
    keeper = Beside(lambda: _keep(lease, keeper.over, say, lease_s / BEATS))
    keeper.begin()
    try:
        with permission.asked(lease.prove):
            yield
    finally:
        _mine.reset(before)
        keeper.end(lease_s)
        try:
            lease.release()
        except LedgerError as error:
            say(str(error))


def every(url: SecretStr) -> dict[str, Seen]:
    """Who holds each lease there is, dead or alive, by what it is for; in one question. Raises LedgerError.

    Heartbeats and counts, which are kept beside them, have no holder.
    """
    engine = engine_for(url)
    create(engine)
    with transaction(engine, reading=True) as connection:
        found = connection.execute(select(leases).where(leases.c.holder != "")).all()
    return {row.credential: _seen(row) for row in found}


def current(credential: str) -> Lease | None:
    """The lease on which what this run writes for the credential depends."""
    lease = _mine.get()
    return lease if lease is not None and lease.credential == credential else None


def prove() -> None:
    """To be called right before every write to a vendor, so that a process that stood still writes nothing after that.

    Raises LeaseLost when another run acts for the credential now, LedgerError when that cannot be told.
    """
    lease = _mine.get()
    if lease is not None:
        lease.prove()


def prove_unless_harmless(*, harmless: bool) -> None:
    """As ``prove``; what is harmless, such as stopping trading, is also done while that cannot be told."""
    try:
        prove()
    except LedgerError:
        if not harmless:
            raise


def demand_not_lost() -> None:
    """Raise LeaseLost when this run knows already that another one acts for the credential. Asks nobody."""
    lease = _mine.get()
    if lease is not None and lease.lost:
        raise _lost(lease.credential)


def is_lost() -> bool:
    """Whether this run knows already that another one acts for the credential. Asks nobody: its keeper does."""
    lease = _mine.get()
    return lease is not None and lease.lost


def _keep(lease: Lease, over: threading.Event, say: Callable[[str], None], interval_s: float) -> None:
    while not over.wait(interval_s):
        try:
            lease.renew()
        except LeaseLost as lost:
            say(str(lost))
            return
        except LedgerError as error:
            # Whoever wants to take over needs the same database.
            say(str(error))


def _found(connection: Connection, credential: str) -> Seen | None:
    row = connection.execute(select(leases).where(leases.c.credential == credential)).first()
    return _seen(row) if row else None


def _seen(row: Row[Any]) -> Seen:
    return Seen(row.holder, row.flow_run_id, row.beat, datetime.fromisoformat(row.renewed_at))


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _lost(credential: str) -> LeaseLost:
    return LeaseLost(
        f"Another run acts for {credential} now; this one was silent for too long and changes nothing any more.",
        "Go on in that run: `rekey status` names it.",
    )
