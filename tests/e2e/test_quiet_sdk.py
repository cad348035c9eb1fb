"""What Prefect's SDK says of itself at its exit stays off the terminal."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from blocks.settings import ROOT
from deployments.local.processes import LocalPrefect

# More than its thread has sent by then.
EVENTS = (
    "from prefect.events import emit_event\nfor one in range(200): emit_event('told', {'prefect.resource.id': 'it'})"
)
QUIET = "from deployments.local.ask_prefect import quiet_sdk\nquiet_sdk()\n"


@pytest.mark.parametrize(("program", "is_quiet"), [(QUIET + EVENTS, True), (EVENTS, False)], ids=["quiet", "as it is"])
def test_what_it_has_not_sent_yet_is_not_told(prefect: LocalPrefect, program: str, *, is_quiet: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, **prefect.environment},
        capture_output=True,
        text=True,
        check=True,
    )

    assert ("items remaining" not in done.stderr) == is_quiet
