"""Red tests that need a real server or a browser, once more and alone: is it the code, or how busy the machine was?

Such a test shares its machine with six other processes of tests. One that is red again is red. One that is green alone
is unsteady: it is named at the very end, and is a fault to be mended, in the product or in the test. Tests that start
no server are never run again, nor are more than a few: then it is the code. Nor is anything when a test failed while it
was cleaned up after: there it is searched for secrets, for which nobody gets a second chance. With
``REKEY_TEST_STEADY=required`` none is, as in the nightly runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from blocks.settings import ROOT

# pytest's exit code when tests failed, and nothing else went wrong.
RED = 1
MOST = 3
REQUIRED = "REKEY_TEST_STEADY"
CACHE = ROOT / ".rekey" / "pytest"


_not_clean: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Of pytest: remember what failed while it was cleaned up after."""
    if report.failed and report.when == "teardown":
        _not_clean.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Of pytest: note it beside what failed. A process that another one shares its tests with reports to that one."""
    if not hasattr(session.config, "workerinput") and session.config.cache is not None:
        session.config.cache.set("rekey/not-clean", _not_clean)


def remembering(part: str) -> list[str]:
    """Options with which pytest notes what failed apart from other parts that run at the same time."""
    for noted in (_noted(part), _noted_not_clean(part)):
        noted.unlink(missing_ok=True)
    return ["-p", "tests.unsteady", "-o", f"cache_dir={CACHE / part}"]


def _noted(part: str) -> Path:
    return CACHE / part / "v" / "cache" / "lastfailed"


def _noted_not_clean(part: str) -> Path:
    return CACHE / part / "v" / "rekey" / "not-clean"


def _is_clean(part: str) -> bool:
    """Whether pytest noted that every test could be cleaned up after; a part that noted nothing is not."""
    try:
        return bool(json.loads(_noted_not_clean(part).read_text()) == [])
    except FileNotFoundError:
        return False


def failed(part: str) -> list[str]:
    """The tests of a part that are red, as pytest noted it; none when it noted nothing."""
    try:
        return sorted(json.loads(_noted(part).read_text()))
    except FileNotFoundError:
        return []


def again(command: Sequence[str], marks: str, parts: Sequence[str]) -> int:
    """Run what is red once more, alone; return 0 when all of it is green then, and name it."""
    red = {part: failed(part) for part in parts}
    tests = [test for part in parts for test in red[part]]
    is_clean = all(_is_clean(part) for part in parts)
    if os.environ.get(REQUIRED) == "required" or not is_clean or not 0 < len(tests) <= MOST:
        return RED
    sys.stdout.write(f"\n{len(tests)} red: once more, with nothing beside, where a server or a browser is needed.\n")
    sys.stdout.flush()
    for part in parts:
        if red[part]:
            options = ["-o", f"cache_dir={CACHE / part}", "-m", f"prefect and ({marks})"]
            subprocess.run([*command, *options, *red[part]], check=False)
    # What was not run again, because it needs no server, is still noted.
    if any(failed(part) for part in parts):
        return RED
    for test in tests:
        sys.stdout.write(f"UNSTEADY: {test} was red, and green alone. Mend the test, or what it found.\n")
    return 0
