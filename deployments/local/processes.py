"""Child processes of a local rekey: started with a log file each, stopped by their own ids, and nothing else."""

from __future__ import annotations

import errno
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import httpx

from blocks.errors import RekeyError
from blocks.settings import ROOT, WORK_POOL, read_settings
from deployments.local.places import Places
from deployments.local.prefect_database import put_empty
from deployments.local.prefect_environment import HOST, prefect_environment, server_environment
from deployments.local.prefect_login import http_client

# Seconds on a quiet machine, minutes on a busy one; one that ended is noticed at once.
START_TIMEOUT_S = 900.0
STOP_TIMEOUT_S = 8.0
ANSWER_TIMEOUT_S = 30.0
# Linux gives ports from 32768 on to whoever asks for any port, other systems from 49152 on.
PORTS = range(20_000, 32_000)
PORT_TRIES = 100
SERVER = "prefect server"
# Why nothing can listen on a port, other than because something does already; and what to do.
WHY_NOT = {
    errno.EACCES: ("is not for this user", "Let it (CAP_NET_BIND_SERVICE)"),
    errno.EADDRNOTAVAIL: ("is at an address that this machine does not have", "Correct the address"),
}


class ProcessError(RekeyError):
    """A process does not start, or ended by itself."""

    slug = "process"
    advice = "Read the end of the log that it names."


class Child:
    """One child in a process group of its own, so that Ctrl-C in the terminal reaches only its parent."""

    def __init__(
        self,
        name: str,
        command: list[str],
        environment: Mapping[str, str],
        log: Path,
        how: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """``how`` says where (``cwd``) and as whom (``user``, ``group``) it runs, when not as its parent does."""
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603  # our own interpreter, arguments of our own
                command,
                env=dict(environment),
                stdout=output,
                stderr=output,
                start_new_session=True,
                **{"cwd": ROOT, **how},
            )

    @property
    def pid(self) -> int:
        """Its process id, which is its process group's, too."""
        return self._process.pid

    @property
    def is_over(self) -> bool:
        """Whether it ended, by itself or by somebody else."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """SIGKILL to its process group."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def check(self) -> None:
        """Raise ProcessError when the child ended."""
        code = self._process.poll()
        if code is not None:
            raise ProcessError(f"{self.name} ended with code {code}.", f"Read the end of {self.log}.")

    def stop(self) -> None:
        """End the child and what it started: asked first, then killed."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, number)
            except ProcessLookupError:
                break
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                continue
        self._process.wait()


class LocalPrefect:
    """A Prefect server and a worker on this machine. A context manager: both run inside it."""

    def __init__(self, places: Places, port: int, server_settings: Mapping[str, str] | None = None) -> None:
        """``server_settings`` go to the server only, on top of those with which rekey starts it; "" leaves one out."""
        self._server_settings = dict(server_settings or {})
        self.places = places
        self.port = port
        self.environment = prefect_environment(places, port)
        places.write_worker_file(catalog=_catalog_of(places), prefect_ui_url=self.environment["PREFECT_UI_URL"])
        self._children: list[Child] = []

    @property
    def ui_url(self) -> str:
        """Where people look: the V2 UI."""
        return self.environment["PREFECT_UI_URL"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for child in reversed(self._children):
            child.stop()
        self._children.clear()

    def start_server(self) -> None:
        """Start the server and wait until it answers. Raises ProcessError for a busy port or a server that ended."""
        refuse_busy_port(self.port, "the Prefect server")
        command = ["server", "start", "--host", HOST, "--port", str(self.port)]
        settings = {**server_environment(self.places, self.port), **self._server_settings}
        environment = {name: value for name, value in settings.items() if value}
        put_empty(self.places.prefect_home, environment)
        self._wait(self._start(SERVER, command, environment), "/health")

    def start_worker(self, settings: Mapping[str, str] | None = None) -> Child:
        """Start a worker of the process pool, which it creates when it is missing, and wait until it polls.

        ``settings`` go to the worker and its flow runs, on top of those with which rekey starts it.
        """
        command = ["worker", "start", "--pool", WORK_POOL, "--type", "process", "--limit", "10"]
        worker = self._start("prefect worker", command, {**self.environment, **(settings or {})})
        self._wait(worker, f"/work_pools/{WORK_POOL}")
        return worker

    def check(self) -> None:
        """Raise ProcessError when one of them ended by itself."""
        for child in self._children:
            child.check()

    def _start(self, name: str, arguments: list[str], environment: Mapping[str, str]) -> Child:
        log = self.places.logs / f"{name.replace(' ', '-')}.log"
        child = Child(name, [sys.executable, "-m", "prefect", *arguments], environment, log)
        self._children.append(child)
        return child

    def _wait(self, child: Child, path: str) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        with http_client(self.environment, ANSWER_TIMEOUT_S) as api:
            while time.monotonic() < deadline:
                child.check()
                try:
                    if api.get(path).status_code == HTTPStatus.OK:
                        return
                except httpx.HTTPError:
                    pass
                time.sleep(0.2)
        raise ProcessError(
            f"{child.name} does not answer after {START_TIMEOUT_S:.0f} s.", f"Read the end of {child.log}."
        )


def _catalog_of(places: Places) -> Path:
    """The one with the sandbox's addresses, where there is a sandbox."""
    return places.catalog if places.catalog.exists() else read_settings().catalog


def refuse_busy_port(
    port: int, purpose: str, instead: str = ".venv/bin/rekey demo --prefect-port NUMBER", host: str = HOST
) -> None:
    """Raise ProcessError when nothing can listen there. ``instead`` is how another port is chosen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    number = 0
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            number = error.errno or errno.EADDRINUSE
    if number:
        why, remedy = WHY_NOT.get(number, ("is in use", "Stop the program that uses it"))
        raise ProcessError(
            f"Port {port} on {host}, meant for {purpose}, {why}.", f"{remedy}, or choose another port: {instead}."
        )


def free_port() -> int:
    """A port that nothing listens on now."""
    return free_ports(1)


def free_ports(count: int, among: range = PORTS) -> int:
    """The first of so many ports in a row that nothing listens on now.

    ``among`` is a range from which the system itself gives no ports away: until a program that is being started listens
    on it, no other connection and no other caller of this function is likely to take it.
    """
    for _ in range(PORT_TRIES):
        first = among.start + secrets.randbelow(len(among) - count)
        with ExitStack() as probes:
            try:
                for port in range(first, first + count):
                    probes.enter_context(socket.socket()).bind((HOST, port))
            except OSError:
                continue
            return first
    raise ProcessError(
        f"There are no {count} free ports in a row on {HOST}.", "End programs that listen there, then try again."
    )
