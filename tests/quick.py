"""What ``make quick`` leaves out: tests that need a Prefect server. No other test can start one unnoticed."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Any

import pytest

MARKER = "prefect"
# A command that starts a server: Prefect's own, the one that a flow starts where no address is set, and rekey's two.
STARTS = re.compile(r"prefect server start|prefect\.server\.|deployments\.cli\.main (demo|rehearse)")


def mark(item: pytest.Item) -> None:
    """Mark a test that asks for the fixture of that name, itself or by way of others. Those in a browser do, too."""
    if MARKER in getattr(item, "fixturenames", ()) or item.path.parent.name == "browser":
        item.add_marker(MARKER)


@dataclass
class Watch:
    """Looks at every process that is started, from the beginning of the first test on."""

    # The test that runs now.
    item: pytest.Item | None = None

    def begin(self, item: pytest.Item) -> None:
        """From now on this test is the one that starts processes."""
        # Not under `make coverage`: with a tracer and an audit hook, threads of Python 3.11 die as they begin ("Cannot
        # install a trace function while another trace function is being installed"). `make test` looks.
        if self.item is None and sys.gettrace() is None:
            sys.addaudithook(self._look)
        self.item = item

    def _look(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Python's own audit of ``subprocess.Popen``: program, command, folder, environment."""
        if event != "subprocess.Popen" or self.item is None or self.item.get_closest_marker(MARKER):
            return
        command = " ".join(map(str, arguments[1]))
        assert not STARTS.search(command), (
            f"{self.item.nodeid} starts a Prefect server: mark it with pytest.mark.{MARKER}"
        )
