"""Which cells there are, and that results are shown only of the code that they were found with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults import table
from tests.faults.calls import call
from tests.faults.cell import HELD, Cell, Result
from tests.faults.faults import FAULTS, LAST, LASTING, ONCE
from tests.faults.grid import AT_LAST, OF_ONE_APP, cells_of

READ = replace(call("preflight", "slack", "POST", "/api/auth.test"), times=1)
WRITE = replace(call("pause", "heroku", "PATCH", "/apps/[^/]+/config-vars"), times=2)
CELL = Cell(READ, "401", LASTING)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "tasks"
    made.mkdir()
    (made / "store.py").write_text("STEP = 1")
    return made


@pytest.fixture(autouse=True)
def _kept_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "KEPT", tmp_path / "grid.jsonl")


def _known() -> dict[str, Result]:
    return table.kept()


def test_what_is_made_twice_fails_the_last_time_too_and_for_one_app_only() -> None:
    names = [str(cell) for cell in cells_of([READ, WRITE])]

    assert len(set(names)) == len(names) == 2 * 2 * len(FAULTS) + len(AT_LAST) + len(OF_ONE_APP)
    assert [one for one in names if one.endswith(LAST)] == [
        f"{WRITE} | {fault} | {LAST}" for fault in FAULTS if fault in AT_LAST
    ]
    assert [one for one in names if "raxx-mq-a" in one] == [
        f"pause: heroku PATCH /apps/raxx-mq-a/config-vars | {fault} | {LASTING}"
        for fault in FAULTS
        if fault in OF_ONE_APP
    ]
    assert sum(one.endswith(f"| {ONCE}") for one in names) == 2 * len(FAULTS)


def test_a_result_of_other_code_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    table.keep(CELL, Result(HELD))
    assert _known() == {str(CELL): Result(HELD)}

    monkeypatch.setattr(table, "code", lambda: "000000000000")

    assert _known() == {}
    assert table.code() in table.page([READ], _known())
    assert "0 of 18 cells were run" in table.page([READ], _known())


def test_a_result_without_a_digest_is_not_known() -> None:
    table.KEPT.write_text(f'{{"cell": "{CELL}", "outcome": "{HELD}"}}\n')

    assert _known() == {}


def test_the_digest_is_of_names_and_of_what_the_sources_do(folder: Path) -> None:
    first = table.digest_of([folder])
    (folder / "store.py").write_text("STEP = 2")
    second = table.digest_of([folder])
    (folder / "store.py").rename(folder / "verify.py")
    third = table.digest_of([folder])

    assert len({first, second, third}) == 3
    (folder / "verify.py").write_text('"""Prove it."""\n\nSTEP  = 2  # the second one')
    assert table.digest_of([folder]) == third
