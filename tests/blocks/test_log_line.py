"""A log as JSON: one object a line, with the rotation that it belongs to, whatever was given to the message."""

from __future__ import annotations

import json
import logging
import sys
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime

import pytest

from blocks import correlation
from blocks.log_line import JsonLine


def line(message: str = "Read.", *values: object, error: bool = False, **beside: object) -> dict[str, str]:
    """What is written of such a record."""
    raised = sys.exc_info() if error else None
    record = logging.getLogger("prefect.flow_runs").makeRecord(
        "prefect.flow_runs", logging.INFO, __file__, 1, message, values, raised, extra=dict(beside)
    )
    written = JsonLine().format(record)
    assert "\n" not in written
    return dict(json.loads(written))


def test_it_says_when_how_bad_who_and_what() -> None:
    found = line("Read %s.\nTwice.", "the vault", flow_run_id="f-1")

    assert datetime.fromisoformat(found.pop("time")).utcoffset() is not None
    assert found == {
        "level": "INFO",
        "logger": "prefect.flow_runs",
        "message": "Read the vault.\nTwice.",
        "flow_run_id": "f-1",
    }


def test_an_error_is_told_as_python_prints_it() -> None:
    try:
        int("not that")
    except ValueError:
        found = line(error=True)

    assert found["error"].startswith("Traceback")
    assert found["error"].endswith("ValueError: invalid literal for int() with base 10: 'not that'")


def test_nothing_else_of_a_record_is_written() -> None:
    assert "given beside it" not in json.dumps(line("Read.", request="given beside it", flow_name=None))


def test_the_lines_of_a_run_name_the_rotation_that_its_steps_are_for_also_between_them_and_in_its_threads() -> None:
    with correlation.of_a_run():
        assert "rotation" not in line()
        with ThreadPoolExecutor() as pool:
            pool.submit(copy_context().run, _step, "r-1").result()
        assert line()["rotation"] == "r-1"
        _step("r-2")
        assert line()["rotation"] == "r-2"
    assert "rotation" not in line()


def _step(rotation: str) -> None:
    with correlation.about(rotation):
        assert line()["rotation"] == rotation


def test_what_looks_after_many_rotations_names_each_only_meanwhile() -> None:
    _step("r-1")

    assert "rotation" not in line()


@pytest.mark.parametrize("named", ["r-9", ""])
def test_a_line_may_name_its_rotation_itself(named: str) -> None:
    assert line(rotation=named).get("rotation", "") == named
