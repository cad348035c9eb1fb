"""A program that runs in a process of its own, with a Prefect server and a ledger for itself, and prints JSON lines."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from blocks.settings import ROOT
from deployments.local.processes import LocalPrefect

TIMEOUT_S = 900


def printed(
    what: str, program: str, prefect: LocalPrefect, catalog: Path, ledger: Path, more: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """The JSON lines of the program, with the last words of its log when it fails; no worker's file counts for it."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={
            **{name: value for name, value in prefect.environment.items() if name != "REKEY_CONFIG"},
            "REKEY_CATALOG": str(catalog),
            "REKEY_LEDGER_URL": f"sqlite:///{ledger}",
            **(more or {}),
        },
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"{what} ended with {done.returncode}: {' '.join(done.stderr.splitlines()[-5:])}")
    return [json.loads(one) for one in done.stdout.splitlines() if one.startswith("{")]
