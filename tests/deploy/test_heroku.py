"""What Heroku is given: a Procfile, settings, and a start that makes the worker's file anew on each dyno."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from blocks.settings import ROOT, WORK_POOL
from deployments.cli.options import parser
from tests.deploy.named import CLIENT, wrong

FOLDER = ROOT / "deploy" / "heroku"
START, PREPARE = FOLDER / "start.sh", FOLDER / "prepare.sh"
PROCFILE = dict(line.split(": ", 1) for line in (FOLDER / "Procfile").read_text().splitlines())
APP: dict[str, Any] = json.loads((FOLDER / "app.json").read_text())
PASSWORD = "made-up-for-this-test"  # noqa: S105  # nobody's
WORKER_FILE = f'catalog = "{ROOT}/deployments/catalog.toml"\nconsole_url = "https://rekey.example.com"'
# As a program that is started there reads it, by rekey's own settings.
ASKED = (
    "import json, os, stat; from blocks.settings import read_settings; s = read_settings(); "
    "print(json.dumps([s.ledger_url.get_secret_value(), s.console_listen, str(s.catalog), "
    "oct(stat.S_IMODE(os.stat(s.config).st_mode)), sorted(os.environ)]))"
)


def started(home: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {"HOME": str(home), "PATH": "/usr/bin:/bin", **environment}
    return subprocess.run(
        [str(START), *command], cwd=ROOT, env=given, capture_output=True, text=True, check=False, timeout=120
    )


def test_each_process_is_a_command_that_there_is() -> None:
    assert set(PROCFILE) == {"release", "web", "worker"}
    assert set(APP["formation"]) == set(PROCFILE) - {"release"}
    for process, named in (("release", "register"), ("web", "console")):
        start, python, dash, module, *words = shlex.split(PROCFILE[process])
        assert (start, python, dash, module) == ("deploy/heroku/start.sh", "python", "-m", "deployments.cli.main")
        assert words == [named]
        assert parser().parse_args(words).command
    worker = f"deploy/heroku/start.sh python -m prefect worker start --pool {WORK_POOL} --type process "
    assert PROCFILE["worker"].startswith(worker)


def test_a_worker_has_every_setting() -> None:
    given = {name: one.get("value", "yours") for name, one in APP["env"].items()}
    by_start = re.findall(r"\b([A-Z_]+)=\"", START.read_text())
    assert wrong({**given, **dict.fromkeys(by_start, "made")}, CLIENT) == {}
    # What must be secret or is a place's has no value here.
    assert {name for name, one in APP["env"].items() if one.get("required")} == {
        "WORKER_FILE",
        "PREFECT_API_URL",
        "PREFECT_API_AUTH_STRING",
        "PREFECT_UI_URL",
    }


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_a_dyno_makes_the_workers_file_and_forgets_where_it_has_it_from(tmp_path: Path, scheme: str) -> None:
    url = f"{scheme}://owner:{PASSWORD}@database.example.com:5432/ledger"
    for port in ("31001", "31002"):
        done = started(tmp_path, sys.executable, "-c", ASKED, WORKER_FILE=WORKER_FILE, DATABASE_URL=url, PORT=port)
        assert done.returncode == 0, done.stderr
        ledger, listen, catalog, mode, environment = json.loads(done.stdout)
        assert ledger == f"postgresql+psycopg://owner:{PASSWORD}@database.example.com:5432/ledger?sslmode=require"
        assert (listen, mode) == (f"0.0.0.0:{port}", "0o600")
        assert catalog == f"{ROOT}/deployments/catalog.toml"
        assert {"WORKER_FILE", "DATABASE_URL"} & set(environment) == set()
        assert {"REKEY_CONFIG", "PREFECT_HOME", "PYTHONPATH"} <= set(environment)


@pytest.mark.parametrize("missing", ["WORKER_FILE", "DATABASE_URL"])
def test_without_what_it_needs_nothing_is_started(tmp_path: Path, missing: str) -> None:
    given = {"WORKER_FILE": WORKER_FILE, "DATABASE_URL": f"postgres://owner:{PASSWORD}@database.example.com/ledger"}
    del given[missing]
    done = started(tmp_path, "/bin/echo", "started", **given)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"rekey: {missing} is not set. ")
    assert PASSWORD not in done.stderr


def test_the_folder_for_heroku_has_its_files_at_the_top(tmp_path: Path) -> None:
    """In a repository of its own: what is committed in this one now is nobody's business here."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for name in ("requirements-production.lock", "deploy/heroku/Procfile", "deploy/heroku/app.json"):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_bytes((ROOT / name).read_bytes())
    own = ["git", "-c", "user.name=somebody", "-c", "user.email=somebody@example.com"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        subprocess.run([*own, *command], cwd=checkout, check=True, capture_output=True)
    (checkout / "not-committed.env").write_text("REKEY=1")
    folder = tmp_path / "for-heroku"

    subprocess.run([str(PREPARE), str(folder)], cwd=checkout, check=True, capture_output=True)

    assert (folder / "Procfile").read_bytes() == (FOLDER / "Procfile").read_bytes()
    assert (folder / "requirements.txt").read_bytes() == (ROOT / "requirements-production.lock").read_bytes()
    assert {"app.json", ".python-version"} <= {one.name for one in folder.iterdir()}
    assert not (folder / "not-committed.env").exists()
    again = subprocess.run([str(PREPARE), str(folder)], cwd=checkout, capture_output=True, text=True, check=False)
    assert (again.returncode, "is there already" in again.stderr) == (1, True)
