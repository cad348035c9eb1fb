"""What guards the ledger is made with it; what is gone is told by everybody who looks, and put back only on purpose."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings
from pydantic import SecretStr
from sqlalchemy.exc import DBAPIError

from blocks.errors import LedgerError
from blocks.ledger import guards as ledger_guards
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from deployments.cli.main import main
from tasks.health import shared
from tests.blocks.postgresql import Postgresql, execute

UPDATE = "UPDATE rekey_ledger SET actor = 'nobody'"
POSTGRESQL_FAULTS = [
    "ALTER TABLE rekey_ledger DISABLE TRIGGER rekey_ledger_no_change",
    "ALTER TABLE rekey_ledger ENABLE REPLICA TRIGGER rekey_ledger_no_change",
    "CREATE OR REPLACE TRIGGER rekey_ledger_no_change BEFORE DELETE ON rekey_ledger "
    "FOR EACH ROW EXECUTE FUNCTION rekey_ledger_append_only()",
    "CREATE OR REPLACE TRIGGER rekey_ledger_no_change BEFORE UPDATE OF at OR DELETE ON rekey_ledger "
    "FOR EACH ROW EXECUTE FUNCTION rekey_ledger_append_only()",
    "CREATE OR REPLACE TRIGGER rekey_ledger_no_change BEFORE UPDATE OR DELETE ON rekey_ledger "
    "FOR EACH ROW WHEN (OLD.sequence < 0) EXECUTE FUNCTION rekey_ledger_append_only()",
    "CREATE OR REPLACE FUNCTION rekey_ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RETURN NEW; END $$",
]


@pytest.fixture
def umask() -> Iterator[None]:
    """A process that gives everybody every right to what it makes."""
    before = os.umask(0)
    yield
    os.umask(before)


def filled(url: SecretStr) -> Ledger:
    """A ledger with one row."""
    ledger = Ledger(url)
    ledger.append(Action.STEP, rotation="r-1", credential="alpaca-paper", actor="somebody")
    return ledger


def drop(url: SecretStr, name: str) -> None:
    """Take a trigger away, as somebody does who may."""
    execute(url, f"DROP TRIGGER {name}{'' if url.get_secret_value().startswith('sqlite') else ' ON rekey_ledger'}")


def a_trigger_of(url: SecretStr) -> str:
    """The one that refuses UPDATE."""
    return "rekey_ledger_no_update" if url.get_secret_value().startswith("sqlite") else "rekey_ledger_no_change"


def test_a_ledger_that_was_just_made_has_all_its_guards(url: SecretStr) -> None:
    assert Ledger(url).unguarded() == []


def test_a_trigger_that_is_gone_is_named_and_not_put_back_by_opening_the_ledger(url: SecretStr) -> None:
    filled(url)
    drop(url, a_trigger_of(url))

    for _ in range(2):
        (told,) = Ledger(url).unguarded()
        assert told.startswith(f"The trigger {a_trigger_of(url)} of the ledger is missing or was changed")
    assert Ledger(url).verify() is None


def test_a_sqlite_trigger_that_refuses_nothing_counts_as_missing(tmp_path: Path) -> None:
    url = SecretStr(f"sqlite:///{tmp_path / 'ledger.db'}")
    filled(url)
    drop(url, "rekey_ledger_no_update")
    execute(url, "CREATE TRIGGER rekey_ledger_no_update BEFORE UPDATE ON rekey_ledger BEGIN SELECT 1; END")

    assert "rekey_ledger_no_update" in str(Ledger(url).unguarded())


@pytest.mark.parametrize("statement", POSTGRESQL_FAULTS)
def test_a_postgresql_trigger_that_refuses_less_counts_as_missing(
    postgresql_server: Postgresql, statement: str
) -> None:
    url = postgresql_server.fresh_database()
    filled(url)
    execute(url, statement)

    assert "rekey_ledger_no_change" in str(Ledger(url).unguarded())


@pytest.mark.parametrize("table", ["rekey_ledger", "REKEY_LEDGER", '"Rekey_Ledger"'])
def test_a_trigger_of_somebody_else_is_named(tmp_path: Path, table: str) -> None:
    """With this one every row that rekey appends is dropped without an error. SQLite keeps a name as it was typed."""
    url = SecretStr(f"sqlite:///{tmp_path / 'ledger.db'}")
    filled(url)
    execute(url, f"CREATE TRIGGER quiet BEFORE INSERT ON {table} BEGIN SELECT RAISE(IGNORE); END")

    (told,) = Ledger(url).unguarded()

    assert told.startswith("The ledger has a trigger quiet that rekey did not make")
    with pytest.raises(LedgerError, match="did not take a row"):
        filled(url)


def test_a_rule_of_somebody_else_is_named_and_taken_away_by_protect(postgresql_server: Postgresql) -> None:
    """PostgreSQL asks rules before any trigger: with this one rows are dropped without an error."""
    url = postgresql_server.fresh_database()
    ledger = filled(url)
    execute(url, 'CREATE RULE "a Quiet one" AS ON INSERT TO rekey_ledger DO INSTEAD NOTHING')

    (told,) = ledger.unguarded()

    assert told.startswith("The ledger has a rule a Quiet one that rekey did not make")
    assert ledger.protect("somebody") == [told]
    assert ledger.unguarded() == []
    assert [row.action for row in ledger.rows()] == [Action.STEP, Action.PROTECTED]


def test_health_and_verify_tell_what_is_gone_and_protect_mends_it_with_a_row(
    ledger: Ledger, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = SecretStr(f"sqlite:///{tmp_path / 'ledger.db'}")
    filled(url)
    drop(url, "rekey_ledger_no_delete")
    (tmp_path / "ledger.db").chmod(0o644)

    # Nobody is asked for heads that were posted: those in Prefect are of other tests' ledgers.
    with temporary_settings({PREFECT_API_URL: None}):
        with pytest.raises(LedgerError, match="rekey_ledger_no_delete of the ledger is missing") as told:
            shared.ledger()
        assert main(["ledger", "verify"]) == 1
    assert "ledger.db is open to other users (mode 0644, not 0600)." in told.value.problem
    assert "rekey_ledger_no_delete of the ledger is missing" in capsys.readouterr().err

    assert main(["ledger", "protect", "--operator", "somebody"]) == 0

    assert "Was so, and is mended: The trigger rekey_ledger_no_delete" in capsys.readouterr().out
    row = ledger.rows()[-1]
    assert (row.action, row.actor, row.context) == (
        Action.PROTECTED,
        "claimed by somebody",
        {"reason": told.value.problem},
    )
    assert ledger.unguarded() == []
    assert main(["ledger", "verify", "--head", row.hash]) == 0
    assert main(["ledger", "protect", "--operator", "somebody"]) == 0
    assert ledger.rows()[-1] == row


def test_protect_puts_every_guard_back(url: SecretStr) -> None:
    ledger = filled(url)
    drop(url, a_trigger_of(url))

    assert len(ledger.protect("somebody")) == 1

    assert ledger.unguarded() == []
    assert ledger.verify() is None
    with pytest.raises(DBAPIError, match="the ledger is append-only"):
        execute(url, UPDATE)


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("address", ["sqlite:///{path}", "sqlite:///file:{path}?uri=true"])
def test_the_file_of_a_ledger_is_for_its_owner_only_whatever_the_umask(tmp_path: Path, address: str) -> None:
    url = SecretStr(address.format(path=tmp_path / "ledger.db"))

    filled(url)

    assert (tmp_path / "ledger.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("umask")
def test_what_sqlite_keeps_beside_the_file_is_for_its_owner_only_too(tmp_path: Path) -> None:
    """In the mode of SQLite that has them, a ledger's rows are in there first."""
    url = SecretStr(f"sqlite:///{tmp_path / 'ledger.db'}")
    Ledger(url)
    execute(url, "PRAGMA journal_mode = WAL")
    with_rows = Ledger(url)

    # A connection that stays open keeps them from being removed.
    with with_rows._reading() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM rekey_ledger")
        filled(url)
        modes = {one.name: one.stat().st_mode & 0o777 for one in tmp_path.iterdir()}
        (tmp_path / "ledger.db-wal").chmod(0o640)
        (told,) = Ledger(url).unguarded()

    assert modes == {"ledger.db": 0o600, "ledger.db-wal": 0o600, "ledger.db-shm": 0o600}
    assert "ledger.db-wal is open to other users (mode 0640, not 0600)." in told


def test_a_journal_that_goes_while_it_is_looked_at_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite has one only while somebody writes, and a health run looks at any moment."""
    ledger = filled(SecretStr(f"sqlite:///{tmp_path / 'ledger.db'}"))
    monkeypatch.setattr(ledger_guards, "_files", lambda _: [tmp_path / "ledger.db", tmp_path / "ledger.db-journal"])

    assert ledger.unguarded() == []


@pytest.mark.parametrize(
    "change",
    ["actor = CAST(X'ff' AS TEXT)", "rotation = X'722d31'", "at = X'00'", "context = X'7b7d'", "hash = X'00'"],
)
def test_bytes_that_rekey_never_writes_are_named_by_their_row(tmp_path: Path, change: str) -> None:
    """SQLite keeps anything in any column."""
    url = SecretStr(f"sqlite:///{tmp_path / 'ledger.db'}")
    ledger = filled(url)
    filled(url)
    drop(url, "rekey_ledger_no_update")
    execute(url, f"UPDATE rekey_ledger SET {change} WHERE sequence = 1")  # noqa: S608  # the test's own words

    found = ledger.verify()

    assert found is not None
    assert found.sequence == 1
