"""A run of ``rotate`` in a process of its own, which a test may kill."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from tests.at_prefect import Form
from tests.chaos.attempt import Attempt
from tests.chaos.child import Order
from tests.operator import Operator
from tests.waiting import wait_until

START_TIMEOUT_S = 300.0


class AnotherProcess:
    """The process, and the form that its run shows."""

    def __init__(self, operator: Operator, credential: str, log: Path) -> None:
        self._operator = operator
        self._name = f"test-{uuid4().hex[:8]}"
        # Where things are and how long to wait; no REKEY_ variable of a test holds a secret.
        variables = {name: value for name, value in os.environ.items() if name.startswith("REKEY_")}
        prefect = operator.prefect
        self._process = Attempt(
            Order(self._name, credential, prefect.environment, prefect.places.prefect_home, variables, log)
        )

    def form(self, field: str) -> Form:
        """The form with this field, once it is shown; the test's operator answers it from then on."""
        shown: list[Form] = []

        def found() -> bool:
            assert self._process.is_alive, "the run ended"
            form = self._operator.form_of_run(self._name) if self._operator.is_paused(self._name) else None
            shown.extend([form] if form and field in form.fields else [])
            return bool(shown)

        wait_until(found, description=f"a form with {field}", timeout_s=START_TIMEOUT_S)
        self._operator.form = shown[0]
        return shown[0]

    def kill(self) -> None:
        """End it at once, as a lost machine does."""
        self._process.kill()
        assert self._process.ended(START_TIMEOUT_S)


@contextmanager
def another_process(operator: Operator, folder: Path, credential: str = "alpaca-paper") -> Iterator[AnotherProcess]:
    """Start it; it is gone at the end."""
    process = AnotherProcess(operator, credential, folder / "another-process.log")
    try:
        yield process
    finally:
        process.kill()
