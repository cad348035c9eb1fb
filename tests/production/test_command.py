"""``make production`` as somebody starts it, asks it from another terminal, and ends it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from blocks.settings import ROOT
from deployments.local.processes import free_ports
from deployments.production import tree
from tests.waiting import wait_until

START_TIMEOUT_S, END_TIMEOUT_S = 900, 120
MISSING = [
    name
    for name, is_there in {
        "PostgreSQL": bool(list(Path("/usr/lib/postgresql").glob("*/bin/initdb"))),
        "redis-server": shutil.which("redis-server") is not None,
        "nginx": (shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")) is not None,
    }.items()
    if not is_there
]


@pytest.mark.long
@pytest.mark.prefect
@pytest.mark.skipif(bool(MISSING), reason=f"{', '.join(MISSING)} is not installed")
def test_it_starts_is_asked_and_leaves_nothing_behind(tmp_path: Path) -> None:
    home, first = tmp_path / "production", free_ports(17)
    command = [sys.executable, "-m", "deployments.production", "--home", str(home)]
    command += ["--port", str(first), "--sandbox-port", str(first + 1)]
    log = tmp_path / "log"
    with log.open("wb") as output:
        running = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, start_new_session=True)
    try:
        wait_until(
            lambda: "Ctrl-C stops everything" in log.read_text() or running.poll() is not None,
            description="it is there",
            timeout_s=START_TIMEOUT_S,
        )
        assert running.poll() is None, log.read_text()
        told = log.read_text()
        names = re.findall(r"^ +\d+  (\S+)$", told, re.MULTILINE)
        assert sorted(names) == sorted(
            [
                "postgresql",
                "redis",
                "api-1",
                "api-2",
                "services",
                "proxy",
                "worker-1",
                "worker-2",
                "worker-3",
                "console",
            ]
        )
        (database,) = re.findall(r"Database's files +(\S+)", told)
        assert Path(database).is_dir()
        asked = subprocess.run(
            [sys.executable, "-m", "deployments.cli.main", "status"],
            cwd=ROOT,
            env={**os.environ, "REKEY_CONFIG": str(home / "operator" / "rekey.toml")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert asked.returncode == 0, asked.stderr
        assert "No rotation is open." in asked.stdout
        began = tree.below(running.pid)
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(END_TIMEOUT_S)
    assert running.returncode == 0
    assert log.read_text().rstrip().endswith("Stopped.")
    assert len(began) >= len(names)
    wait_until(lambda: not any(map(tree.is_there, began)), description="all that it started is gone")
    assert not Path(database).exists()
    assert [path for path in home.rglob("*") if path.is_file() and path.stat().st_mode & 0o077] == []
