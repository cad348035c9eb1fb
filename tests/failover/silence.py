"""Where a secret of a production must not be: its files, and every row of both of its databases."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, create_engine, inspect, text

from deployments.production.production import Production
from deployments.rehearsal.silence import leaks


def secrets_told(production: Production, secrets: Iterable[str]) -> list[str]:
    """The files and tables that hold one of them."""
    wanted = list(secrets)
    found = leaks(wanted, [production.here.home])
    here = production.here
    for url in (here.prefects_database().replace("+asyncpg", "+psycopg"), here.ledger_url()):
        found += [f"table {one}" for one in tables_of(url, wanted)]
    return found


def tables_of(url: str, secrets: list[str]) -> list[str]:
    """The tables of one database that hold one of these."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            names = inspect(connection).get_table_names()
            return [name for name in names if any(one in row for row in _rows(connection, name) for one in secrets)]
    finally:
        engine.dispose()


def _rows(connection: Connection, table: str) -> Iterable[str]:
    """Each as one text."""
    return connection.execute(text(f'SELECT one::text FROM "{table}" one')).scalars()  # noqa: S608  # a name of its own
