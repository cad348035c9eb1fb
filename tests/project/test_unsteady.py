"""A few red tests with a server are run once more, alone: what is green then is named, and nothing else passes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from blocks.settings import ROOT
from tests import unsteady

WITH_A_SERVER = "import pathlib, pytest\n\n@pytest.mark.prefect\n"
ONCE = (
    "def test_{name}():\n    note = pathlib.Path(__file__).with_suffix('.{name}')\n    was = note.exists()\n"
    "    note.touch()\n    assert was\n"
)
ALWAYS = "def test_{name}():\n    assert False\n"


def suite(folder: Path, *tests: str) -> tuple[str, ...]:
    """The command that runs a folder of these tests."""
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  prefect: a server\n  long: a variant\n")
    (folder / "test_it.py").write_text("\n".join(tests))
    return (sys.executable, "-m", "pytest", "-q", "--rootdir", str(folder))


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unsteady, "CACHE", tmp_path / "cache")
    monkeypatch.delenv(unsteady.REQUIRED, raising=False)
    monkeypatch.chdir(tmp_path)
    # Looking for plugins took these processes as long as their tests did.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def played(command: tuple[str, ...]) -> int:
    """What becomes of a suite whose tests were red the first time."""
    places = {**os.environ, "PYTHONPATH": str(ROOT)}
    first = subprocess.run([*command, *unsteady.remembering("others")], capture_output=True, check=False, env=places)
    assert first.returncode == unsteady.RED
    return unsteady.again(command, "not long", ("others",))


def test_one_that_is_green_alone_is_named_at_the_end(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert played(suite(tmp_path, WITH_A_SERVER + ONCE.format(name="a"))) == 0

    *_, last = capfd.readouterr().out.splitlines()
    assert last.startswith("UNSTEADY: test_it.py::test_a was red, and green alone.")


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(WITH_A_SERVER + ALWAYS.format(name="b"), id="red twice"),
        pytest.param(ONCE.format(name="b"), id="needs no server"),
    ],
)
def test_whoever_is_red_twice_or_needs_no_server_is_red(tmp_path: Path, other: str) -> None:
    assert played(suite(tmp_path, WITH_A_SERVER + ONCE.format(name="a"), other)) == unsteady.RED


def test_one_that_cannot_be_cleaned_up_after_is_red(tmp_path: Path) -> None:
    """There it is searched for secrets."""
    once = (
        ONCE.format(name="a")
        .replace("def test_a", "@pytest.fixture\ndef torn")
        .replace("    assert", "    yield\n    assert")
    )
    test = "import pathlib, pytest\n\n" + once + "\n@pytest.mark.prefect\ndef test_a(torn): pass\n"

    assert played(suite(tmp_path, test)) == unsteady.RED


def test_more_than_a_few_are_not_run_again(tmp_path: Path) -> None:
    many = [WITH_A_SERVER + ONCE.format(name=f"a{number}") for number in range(unsteady.MOST + 1)]

    assert played(suite(tmp_path, *many)) == unsteady.RED


def test_none_is_run_again_where_steadiness_is_required(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(unsteady.REQUIRED, "required")

    assert played(suite(tmp_path, WITH_A_SERVER + ONCE.format(name="a"))) == unsteady.RED
