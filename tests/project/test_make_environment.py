"""The environment is made from a lock, or one line says what is missing."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from blocks.settings import ROOT

SCRIPT = ROOT / "deployments" / "make_environment.sh"

# Stands for a Python whose checks pass and whose venv module makes an environment with itself in it.
WORKING = """#!/bin/sh
case "$*" in
    *"-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    *"pip install"*) sleep "${PIP_SECONDS:-0}"; exit "${PIP_EXIT:-0}" ;;
esac
"""
TOO_OLD = """#!/bin/sh
case "$*" in
    --version) echo "Python 3.9.2" ;;
    *version_info*) exit 1 ;;
esac
"""
WITHOUT_VENV = """#!/bin/sh
case "$*" in *ensurepip*) exit 1 ;; esac
"""


def make_environment(folder: Path, python: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the script in a folder, with a program of that text as Python (or a name that does not exist)."""
    if python.startswith("#!"):
        program = folder / "python-stand-in"
        program.write_text(python)
        program.chmod(0o755)
        python = str(program)
    return subprocess.run(
        [str(SCRIPT), "run", "requirements.lock"],
        cwd=folder,
        env={**os.environ, "PYTHON": python, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("python", "told"),
    [
        ("python-that-is-not-there", "python-that-is-not-there is not installed. Install Python 3.11, 3.12 or 3.13"),
        (TOO_OLD, "Python 3.9.2 does not fit. Name a Python 3.11, 3.12 or 3.13"),
        (WITHOUT_VENV, "cannot make environments. Install its venv module"),
    ],
    ids=["missing", "too old", "without venv"],
)
def test_a_python_that_does_not_fit_is_told_in_one_line(tmp_path: Path, python: str, told: str) -> None:
    done = make_environment(tmp_path, python)
    assert done.returncode == 1
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / ".venv").exists()


def test_a_half_made_environment_is_made_anew(tmp_path: Path) -> None:
    leftover = tmp_path / ".venv" / "half"
    leftover.mkdir(parents=True)
    done = make_environment(tmp_path, WORKING)
    assert done.returncode == 0, done.stderr
    assert not leftover.exists()
    assert (tmp_path / ".venv" / "run").exists()


def test_another_folder_is_made_where_one_is_named(tmp_path: Path) -> None:
    done = make_environment(tmp_path, WORKING, VENV=".venv-newer")
    assert done.returncode == 0, done.stderr
    assert sorted(one.name for one in tmp_path.iterdir() if one.is_dir()) == [".venv-newer"]
    assert (tmp_path / ".venv-newer" / "run").exists()


def test_an_installation_that_fails_leaves_no_stamp_and_says_what_to_do(tmp_path: Path) -> None:
    done = make_environment(tmp_path, WORKING, PIP_EXIT="1")
    assert done.returncode == 1
    assert "could not be installed" in done.stderr
    assert "Then run the same command again." in done.stderr
    assert not (tmp_path / ".venv" / "run").exists()


def test_what_takes_longer_than_two_seconds_says_so_and_ends_with_the_script(tmp_path: Path) -> None:
    done = make_environment(tmp_path, WORKING, PIP_SECONDS="1.2")

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1] == "    Making .venv: 2 s so far"


# Python 3.12 and later say so of the line with the signal, and its reason is there.
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")
def test_ctrl_c_ends_what_tells_the_time_too(tmp_path: Path) -> None:
    program = tmp_path / "python-stand-in"
    program.write_text(WORKING)
    program.chmod(0o755)
    environment = {**os.environ, "PYTHON": str(program), "PIP_SECONDS": "60"}
    script = subprocess.Popen(
        [str(SCRIPT), "run", "requirements.lock"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        start_new_session=True,
        # Whoever started the tests in the background may have them ignore it, and no shell can undo that for itself.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # no thread holds a lock here
    )
    assert script.stdout
    told = [script.stdout.readline() for _ in range(2)]
    assert told[1] == b"    Making .venv: 2 s so far\n"

    os.killpg(script.pid, signal.SIGINT)

    # Ends when nobody holds the pipe any more.
    assert script.communicate(timeout=30)[0] == b""
    assert script.returncode == 130
