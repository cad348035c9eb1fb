"""What a process remembers of a ledger is what the ledger has."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import event

from blocks.ledger import history
from blocks.ledger.database import engine_for
from blocks.ledger.history import History
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action, Row
from blocks.model.step import Step


def append(ledger: Ledger, rotation: str, **context: Any) -> Row:
    """One more row."""
    return ledger.append(Action.STEP, rotation=rotation, credential="alpaca-live", actor="rekey", context=context)


def test_a_question_sees_every_row_at_once_and_reads_none_twice(url: SecretStr) -> None:
    """Whoever wrote it: another process appends to the same table, as another object does here."""
    ledger, other = Ledger(url), Ledger(url)
    for number in range(4):
        append(ledger, "r-1", step="store", outcome="done", number=number)
    assert len(history.of(ledger, "r-1").rows) == 4

    append(other, "r-2", step="store", outcome="done")
    append(other, "r-1", step="verify", outcome="done")
    asked: list[Any] = []
    event.listen(engine_for(url), "after_cursor_execute", lambda *one: asked.append(one[2:4]))

    known = history.of(ledger, "r-1")

    ((_, values),) = [one for one in asked if one[0].startswith("SELECT")]
    after = values["sequence_1"] if isinstance(values, dict) else values[1]
    assert after == 3, "the newest that was read is asked for again, and none before it"
    assert known == History.fold(ledger.rows(rotation="r-1"))
    assert known.newest(Step.VERIFY) is not None


def test_of_an_older_copy_of_the_ledger_nothing_is_remembered_that_it_does_not_have(tmp_path: Path) -> None:
    path, copy = tmp_path / "ledger.db", tmp_path / "copy.db"
    url = SecretStr(f"sqlite:///{path}")
    append(Ledger(url), "r-1", step="pause", outcome="done")
    shutil.copy(path, copy)
    append(Ledger(url), "r-1", step="resume", outcome="done")
    assert history.of(Ledger(url), "r-1").newest(Step.RESUME) is not None

    copy.replace(path)

    assert history.of(Ledger(url), "r-1").newest(Step.RESUME) is None
    append(Ledger(url), "r-1", step="verify", outcome="done")
    assert list(history.of(Ledger(url), "r-1").done) == ["pause", "verify"]


def test_of_a_ledger_that_is_gone_nothing_is_remembered(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    url = SecretStr(f"sqlite:///{path}")
    append(Ledger(url), "r-1", step="pause", outcome="done")
    assert history.of(Ledger(url), "r-1").brakes.began

    path.unlink()

    assert history.of(Ledger(url), "r-1") == History()


def test_more_rotations_than_are_kept_are_read_again(tmp_path: Path) -> None:
    ledger = Ledger(SecretStr(f"sqlite:///{tmp_path / 'ledger.db'}"))
    names = [f"r-{number}" for number in range(2 * history.KEPT)]
    for name in names * 2:
        append(ledger, name, step="store", outcome="done")
        assert history.of(ledger, name) == History.fold(ledger.rows(rotation=name))
