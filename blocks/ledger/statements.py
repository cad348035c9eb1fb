"""What the ledger says to its table within a transaction: add a row, which one is the newest, which rows are asked for.

Whoever adds a row holds the lock (blocks/ledger/database.py), so that the newest row stays that meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Select, func, select

from blocks.errors import LedgerError
from blocks.ledger.chain import GENESIS, canonical, digest
from blocks.ledger.database import now, table
from blocks.ledger.row import ENDINGS, Action, Row
from blocks.wire import witnesses


def insert(
    connection: Connection, action: Action, rotation: str, credential: str, actor: str, context: dict[str, Any]
) -> Row:
    """Add a row and return it. Raises LedgerError where the table takes none and tells no error."""
    # A row that rests on vendors' answers names the hosts that gave them.
    context = witnesses.named(context)
    last, previous = head(connection)
    at = now(connection)
    # As it will be read back: a number as a key becomes a text.
    context = json.loads(canonical(context))
    sequence = last + 1
    facts = [sequence, at.isoformat(), rotation, credential, action.value, actor, context, previous]
    row = Row(sequence, at, rotation, credential, action, actor, context, previous, digest(facts))
    taken = connection.execute(
        table.insert().values(
            sequence=sequence,
            at=at.isoformat(),
            rotation=rotation,
            credential=credential,
            action=action.value,
            actor=actor,
            context=canonical(context),
            previous=previous,
            hash=row.hash,
        )
    ).rowcount
    # PostgreSQL's driver does not count (-1).
    if taken == 0:
        raise LedgerError(
            "The ledger did not take a row, and told no error: somebody changed its table.",
            "Run `rekey ledger verify`.",
        )
    return row


def head(connection: Connection) -> tuple[int, str]:
    """The newest row's number and hash; those before the first one in an empty ledger."""
    found = connection.execute(
        select(table.c.sequence, table.c.hash).order_by(table.c.sequence.desc()).limit(1)
    ).first()
    return (int(found[0]), str(found[1])) if found else (0, GENESIS)


def newest(connection: Connection, credential: str, *actions: Action) -> int | None:
    """The number of this credential's newest row of these actions; None without one."""
    wanted = [one.value for one in actions]
    query = select(table.c.sequence).where(table.c.credential == credential, table.c.action.in_(wanted))
    found: int | None = connection.execute(query.order_by(table.c.sequence.desc()).limit(1)).scalar()
    return found


def narrowed(rotation: str | None, credential: str | None, actions: Collection[Action]) -> Select[Any]:
    """All rows, or those of a rotation, of a credential, of some actions."""
    query = select(table)
    if rotation is not None:
        query = query.where(table.c.rotation == rotation)
    if credential is not None:
        query = query.where(table.c.credential == credential)
    if actions:
        query = query.where(table.c.action.in_([one.value for one in actions]))
    return query


def open_starts() -> Select[Any]:
    """The newest start of each credential whose rotation has not ended, in order."""
    one, other = table.alias(), table.alias()
    starts = select(func.max(one.c.sequence)).where(one.c.action == Action.STARTED.value).group_by(one.c.credential)
    is_over = select(other.c.sequence).where(
        other.c.rotation == table.c.rotation, other.c.action.in_([action.value for action in ENDINGS])
    )
    return select(table).where(table.c.sequence.in_(starts), ~is_over.exists()).order_by(table.c.sequence)
