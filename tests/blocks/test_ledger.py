"""The ledger is append-only, and whoever gets past that is named. In SQLite and in PostgreSQL alike."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from sqlalchemy.exc import DBAPIError

from blocks.errors import LedgerError, StepError
from blocks.ledger.chain import GENESIS, Head
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action, Row
from deployments.sandbox import made_up
from tests.blocks.postgresql import Postgresql, execute

SQLITE_TRIGGERS = ("rekey_ledger_no_update", "rekey_ledger_no_delete")


def filled(url: SecretStr, count: int = 3) -> Ledger:
    """A ledger with that many rows of one rotation."""
    ledger = Ledger(url)
    for number in range(1, count + 1):
        step(ledger, number=number)
    return ledger


def step(ledger: Ledger, rotation: str = "r-1", **context: object) -> Row:
    """One more row."""
    return ledger.append(Action.STEP, rotation=rotation, credential="alpaca-paper", actor="somebody", context=context)


def start(ledger: Ledger, rotation: str, only_after: Row | None) -> Row:
    """A start of a rotation."""
    return ledger.start(rotation=rotation, credential="alpaca-paper", actor="a run", context={}, only_after=only_after)


def tampered(url: SecretStr, statement: str) -> None:
    """Run a statement as somebody does who may switch the triggers off."""
    if url.get_secret_value().startswith("sqlite"):
        execute(url, *(f"DROP TRIGGER {name}" for name in SQLITE_TRIGGERS), statement)
    else:
        execute(url, "ALTER TABLE rekey_ledger DISABLE TRIGGER USER", statement)


def test_every_row_carries_the_hash_of_the_row_before(url: SecretStr) -> None:
    rows = filled(url).rows()

    assert [row.sequence for row in rows] == [1, 2, 3]
    assert [row.previous for row in rows] == [GENESIS, rows[0].hash, rows[1].hash]
    assert len({row.hash for row in rows}) == 3
    assert Ledger(url).head() == Head(3, rows[2].hash)
    assert Ledger(url).verify() is None


def test_what_was_appended_is_what_is_read(url: SecretStr) -> None:
    began = datetime.now(UTC)
    appended = step(
        Ledger(url), proofs=["Konto geöffnet, 3 mal „ja“"], seconds=0.125, nested={"b": None, "a": [1, True]}
    )

    read = Ledger(url).rows()

    assert read == [appended]
    assert began <= read[0].at <= datetime.now(UTC)
    assert read[0].at.utcoffset() == began.utcoffset()


def test_rows_are_narrowed_by_rotation_credential_and_sequence(url: SecretStr) -> None:
    ledger = filled(url, 2)
    step(ledger, rotation="r-2")

    assert [row.rotation for row in ledger.rows(rotation="r-2")] == ["r-2"]
    assert [row.sequence for row in ledger.rows(after=1)] == [2, 3]
    assert ledger.rows(credential="alpaca-live") == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE rekey_ledger SET actor = 'nobody' WHERE sequence = 2",
        "DELETE FROM rekey_ledger WHERE sequence = 2",
        "DELETE FROM rekey_ledger",
    ],
)
def test_rows_can_be_neither_changed_nor_deleted(url: SecretStr, statement: str) -> None:
    rows = filled(url).rows()

    with pytest.raises(DBAPIError, match="the ledger is append-only"):
        execute(url, statement)

    assert Ledger(url).rows() == rows


def test_a_postgresql_ledger_cannot_be_emptied_at_once(postgresql_server: Postgresql) -> None:
    """TRUNCATE fires no trigger for rows. SQLite does not know it."""
    url = postgresql_server.fresh_database()
    rows = filled(url).rows()

    with pytest.raises(DBAPIError, match="the ledger is append-only"):
        execute(url, "TRUNCATE rekey_ledger")

    assert Ledger(url).rows() == rows


def test_who_may_only_read_and_insert_can_keep_a_postgresql_ledger_that_was_made(postgresql_server: Postgresql) -> None:
    """So the account that runs rotations needs no right to change the table or its triggers."""
    url = postgresql_server.fresh_database()
    filled(url, 1)
    limited = postgresql_server.with_limited_account(url)

    step(Ledger(limited), number=2)

    assert Ledger(limited).verify() is None
    assert len(Ledger(url).rows()) == 2
    with pytest.raises(DBAPIError, match="must be owner of table rekey_ledger"):
        execute(limited, "ALTER TABLE rekey_ledger DISABLE TRIGGER USER")


@pytest.mark.parametrize(
    "change",
    [
        "at = '2020-01-01T00:00:00+00:00'",
        "rotation = 'r-9'",
        "credential = 'alpaca-live'",
        "action = 'secret.rotate.completed'",
        "actor = 'nobody'",
        """context = '{"number": 7}'""",
        f"hash = '{GENESIS}'",
        "at = 'yesterday'",
        "action = 'secret.rotate.forged'",
        "context = 'no JSON'",
        # The same facts in other bytes: nobody who only compared facts would see that somebody wrote there.
        """context = '{"number": 2}'""",
        """context = '{"number":2.0}'""",
        "at = replace(at, '+00:00', 'Z')",
        "at = replace(at, 'T', ' ')",
    ],
)
def test_the_first_row_that_was_changed_is_named(url: SecretStr, change: str) -> None:
    ledger = filled(url, 4)

    tampered(url, f"UPDATE rekey_ledger SET {change} WHERE sequence IN (2, 3)")  # noqa: S608  # the test's own words

    found = ledger.verify()
    assert found is not None
    assert (found.sequence, found.reason) in {(2, "its content was changed"), (2, "its content cannot be read")}


@pytest.mark.parametrize(
    "change", ["context = 'no JSON'", "context = '[]'", "context = 'null'", "at = '2026-11-27T10:00:00'"]
)
def test_a_row_that_cannot_be_read_any_more_does_not_read_as_something_else(url: SecretStr, change: str) -> None:
    """Whoever reads rows expects facts by name and times that can be compared; nothing else may go wrong there."""
    ledger = filled(url)

    tampered(url, f"UPDATE rekey_ledger SET {change} WHERE sequence = 2")  # noqa: S608  # the test's own words

    with pytest.raises(
        LedgerError, match=r"Row 2 of the ledger cannot be read: somebody changed it\. Run `rekey ledger verify`"
    ):
        ledger.rows()


def test_a_row_that_points_elsewhere_is_named(url: SecretStr) -> None:
    ledger = filled(url)

    tampered(url, f"UPDATE rekey_ledger SET previous = '{GENESIS}' WHERE sequence = 3")  # noqa: S608  # a constant

    found = ledger.verify()
    assert found is not None
    assert (found.sequence, found.reason) == (3, "it does not follow from the row before")


def test_a_row_that_was_taken_out_is_named(url: SecretStr) -> None:
    ledger = filled(url, 4)

    tampered(url, "DELETE FROM rekey_ledger WHERE sequence = 2")

    found = ledger.verify()
    assert found is not None
    assert (found.sequence, found.reason) == (2, "row 2 is missing")


def test_a_ledger_that_was_cut_off_shows_another_head(url: SecretStr) -> None:
    """The chain of what is left is whole: hence the head in notices and reports."""
    ledger = filled(url, 4)
    quoted = ledger.head()

    tampered(url, "DELETE FROM rekey_ledger WHERE sequence >= 3")

    assert ledger.verify() is None
    assert ledger.head() != quoted
    assert ledger.row_of(quoted.hash) is None


def test_a_secret_in_a_context_is_refused_and_nothing_is_written(url: SecretStr) -> None:
    ledger = filled(url, 1)

    with pytest.raises(TypeError, match="SecretStr is not JSON serializable"):
        step(ledger, secret=SecretStr(made_up.alpaca_secret()))

    assert len(ledger.rows()) == 1


def test_actions_follow_their_grammar() -> None:
    """secret, then one noun or verb, then at most one participle or noun; the name in code says the same."""
    assert [action for action in Action if not re.fullmatch(r"secret(\.[a-z]+){1,2}", action.value)] == []
    assert len({action.value for action in Action}) == len(Action)
    for action in Action:
        assert action.name.lower().split("_")[-1] == action.value.split(".")[-1]


def test_a_rotation_is_open_until_it_is_completed_or_aborted(url: SecretStr) -> None:
    ledger = Ledger(url)
    for ending in (Action.COMPLETED, Action.ABORTED):
        begun = start(ledger, f"r-{ending.name}", ledger.newest_start("alpaca-paper"))
        for other in set(Action) - {Action.COMPLETED, Action.ABORTED, Action.STARTED}:
            ledger.append(other, rotation=begun.rotation, credential="alpaca-paper", actor="a run")
        assert ledger.open_start("alpaca-paper") == begun
        assert ledger.open_start("alpaca-live") is None

        ledger.append(ending, rotation=begun.rotation, credential="alpaca-paper", actor="a run")

        assert ledger.open_start("alpaca-paper") is None
        assert ledger.newest_start("alpaca-paper") == begun


def test_a_start_that_looked_before_another_start_is_refused_and_writes_nothing(url: SecretStr) -> None:
    ledger = Ledger(url)
    start(ledger, "r-1", None)

    with pytest.raises(StepError, match="Another run started to rotate alpaca-paper at the same moment"):
        start(ledger, "r-2", None)

    assert [row.rotation for row in ledger.rows()] == ["r-1"]
