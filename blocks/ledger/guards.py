"""What keeps others from the ledger's rows: triggers that refuse to change or delete one, and the rights of its file.

Made with the table, and never again by opening it: a trigger that is gone is the trace of somebody who changed rows or
was about to, so ``missing`` says it. ``put`` and ``keep_private`` are for whoever knows of it.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy import Connection

PRIVATE = 0o600
_BODY = "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
_SQLITE = {
    **{
        f"rekey_ledger_no_{verb}": (
            f"CREATE TRIGGER rekey_ledger_no_{verb} BEFORE {verb.upper()} ON rekey_ledger {_BODY}"
        )
        for verb in ("update", "delete")
    },
    # INSERT OR REPLACE deletes without asking the trigger above.
    "rekey_ledger_no_replace": (
        "CREATE TRIGGER rekey_ledger_no_replace BEFORE INSERT ON rekey_ledger "
        "WHEN EXISTS (SELECT 1 FROM rekey_ledger WHERE sequence = NEW.sequence) "
        "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
    ),
}
_SQLITE_FOUND = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND lower(tbl_name) = 'rekey_ledger'"
_FUNCTION = " BEGIN RAISE EXCEPTION 'the ledger is append-only'; END "
_POSTGRESQL = (
    f"CREATE OR REPLACE FUNCTION rekey_ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $${_FUNCTION}$$",
    "CREATE TRIGGER rekey_ledger_no_change BEFORE UPDATE OR DELETE ON rekey_ledger "
    "FOR EACH ROW EXECUTE FUNCTION rekey_ledger_append_only()",
    "CREATE TRIGGER rekey_ledger_no_truncate BEFORE TRUNCATE ON rekey_ledger "
    "FOR EACH STATEMENT EXECUTE FUNCTION rekey_ledger_append_only()",
)
# PostgreSQL's bits for a trigger: row 1, before 2, delete 8, update 16, truncate 32.
_POSTGRESQL_KINDS = {"rekey_ledger_no_change": 1 | 2 | 8 | 16, "rekey_ledger_no_truncate": 2 | 32}
# Their kind counts only when they are enabled for ordinary sessions (O) or for all (A), have no condition and no list
# of columns, and call that function.
_POSTGRESQL_FOUND = (
    "SELECT tgname, CASE WHEN tgenabled IN ('O', 'A') AND tgqual IS NULL AND tgattr::text = '' "
    "AND proname = 'rekey_ledger_append_only' AND prosrc = $$" + _FUNCTION + "$$ THEN tgtype END "
    "FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid "
    "WHERE tgrelid = to_regclass('rekey_ledger') AND NOT tgisinternal"
)
# rekey makes none. One may turn an INSERT or an UPDATE into nothing, or into another statement, past every trigger.
_POSTGRESQL_RULES = "SELECT rulename FROM pg_rewrite WHERE ev_class = to_regclass('rekey_ledger')"


def put(connection: Connection) -> None:
    """Make the triggers, in the place of all triggers and rules that the table has."""
    is_sqlite = connection.dialect.name == "sqlite"
    quoted = connection.dialect.identifier_preparer.quote_identifier
    for name, _ in connection.exec_driver_sql(_SQLITE_FOUND if is_sqlite else _POSTGRESQL_FOUND).all():
        connection.exec_driver_sql(f"DROP TRIGGER {quoted(name)}{'' if is_sqlite else ' ON rekey_ledger'}")
    for name in _rules(connection):
        connection.exec_driver_sql(f"DROP RULE {quoted(name)} ON rekey_ledger")
    for statement in _SQLITE.values() if is_sqlite else _POSTGRESQL:
        connection.exec_driver_sql(statement)


def keep_private(connection: Connection) -> None:
    """Let nobody but its owner read the file of a SQLite ledger. What SQLite makes beside it gets the same rights.

    Raises OSError.
    """
    for path in _files(connection):
        path.chmod(PRIVATE)


def missing(connection: Connection) -> list[str]:
    """One sentence for each trigger or rule that is not as it must be, and each file that others may read or write."""
    if connection.dialect.name == "sqlite":
        found = dict(connection.exec_driver_sql(_SQLITE_FOUND).tuples().all())
        wanted: dict[str, object] = dict(_SQLITE)
    else:
        found = dict(connection.exec_driver_sql(_POSTGRESQL_FOUND).tuples().all())
        wanted = dict(_POSTGRESQL_KINDS)
    rules = [
        f"The ledger has a rule {name} that rekey did not make: it could change or drop what is recorded."
        for name in _rules(connection)
    ]
    return [*_wrong_triggers(wanted, found), *rules, *_open_to_others(connection)]


def _rules(connection: Connection) -> list[str]:
    """Of PostgreSQL; SQLite has none."""
    if connection.dialect.name == "sqlite":
        return []
    return sorted(connection.exec_driver_sql(_POSTGRESQL_RULES).scalars())


def _wrong_triggers(wanted: Mapping[str, object], found: Mapping[str, object]) -> Iterator[str]:
    for name, what in wanted.items():
        if found.get(name) != what:
            yield f"The trigger {name} of the ledger is missing or was changed: rows could be changed or deleted."
    for name in sorted(found.keys() - wanted.keys()):
        yield f"The ledger has a trigger {name} that rekey did not make: it could change or drop what is recorded."


def _open_to_others(connection: Connection) -> Iterator[str]:
    for path in _files(connection):
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
        except FileNotFoundError:
            # A journal is there only while somebody writes.
            continue
        if mode & ~PRIVATE:
            yield f"{path} is open to other users (mode {mode:04o}, not {PRIVATE:04o})."


def _files(connection: Connection) -> list[Path]:
    """The database's file and what SQLite keeps beside it; empty in memory and in PostgreSQL."""
    if connection.dialect.name != "sqlite":
        return []
    main = next(file for _, name, file in connection.exec_driver_sql("PRAGMA database_list") if name == "main")
    named = [Path(f"{main}{ending}") for ending in ("", "-wal", "-shm", "-journal")] if main else []
    return [path for path in named if path.exists()]
