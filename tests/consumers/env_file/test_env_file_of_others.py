"""A local file that somebody else changes, holds or cannot write: nothing is written over."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest
from prefect.logging import disable_run_logger

from blocks import local_file
from blocks.consumers.env_file.consumer import EnvFileConsumer
from blocks.errors import LeaseLost, Transient
from blocks.proofs import Record
from blocks.wire import permission
from tests.consumers.env_file.written import NAMES, OLD, as_file, written
from tests.consumers.handover import a_pair, given, handover


def test_a_file_that_somebody_changed_meanwhile_is_not_written_over(consumer: EnvFileConsumer, path: Path) -> None:
    seen = as_file(path).read()
    path.write_text(f"{OLD}MORE=1\n")

    with pytest.raises(Transient, match="changed by somebody else"), as_file(path).held():
        as_file(path).replace("KEY_ID=new\n", seen)

    assert path.read_text() == f"{OLD}MORE=1\n"
    pair = a_pair()
    given(consumer, pair)
    assert path.read_text() == f"{written(pair)}MORE=1\n"


def test_whoever_may_act_no_more_writes_nothing(consumer: EnvFileConsumer, path: Path) -> None:
    def lost() -> None:
        raise LeaseLost("Another run acts now.", "Go on there.")

    with permission.asked(lost):
        for act in (consumer.can_write, lambda: given(consumer, a_pair())):
            with pytest.raises(LeaseLost):
                act()

    assert path.read_text() == OLD
    assert [one.name for one in path.parent.iterdir()] == [".env"]


def test_another_rotation_that_writes_there_is_waited_for_and_not_for_ever(
    consumer: EnvFileConsumer, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_file, "PATIENCE_S", 0.0)
    folder = os.open(path.parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    with disable_run_logger(), pytest.raises(Transient, match="Another program holds the folder"):
        consumer.give(handover(a_pair()), Record())
    assert path.read_text() == OLD
    os.close(folder)

    given(consumer, a_pair())


def test_files_beside_it_with_the_same_names_are_told(consumer: EnvFileConsumer, path: Path) -> None:
    folder = path.parent
    (folder / ".env.local").write_text("SECRET=1\n")
    (folder / "worker.env").write_text("KEY_ID=1\nSECRET=1\n")
    (folder / ".env.odd").write_bytes(b"\xff")
    (folder / "notes.txt").write_text("SECRET=1\n")
    named = EnvFileConsumer(kind="env-file", path=folder / "worker.env", names=NAMES)

    alone, both = consumer.elsewhere([consumer]), consumer.elsewhere([consumer, named])

    assert f"{folder}/.env.local (SECRET); {folder}/worker.env (KEY_ID, SECRET)." in alone.unnamed
    assert f"{folder}/.env.local (SECRET). A program" in both.unnamed
    assert "notes.txt" not in alone.told
    assert f"Not looked at: {folder}/.env.odd ({folder}/.env.odd is not UTF-8.)." in both.told
    (folder / ".env.local").unlink()
    assert consumer.elsewhere([consumer, named]).unnamed == ""
