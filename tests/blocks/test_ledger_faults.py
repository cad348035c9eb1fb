"""A ledger that cannot be used says so before anything else happens, and never shows its address: it has a password."""

from __future__ import annotations

import pickle
import sys
import traceback
from pathlib import Path

import pytest
from pydantic import SecretStr

from blocks.errors import LedgerError
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from deployments.local.processes import free_port
from deployments.sandbox import made_up


def refusal(url: str, password: str = "") -> str:
    """What is said of this address. The password is in no text, pickle or cause of it."""
    with pytest.raises(LedgerError) as refused:
        Ledger(SecretStr(url)).head()
    error = refused.value
    shown = [str(error), repr(pickle.dumps(error)), "".join(traceback.format_exception(error))]
    assert not password or [text for text in shown if password in text] == []
    assert error.__cause__ is None
    assert error.__context__ is None
    return str(error)


@pytest.mark.parametrize(
    "url",
    [
        "ledger.db",
        "",
        "oracle+nothing://rekey:{password}@127.0.0.1/ledger",
        "nonsense://rekey:{password}@127.0.0.1/ledger",
        "postgresql+psycopg://rekey:{password}@127.0.0.1:port/ledger",
        "mysql://rekey:{password}@127.0.0.1/ledger",
    ],
    ids=["no URL", "empty", "unknown driver", "unknown database", "port", "driver that is not installed"],
)
def test_an_address_that_is_none_is_refused_without_its_password(url: str) -> None:
    password = made_up.token("")

    told = refusal(url.format(password=password), password)

    assert told.startswith("REKEY_LEDGER_URL is not a database URL.")
    assert "Write sqlite:///PATH or postgresql+psycopg://" in told


@pytest.mark.parametrize("fault", ["ModuleNotFoundError", "ImportError"], ids=["not installed", "no libpq"])
def test_a_driver_that_is_not_there_is_told_apart_from_an_address_that_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: str
) -> None:
    for name in [one for one in sys.modules if one.partition(".")[0] == "psycopg"]:
        monkeypatch.delitem(sys.modules, name)
    (tmp_path / "psycopg.py").write_text(f"raise {fault}")
    monkeypatch.syspath_prepend(tmp_path)
    password = made_up.token("")

    told = refusal(f"postgresql+psycopg://rekey:{password}@127.0.0.1/{fault}", password)

    assert told.startswith("The driver that REKEY_LEDGER_URL asks for (psycopg) is not installed, or lacks libpq.")
    assert "pip install '.[postgresql]'" in told


def test_a_server_that_does_not_answer_is_told_without_the_password() -> None:
    password = made_up.token("")

    told = refusal(f"postgresql+psycopg://rekey:{password}@127.0.0.1:{free_port()}/ledger", password)

    assert told.startswith("The ledger cannot be read or written (OperationalError).")
    assert "REKEY_LEDGER_URL says where it is" in told


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_text("This is a text about something else, and long enough to be one.\n" * 20)

    assert "The ledger cannot be read or written (DatabaseError)." in refusal(f"sqlite:///{path}")
    assert path.read_text().startswith("This is a text")


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    assert "The ledger cannot be read or written (OperationalError)." in refusal(f"sqlite:///{tmp_path}")


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert "The ledger cannot be read or written (" in refusal(f"sqlite:///{tmp_path / 'file' / 'ledger.db'}")


def test_a_database_that_may_only_be_read_is_read_and_takes_no_row(tmp_path: Path) -> None:
    """A copy can be verified where nothing may be written."""
    Ledger(SecretStr(f"sqlite:///{tmp_path / 'ledger.db'}"))
    copy = Ledger(SecretStr(f"sqlite:///file:{tmp_path / 'ledger.db'}?mode=ro&uri=true"))

    with pytest.raises(LedgerError, match=r"cannot be read or written \(OperationalError\)") as refused:
        copy.append(Action.STEP, rotation="r-1", credential="alpaca-paper", actor="somebody")

    # The driver's own error holds the statement.
    assert refused.value.__context__ is None
    assert copy.verify() is None


def test_the_folder_of_a_new_ledger_is_for_its_owner_only(tmp_path: Path) -> None:
    Ledger(SecretStr(f"sqlite:///{tmp_path / 'below' / 'ledger.db'}"))

    assert (tmp_path / "below").stat().st_mode & 0o777 == 0o700


def test_a_ledger_that_was_dropped_meanwhile_is_told_with_its_first_use(tmp_path: Path) -> None:
    ledger = Ledger(SecretStr(f"sqlite:///{tmp_path / 'ledger.db'}"))
    (tmp_path / "ledger.db").unlink()

    with pytest.raises(LedgerError, match="The ledger cannot be read or written"):
        ledger.append(Action.STEP, rotation="r-1", credential="alpaca-paper", actor="somebody")
