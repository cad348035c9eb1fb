"""The search for secrets, by which each test is guarded and a rehearsal proves its silence, finds them in every row."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from deployments.rehearsal.silence import DATABASE, leaks, tables_with
from deployments.sandbox import made_up


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """One with a table that is empty and one that has a row of every type."""
    with closing(sqlite3.connect(tmp_path / DATABASE)) as made:
        made.execute("CREATE TABLE empty (value TEXT)")
        made.execute("CREATE TABLE kept (number INTEGER, value ANY, beside TEXT)")
        made.execute("INSERT INTO kept VALUES (7, 'nothing secret', NULL)")
        made.commit()
        yield made


@pytest.mark.parametrize("row", ["{secret}", '{{"a": ["before {secret} after"]}}', b"before %s after"])
def test_a_secret_in_a_row_is_found_whatever_stands_around_it(database: sqlite3.Connection, row: Any) -> None:
    secret, other = made_up.token("canary-"), made_up.token("canary-")
    value = row % secret.encode() if isinstance(row, bytes) else row.format(secret=secret)
    database.execute("INSERT INTO kept VALUES (8, ?, NULL)", (value,))
    database.commit()
    path = Path(database.execute("PRAGMA database_list").fetchone()[2])

    assert list(tables_with(path, [other, secret])) == ["kept"]
    assert list(tables_with(path, [other])) == []
    # Of one that was typed every row is searched, and not every byte.
    assert leaks([], [path.parent], typed=frozenset([secret])) == [f"{path}: table kept"]
    # So that the search after this test finds nothing.
    database.execute("DROP TABLE kept")
    database.commit()
    database.execute("VACUUM")


def test_what_stands_in_two_columns_is_no_secret(database: sqlite3.Connection) -> None:
    database.execute("INSERT INTO kept VALUES (8, 'first', 'second')")
    database.commit()
    path = Path(database.execute("PRAGMA database_list").fetchone()[2])

    assert list(tables_with(path, ["firstsecond"])) == []
