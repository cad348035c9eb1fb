"""A run of ``rotate`` in a process of its own, which a test may kill."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from blocks.settings import ROOT
from tests.operator import Form, Operator, wait_until

START_TIMEOUT_S = 300.0
PROGRAM = """
import sys
from flows.rotate import rotate

rotate.with_options(flow_run_name=sys.argv[2])(sys.argv[1], return_state=True)
"""


class AnotherProcess:
    """The process, and the form that its run shows."""

    def __init__(self, operator: Operator, credential: str, log: Path) -> None:
        self._operator = operator
        self._name = f"test-{uuid4().hex[:8]}"
        names = ("PREFECT_HOME", "PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "PREFECT_RESULTS_LOCAL_STORAGE_PATH")
        # Where things are and how long to wait; no REKEY_ variable of a test holds a secret.
        environment = {**os.environ, **{name: operator.prefect.environment[name] for name in names}}
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # our own interpreter, arguments of our own
                [sys.executable, "-c", PROGRAM, credential, self._name],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=output,
            )

    def form(self, field: str) -> Form:
        """The form with this field, once it is shown; the test's operator answers it from then on."""
        shown: list[Form] = []

        def found() -> bool:
            assert self._process.poll() is None, "the run ended"
            form = self._operator.form_of_run(self._name)
            shown.extend([form] if form and field in form.fields else [])
            return bool(shown)

        wait_until(found, description=f"a form with {field}", timeout_s=START_TIMEOUT_S)
        self._operator.form = shown[0]
        return shown[0]

    def kill(self) -> None:
        """End it at once, as a lost machine does."""
        self._process.kill()
        self._process.wait(START_TIMEOUT_S)


@contextmanager
def another_process(operator: Operator, folder: Path, credential: str = "alpaca-paper") -> Iterator[AnotherProcess]:
    """Start it; it is gone at the end."""
    process = AnotherProcess(operator, credential, folder / "another-process.log")
    try:
        yield process
    finally:
        process.kill()
