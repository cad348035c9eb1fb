"""The console of a local rekey, as a process of its own beside the Prefect server and the worker."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Self

import httpx

from deployments.local.places import Places
from deployments.local.processes import START_TIMEOUT_S, Child, ProcessError, refuse_busy_port

# A name and no number: a browser ties what it keeps, later also passkeys, to a name.
HOST = "localhost"
ANSWER_TIMEOUT_S = 30.0


class LocalConsole:
    """A console on this machine. A context manager: it runs inside it."""

    def __init__(self, places: Places, port: int, environment: Mapping[str, str]) -> None:
        """``environment`` is that of the worker, so that both read the same catalog, ledger and Prefect."""
        self.url = url_of(port)
        self._port = port
        self._log = places.logs / "console.log"
        self._environment = {
            **environment,
            "REKEY_CONSOLE_URL": self.url,
            "REKEY_CONSOLE_OFFER": str(places.offer_file),
        }
        self._child: Child | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until it answers. Raises ProcessError for a busy port or a console that ended."""
        refuse_busy_port(self._port, "the console")
        command = [sys.executable, "-m", "deployments.cli.main", "console"]
        self._child = Child("rekey console", command, self._environment, self._log)
        deadline = time.monotonic() + START_TIMEOUT_S
        with httpx.Client(trust_env=False, timeout=ANSWER_TIMEOUT_S) as browser:
            while time.monotonic() < deadline:
                self.check()
                try:
                    if browser.get(f"{self.url}/").status_code == HTTPStatus.OK:
                        return
                except httpx.HTTPError:
                    pass
                time.sleep(0.1)
        raise ProcessError(f"The console does not answer after {START_TIMEOUT_S:.0f} s.", f"Read {self._log}.")

    def stop(self) -> None:
        """End it; fine when it never began."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    def check(self) -> None:
        """Raise ProcessError when it ended."""
        if self._child is not None:
            self._child.check()


def url_of(port: int) -> str:
    """The address of a console on this machine."""
    return f"http://{HOST}:{port}"
