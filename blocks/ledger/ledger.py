"""The ledger: the append-only, hash-chained record of everything rekey did and saw.

One table is audit log, journal and source of every date shown. SQLite by default, PostgreSQL by URL. Each row carries
the hash of the row before and its own; UPDATE and DELETE are refused by triggers. Nothing in it is secret: pairs appear
as fingerprints.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime

from pydantic import SecretStr
from sqlalchemy import Connection, select

from blocks.errors import StepError
from blocks.ledger import guards as ledger_guards
from blocks.ledger import statements, versions
from blocks.ledger.chain import Break, Head, broken_at, lost
from blocks.ledger.database import engine_for, lock, now, table, transaction
from blocks.ledger.lease import Lease
from blocks.ledger.row import ENDINGS, NAMES, SHARED, Action, Context, Row, read_row
from blocks.ledger.schema import create, index

# So many rows are read at once, where the newest ones are likely to be enough.
SOME = 50


class Ledger:
    """Opens (and on first use creates) the ledger at a SQLAlchemy URL."""

    def __init__(self, url: SecretStr) -> None:
        self.engine = engine_for(url)
        create(self.engine)

    def append(
        self,
        action: Action,
        *,
        rotation: str,
        credential: str,
        actor: str,
        context: Context | None = None,
        lease: Lease | None = None,
    ) -> Row:
        """Add a row and return it, only while that lease is held. Raises LedgerError when nothing can be written."""
        with self._transaction() as connection:
            lock(connection)
            if lease is not None:
                lease.demand(connection)
            return statements.insert(connection, action, rotation, credential, actor, dict(context or {}))

    def start(
        self,
        *,
        rotation: str,
        credential: str,
        actor: str,
        context: Context,
        only_after: Row | None,
        lease: Lease | None = None,
    ) -> Row:
        """Record the start of a rotation, but only while ``only_after`` is the newest start of this credential.

        So two runs that found the same dead rotation cannot both take it over. Raises StepError in the slower one.
        """
        with self._transaction() as connection:
            lock(connection)
            if lease is not None:
                lease.demand(connection)
            newest = statements.newest(connection, credential, Action.STARTED)
            if newest != (only_after and only_after.sequence):
                raise StepError(
                    f"Another run started to rotate {credential} at the same moment.",
                    "Go on in that run; this one changed nothing.",
                )
            return statements.insert(connection, Action.STARTED, rotation, credential, actor, dict(context))

    def append_if_newest(
        self,
        action: Action,
        *,
        credential: str,
        actor: str,
        context: Context,
        newest: Row | None,
        among: Collection[Action] = (),
        rotation: str = "",
    ) -> Row | None:
        """Add a row, but only while ``newest`` is the credential's newest of its action, of whichever rotation.

        ``rotation`` is empty for a row that belongs to none. ``among`` are the actions of which it has to be the newest
        instead. None when somebody else was quicker. Raises LedgerError.
        """
        with self._transaction() as connection:
            lock(connection)
            if statements.newest(connection, credential, *(among or (action,))) != (newest and newest.sequence):
                return None
            return statements.insert(connection, action, rotation, credential, actor, dict(context))

    def rows(
        self,
        *,
        rotation: str | None = None,
        credential: str | None = None,
        actions: Collection[Action] = (),
        after: int = 0,
        naming: str = "",
    ) -> list[Row]:
        """Rows in order, narrowed by rotation, by credential, to some actions, or to those after a sequence number.

        ``naming`` leaves those in whose context this text stands somewhere: whoever asks looks where.
        """
        query = (
            statements.narrowed(rotation, credential, actions)
            .where(table.c.sequence > after)
            .order_by(table.c.sequence)
        )
        if naming:
            query = query.where(table.c.context.contains(naming, autoescape=True))
        with self._reading() as connection:
            return [read_row(found) for found in connection.execute(query)]

    def backwards(
        self, *, rotation: str | None = None, credential: str | None = None, actions: Collection[Action] = ()
    ) -> Iterator[Row]:
        """Rows from the newest to the oldest, some at a time: whoever stops early has read no more than those."""
        query = statements.narrowed(rotation, credential, actions).order_by(table.c.sequence.desc()).limit(SOME)
        before: int | None = None
        while True:
            with self._reading() as connection:
                part = query if before is None else query.where(table.c.sequence < before)
                found = [read_row(one) for one in connection.execute(part)]
            yield from found
            if len(found) < SOME:
                return
            before = found[-1].sequence

    def newest(
        self, *, rotation: str | None = None, credential: str | None = None, actions: Collection[Action] = ()
    ) -> Row | None:
        """The newest of those rows; None without one."""
        query = statements.narrowed(rotation, credential, actions).order_by(table.c.sequence.desc()).limit(1)
        with self._reading() as connection:
            found = connection.execute(query).first()
        return read_row(found) if found else None

    def rotations(self, credential: str) -> set[str]:
        """The rotations of this credential. Rows of none, such as those of health runs, name no rotation."""
        of_one = (table.c.credential == credential, table.c.rotation != "")
        query = select(table.c.rotation).where(*of_one).distinct()
        with self._reading() as connection:
            return set(connection.execute(query).scalars())

    def newest_start(self, credential: str) -> Row | None:
        """The newest start of a rotation of this credential, ended or not."""
        return self.newest(credential=credential, actions=(Action.STARTED,))

    def open_start(self, credential: str) -> Row | None:
        """The newest start of this credential's rotation if that rotation has not ended."""
        newest = self.newest_start(credential)
        if newest is None or self.newest(rotation=newest.rotation, actions=ENDINGS) is not None:
            return None
        return newest

    def open_starts(self) -> list[Row]:
        """What ``open_start`` says of every credential that was ever rotated, whatever a catalog names, in order."""
        with self._reading() as connection:
            return [read_row(found) for found in connection.execute(statements.open_starts())]

    def now(self) -> datetime:
        """The time by the clock of its rows: what is over since one of them is reckoned by it. Raises LedgerError."""
        with self._reading() as connection:
            return now(connection)

    def head(self) -> Head:
        """The newest row, row 0 of an empty ledger. Posted elsewhere, so that a ledger that was cut off shows."""
        with self._reading() as connection:
            return Head(*statements.head(connection))

    def version(self) -> int:
        """The shape of its tables (blocks/ledger/versions.py)."""
        with self._reading() as connection:
            return versions.version_of(connection)

    def identity(self) -> str:
        """Which ledger this is: the hash of its first row, which a copy of it has, too; empty without any row."""
        with self._reading() as connection:
            first = select(table.c.hash).where(table.c.sequence == 1)
            return str(connection.execute(first).scalar() or "")

    def verify(self, posted: Iterable[Head] = ()) -> Break | None:
        """Recompute the chain and look for the heads that were posted. None when it is whole and holds them all."""
        with self._reading() as connection:
            found = connection.execute(select(table).order_by(table.c.sequence)).all()
        return broken_at(found, NAMES) or lost([one.hash for one in found], posted)

    def row_of(self, beginning: str) -> int | None:
        """The number of the row whose hash begins so; None when no row's does."""
        with self._reading() as connection:
            query = select(table.c.sequence).where(table.c.hash.startswith(beginning, autoescape=True))
            return connection.execute(query.order_by(table.c.sequence.desc()).limit(1)).scalar()

    def unguarded(self) -> list[str]:
        """One sentence for each trigger that is gone, and each file that is open to others."""
        with self._reading() as connection:
            return ledger_guards.missing(connection)

    def protect(self, actor: str) -> list[str]:
        """Put the guards back and record who did and what was wrong; return that, empty when nothing was."""
        with self._transaction() as connection:
            lock(connection)
            wrong = ledger_guards.missing(connection)
            if wrong:
                ledger_guards.put(connection)
                ledger_guards.keep_private(connection)
                statements.insert(connection, Action.PROTECTED, "", SHARED, actor, {"reason": " ".join(wrong)})
        return wrong

    def _transaction(self) -> AbstractContextManager[Connection]:
        index(self.engine)
        return transaction(self.engine)

    def _reading(self) -> AbstractContextManager[Connection]:
        return transaction(self.engine, reading=True)
