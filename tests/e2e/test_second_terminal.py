"""A second terminal takes up the demo that runs on this machine, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from blocks.errors import StepError
from blocks.ledger.ledger import Ledger
from blocks.settings import ROOT
from deployments.local import current, demo
from deployments.local.processes import free_port
from tests.e2e.waiting_run import waiting
from tests.steps.support import SHIPPED


def test_a_second_terminal_finds_the_demo_that_runs_here(
    run: Callable[..., tuple[int, str, str]], ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting(ledger)
    config, login = tmp_path / "rekey.toml", tmp_path / "prefect.login"
    places = {"root": ROOT, "catalog": SHIPPED, "ledger_url": f"sqlite:///{tmp_path / 'ledger.db'}"}
    config.write_text("".join(f'{name} = "{value}"\n' for name, value in places.items()))
    config.chmod(0o600)
    monkeypatch.setattr(current, "FILE", tmp_path / "hidden" / "current")
    for name in (*current.NAMES, current.LOGIN, "REKEY_LEDGER_URL"):
        # Set first, so that what the command sets is taken back at the end.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    unused = f"http://127.0.0.1:{free_port()}/api"
    environment = {"PREFECT_API_URL": unused, "REKEY_CONFIG": str(config)}

    with current.pointing_at(environment, login):
        assert current.FILE.stat().st_mode & 0o777 == 0o600
        code, out, err = run("status")
    assert (code, f"{tmp_path / 'ledger.db'} (named by {config})" in " ".join(out.split())) == (5, True)
    assert err == f"rekey: reads the demo that runs here ({current.FILE}).\n"
    assert not current.FILE.exists()


def test_a_demo_that_was_killed_or_another_rekey_in_the_environment_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(current, "FILE", tmp_path / "current")
    for name in (*current.OWN, *current.NAMES):
        monkeypatch.delenv(name, raising=False)
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        pass
    current.FILE.write_text(json.dumps({"pid": dead.pid, "REKEY_CONFIG": "/nowhere"}))
    assert current.adopt() is False
    current.FILE.write_text("no JSON")
    assert current.adopt() is False
    current.FILE.write_text(json.dumps({"pid": os.getpid(), "REKEY_CONFIG": "/nowhere"}))
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:4200/api")
    assert current.adopt() is False
    assert "REKEY_CONFIG" not in os.environ


def test_a_new_demo_removes_no_files_of_one_that_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current, "FILE", tmp_path / "current")
    facts = {"pid": os.getpid(), "login_file": str(ROOT / ".rekey" / "demo" / "prefect.login")}
    current.FILE.write_text(json.dumps(facts))

    with pytest.raises(StepError, match=rf"Another demo runs on this machine \(process {os.getpid()}\)"):
        demo.demo(None, prefect_port=free_port(), console_port=free_port(), sandbox_port=free_port())

    current.FILE.write_text(json.dumps({**facts, "login_file": str(tmp_path / "prefect.login")}))
    current.refuse_another("demo")
