"""A question while trading stands still costs the rows that answer it: no other ones, and no look for the tables."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import event, inspect

from blocks.ledger import database, schema
from blocks.ledger.database import engine_for, table, transaction
from blocks.ledger.ledger import SOME, Ledger
from blocks.ledger.row import Action, Row
from tests.blocks.postgresql import Postgresql, execute

INDEXES = ("rekey_ledger_of_credential", "rekey_ledger_of_action")


def step(ledger: Ledger, credential: str = "alpaca-paper", action: Action = Action.STEP, **context: object) -> Row:
    """One more row."""
    return ledger.append(action, rotation="r-1", credential=credential, actor="somebody", context=context)


def indexes(url: SecretStr) -> set[str]:
    """The names of those that the ledger has."""
    with transaction(engine_for(url), reading=True) as connection:
        return {str(one["name"]) for one in inspect(connection).get_indexes(table.name)} & set(INDEXES)


def of_an_older_rekey(url: SecretStr) -> list[Row]:
    """Make a ledger that lacks the indexes, as another process finds it; its rows."""
    step(Ledger(url))
    execute(url, *(f"DROP INDEX {one}" for one in INDEXES))
    rows = Ledger(url).rows()
    engine_for.cache_clear()
    return rows


def test_the_tables_are_looked_for_once(url: SecretStr) -> None:
    Ledger(url)
    connections: list[object] = []
    event.listen(engine_for(url), "connect", lambda *_: connections.append(1))

    ledger = Ledger(url)

    assert connections == []
    ledger.head()
    assert len(connections) == 1


def test_a_file_that_is_another_one_by_now_is_looked_at_again(tmp_path: Path) -> None:
    """Somebody moved the ledger away, or put an older copy in its place: no process has to be started again."""
    path, copy = tmp_path / "ledger.db", tmp_path / "copy.db"
    url = SecretStr(f"sqlite:///{path}")
    first = step(Ledger(url))
    shutil.copy(path, copy)

    path.rename(tmp_path / "moved.db")
    made = step(Ledger(url), number=2)
    copy.replace(path)

    assert made.sequence == 1
    assert Ledger(url).rows() == [first]


def test_tables_that_went_are_made_again_after_somebody_was_told(postgresql_server: Postgresql) -> None:
    """Whatever went wrong, they are looked for again. A file shows by itself that it is another one."""
    url = postgresql_server.fresh_database()
    ledger = Ledger(url)
    execute(url, "DROP TABLE rekey_ledger")

    with pytest.raises(Exception, match="cannot be read or written"):
        ledger.head()

    assert step(Ledger(url)).sequence == 1


def test_an_older_ledger_gets_its_indexes_with_its_first_row_and_none_by_being_read(url: SecretStr) -> None:
    rows = of_an_older_rekey(url)

    ledger = Ledger(url)
    assert ledger.rows() == rows
    assert indexes(url) == set()

    step(ledger)

    assert indexes(url) == set(INDEXES)
    assert ledger.verify() is None
    assert ledger.unguarded() == []


def test_who_may_make_no_index_writes_without(postgresql_server: Postgresql) -> None:
    url = postgresql_server.fresh_database()
    step(Ledger(url))
    limited = postgresql_server.with_limited_account(url)
    execute(url, *(f"DROP INDEX {one}" for one in INDEXES))

    step(Ledger(limited))

    assert indexes(url) == set()
    assert len(Ledger(url).rows()) == 2


def test_the_newest_of_an_action_is_found_by_an_index(tmp_path: Path) -> None:
    url = SecretStr(f"sqlite:///{tmp_path / 'ledger.db'}")
    Ledger(url)
    asked = {
        "credential = 'a' AND action = 'b' ORDER BY sequence DESC LIMIT 1": "rekey_ledger_of_credential",
        "action IN ('a', 'b') AND sequence > 7 ORDER BY sequence": "rekey_ledger_of_action",
    }

    with transaction(engine_for(url), reading=True) as connection:
        for condition, index in asked.items():
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN SELECT * FROM rekey_ledger WHERE {condition}")  # noqa: S608  # the test's own words
            assert index in " ".join(str(one.detail) for one in plan)


def test_backwards_goes_through_all_of_them_and_reads_no_more_than_it_is_asked_for(url: SecretStr) -> None:
    ledger = Ledger(url)
    for number in range(2 * SOME + 1):
        step(ledger, number=number)
        step(ledger, "alpaca-live", Action.DIED)
    of_one = ledger.rows(credential="alpaca-paper")

    assert list(ledger.backwards(credential="alpaca-paper")) == of_one[::-1]
    assert list(ledger.backwards(credential="alpaca-paper", actions=(Action.DIED,))) == []
    assert ledger.newest(credential="alpaca-paper") == of_one[-1]
    assert ledger.newest(credential="alpaca-live", actions=(Action.STEP,)) is None

    some = ledger.backwards(credential="alpaca-paper")
    next(some)
    execute(url, *_emptied(url))
    assert [next(some) for _ in range(SOME - 1)] == of_one[-2 : -SOME - 1 : -1]
    assert list(some) == []


def _emptied(url: SecretStr) -> list[str]:
    if url.get_secret_value().startswith("sqlite"):
        return ["DROP TRIGGER rekey_ledger_no_delete", "DELETE FROM rekey_ledger"]
    return ["ALTER TABLE rekey_ledger DISABLE TRIGGER USER", "DELETE FROM rekey_ledger"]


def test_rows_that_name_a_text_are_found_whatever_it_holds(url: SecretStr) -> None:
    """A text is no pattern."""
    ledger = Ledger(url)
    named = step(ledger, fingerprint="0a1b2c")
    step(ledger, fingerprint="0a1bxc")
    odd = step(ledger, told="100 % of _it_")

    assert ledger.rows(naming="0a1b2c") == [named]
    assert ledger.rows(naming="0 % of _it") == [odd]
    assert ledger.rows(naming="0a1b_c") == []


def test_the_rotations_of_a_credential_are_known_by_their_ids(url: SecretStr) -> None:
    ledger = Ledger(url)
    step(ledger)
    step(ledger)
    ledger.append(Action.STEP, rotation="r-2", credential="alpaca-paper", actor="somebody")
    ledger.append(Action.STEP, rotation="r-3", credential="alpaca-live", actor="somebody")
    ledger.append(Action.HEALTH_CHECKED, rotation="", credential="alpaca-paper", actor="somebody")

    assert ledger.rotations("alpaca-paper") == {"r-1", "r-2"}


def test_a_database_in_memory_is_never_taken_for_known() -> None:
    """Each connection is another one."""
    engine = engine_for(SecretStr("sqlite://"))
    schema.create(engine)

    assert engine not in database.known
