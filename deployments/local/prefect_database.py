"""An empty Prefect database, made once and copied: Prefect's migrations take ten seconds of every first start."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import prefect

from blocks.settings import ROOT

# Seconds on a quiet machine, minutes on a busy one.
MAKE_TIMEOUT_S = 900.0
NAME = "prefect.db"


def put_empty(home: Path, environment: Mapping[str, str]) -> None:
    """Let ``home`` have a database in which the migrations of this Prefect are done; one that is there stays.

    Without one the server makes its own, so whatever goes wrong here costs only time.
    """
    target = home / NAME
    if target.exists():
        return
    made = ROOT / ".rekey" / f"empty-prefect-{prefect.__version__}.db"
    try:
        if made.exists() or _made_once(made, environment):
            shutil.copyfile(made, target)
    except (OSError, subprocess.SubprocessError):
        # Half a copy would be worse than none.
        target.unlink(missing_ok=True)


def _made_once(made: Path, environment: Mapping[str, str]) -> bool:
    """Of several who need it at the same time one makes it, and the others wait for that one."""
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return made.exists() or _make(made, environment)


def _make(made: Path, environment: Mapping[str, str]) -> bool:
    """In a folder of its own, then moved to its place at once: one that is interrupted leaves nothing half-made."""
    with tempfile.TemporaryDirectory(dir=made.parent) as folder:
        done = subprocess.run(  # our own interpreter, arguments of our own
            [sys.executable, "-m", "prefect", "server", "database", "upgrade", "-y"],
            env={**environment, "PREFECT_HOME": folder},
            capture_output=True,
            timeout=MAKE_TIMEOUT_S,
            check=False,
        )
        fresh = Path(folder) / NAME
        if done.returncode != 0 or not fresh.exists() or fresh.with_name(f"{NAME}-wal").exists():
            return False
        fresh.replace(made)
    return True
