"""A file of that path may be on every machine: what the entry means is on one, and no other one is touched."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest
from pydantic import ValidationError

from blocks.check import Depth, Outcome, asked
from blocks.consumers.env_file.consumer import EnvFileConsumer
from blocks.errors import Unproved
from tests.consumers.env_file.written import NAMES, OLD
from tests.consumers.handover import a_pair, given, held


def on(machine: str, path: Path) -> EnvFileConsumer:
    """The file as an entry has it that names this machine."""
    return EnvFileConsumer(kind="env-file", path=path, names=NAMES, machine=machine)


def test_a_run_on_another_machine_touches_no_file(path: Path) -> None:
    """Neither before anybody clicks nor after: nothing is tried out beside it, either."""
    consumer, pair = on("elsewhere", path), a_pair()
    before = path.parent.stat().st_mtime_ns

    for ask in (
        consumer.can_write,
        lambda: consumer.has(pair),
        lambda: given(consumer, pair),
        lambda: consumer.elsewhere([]),
    ):
        with pytest.raises(Unproved, match=f"is on the machine elsewhere, and this run is on {platform.node()}") as no:
            ask()
        assert "`uname -n` tells it there" in no.value.remedy
    assert path.read_text() == OLD
    assert path.parent.stat().st_mtime_ns == before


def test_health_on_another_machine_knows_nothing_of_it(path: Path) -> None:
    """It is no drift: unknown is neither well nor wrong."""
    consumer = on("elsewhere", path)

    found = asked("c", "copy", lambda: consumer.holds(held(a_pair()), None, Depth.FULL))

    assert found.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("named", [str.upper, str.lower])
def test_a_run_on_that_machine_writes_it(path: Path, named: object) -> None:
    assert callable(named)
    consumer, pair = on(named(platform.node()), path), a_pair()

    assert f"read back on the machine {platform.node()}" in given(consumer, pair).proofs[0]


def test_a_file_that_is_not_there_says_where(path: Path) -> None:
    path.unlink()
    consumer = EnvFileConsumer(kind="env-file", path=path, names=NAMES)

    told = asked("c", "write", lambda: str(consumer.can_write())).told
    assert told == f"{path} does not exist on the machine on which rekey runs, {platform.node()}."


def test_a_machine_has_a_name(path: Path) -> None:
    with pytest.raises(ValidationError, match="at least 1 character"):
        on("", path)
