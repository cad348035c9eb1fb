"""A ledger of each older version is read and written as it is, and migrated; one of a newer rekey is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import inspect

from blocks.errors import LedgerError
from blocks.ledger import versions
from blocks.ledger.database import engine_for, file_of, known, table, transaction
from blocks.ledger.database import versions as numbers
from blocks.ledger.guards import PRIVATE
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from deployments.cli.main import main

# The statements by which a rekey of that version made its tables, and a row of it: two line ends part them.
MADE_BY = sorted((Path(__file__).parent / "ledger_versions").glob("*.sql"))


def made(url: SecretStr, version: Path) -> None:
    """The ledger of an older rekey."""
    engine = engine_for(url)
    kind = engine.dialect.name
    with transaction(engine) as connection:
        for statement in version.read_text().split(";\n\n"):
            only = statement.partition("-- only ")[2].split("\n", 1)[0].strip()
            if statement.strip() and only in {"", kind}:
                connection.exec_driver_sql(statement)
    file = file_of(engine.url)
    if file is not None:
        file.chmod(PRIVATE)
    known.pop(engine, None)


def written(ledger: Ledger) -> None:
    ledger.append(Action.STEP, rotation="R-2", credential="alpaca-paper", actor="a test", context={})


def test_there_is_one_for_each_version_before_the_newest() -> None:
    assert [int(one.stem) for one in MADE_BY] == list(range(versions.FIRST, versions.NEWEST))


@pytest.mark.parametrize("version", MADE_BY, ids=lambda path: path.stem)
def test_an_older_ledger_is_used_as_it_is_and_migrated_once(url: SecretStr, version: Path) -> None:
    made(url, version)
    ledger = Ledger(url)
    before = ledger.identity()
    written(ledger)

    assert ledger.version() == int(version.stem)
    assert versions.migrate(ledger.engine) == (int(version.stem), versions.NEWEST)
    assert versions.migrate(ledger.engine) == (versions.NEWEST, versions.NEWEST)

    again = Ledger(url)
    written(again)
    assert (again.version(), again.identity()) == (versions.NEWEST, before)
    assert again.verify() is None
    assert [row.sequence for row in again.rows()] == [1, 2, 3]
    assert again.unguarded() == []
    with transaction(again.engine, reading=True) as connection:
        indexes = {one["name"] for one in inspect(connection).get_indexes(table.name)}
    assert {one.name for one in table.indexes} <= indexes


def test_a_new_ledger_has_the_newest_version(url: SecretStr) -> None:
    ledger = Ledger(url)

    assert ledger.version() == versions.NEWEST
    assert ledger.identity() == ""
    written(ledger)
    assert ledger.identity() == ledger.rows()[0].hash


def test_a_ledger_of_a_newer_rekey_is_refused_and_nothing_is_written(url: SecretStr) -> None:
    ledger = Ledger(url)
    written(ledger)
    with transaction(ledger.engine) as connection:
        connection.execute(numbers.insert().values(version=versions.NEWEST + 1, at="later"))
    known.pop(ledger.engine, None)

    with pytest.raises(LedgerError, match=rf"The ledger has version {versions.NEWEST + 1}; this rekey knows") as raised:
        Ledger(url)
    assert not raised.value.transient
    with pytest.raises(LedgerError, match="this rekey knows"):
        versions.migrate(ledger.engine)
    assert len(ledger.rows()) == 1


@pytest.mark.usefixtures("_nothing_else")
def test_the_command_says_what_it_did(
    url: SecretStr, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made(url, MADE_BY[0])
    monkeypatch.setenv("REKEY_LEDGER_URL", url.get_secret_value())

    assert main(["ledger", "migrate"]) == 0
    assert f"Migrated from version 1 to {versions.NEWEST}. It is the ledger" in capsys.readouterr().out
    assert main(["ledger", "migrate"]) == 0
    assert f"It has version {versions.NEWEST}: nothing to do." in capsys.readouterr().out
