"""PostgreSQL, Redis, two Prefect servers and their services behind the proxy, three workers, and the console.

Secrets, settings and the proxy's file are those that deploy/ ships; only addresses and folders are this machine's. Each
worker has a folder of its own, as a machine of its own has: nothing is shared but the proxy's address and the database
of the ledger. Vendors are the sandbox's, and only the catalog and the blocks say so.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from http import HTTPStatus
from pathlib import Path
from typing import Self

import httpx
from pydantic import SecretStr

from blocks.ledger.ledger import Ledger
from blocks.settings import ROOT, WORK_POOL, read_settings
from deployments.local.prefect_environment import HOST
from deployments.local.processes import START_TIMEOUT_S, ProcessError
from deployments.production.here import Here
from deployments.production.proxy import proxy
from deployments.production.service import Service, Supervisor
from deployments.production.stores import Postgresql, redis
from deployments.sandbox.estate import Estate
from deployments.terminal.telling import waiting

WORKERS = 3
# Seconds on a quiet machine, minutes on a busy one.
COMMAND_TIMEOUT_S = 900.0
ANSWER_TIMEOUT_S = 30.0
OPERATOR = "operator"
_LOOK_S = 0.2


class Production(AbstractContextManager["Production"]):
    """All of it. A context manager: what it started is stopped at the end."""

    def __init__(self, here: Here, estate: Estate, backup: Path | None = None) -> None:
        """``backup`` is a folder with what ``back_up`` saved, from which it is restored; None begins anew."""
        self.here = here
        self.estate = estate
        self._backup = backup
        secrets, logs = here.secrets, here.logs
        database, broker = (int(one.rpartition(":")[2]) for one in (here.site.postgres, here.site.redis))
        self._redis = redis(broker, secrets / "redis", logs)
        self._proxy = proxy(here.ports, here.home / "proxy", secrets, logs)
        # Last: it makes a folder elsewhere.
        self.postgresql = Postgresql(database, secrets / "postgres", logs)
        self.services: list[Service] = []
        self.supervisor: Supervisor | None = None

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    @property
    def environment(self) -> dict[str, str]:
        """For whoever asks as `rekey` does on this machine."""
        return self.here.client(OPERATOR)

    @property
    def ledger(self) -> Ledger:
        """What all workers write."""
        return Ledger(SecretStr(self.here.ledger_url()))

    @property
    def restarts(self) -> dict[str, int]:
        """How often each process was started again."""
        return dict(self.supervisor.restarts) if self.supervisor else {}

    def back_up(self, folder: Path) -> None:
        """Save into a new folder what docs/how-to/production.md names: both databases, and the secrets."""
        folder.mkdir(mode=0o700)
        self.postgresql.dump(folder)
        shutil.copytree(self.here.secrets, folder / "secrets")

    def lose_everything(self) -> None:
        """Every process and every file of it is gone at once; nothing is ended in order."""
        self._watched.__exit__()
        for one in reversed(self.services):
            one.kill()
        self.services.clear()
        self.postgresql.remove()
        shutil.rmtree(self.here.home)

    def kill(self, name: str) -> None:
        """SIGKILL to this process and what it started. Its supervisor starts it again."""
        self._watched.kill(name)

    def lose(self, worker: str) -> None:
        """The machine of this worker is lost, with its disk."""
        self._watched.kill(worker, for_good=True)
        shutil.rmtree(self.here.home / worker)

    def replace(self, worker: str) -> None:
        """Another machine takes the place of one that was lost. It has what every new one gets, and nothing else."""
        self.here.client(worker)
        self.here.write_worker_file(worker)
        self._watched.bring_back(worker)

    @property
    def _watched(self) -> Supervisor:
        if self.supervisor is None:
            raise ProcessError("The production does not run.", "Enter it first.")
        return self.supervisor

    def _start(self) -> None:
        with waiting("Starting PostgreSQL and Redis"):
            self.postgresql.make()
            self._begin(self.postgresql.service, self._redis)
            self.postgresql.make_databases()
            if self._backup is not None:
                self.postgresql.restore(self._backup)
        with waiting("Making Prefect's tables"):
            _command("prefect", ["server", "database", "upgrade", "--yes"], self.here.server("migrate"))
        with waiting("Starting Prefect's servers, their services and the proxy"):
            # The first one registers Prefect's block types: of two at once one would stumble.
            self._begin(self._api_server(1))
            self._begin(self._api_server(2), self._prefects_services(), self._proxy)
        self._write_catalog()
        if self._backup is None:
            with waiting("Registering blocks, deployments and automations"):
                self._register()
        with waiting("Starting the workers and the console"):
            self._begin(*(self._worker(number) for number in range(1, WORKERS + 1)), self._console())
        self.supervisor = Supervisor(self.services)
        self.supervisor.__enter__()

    def _stop(self) -> None:
        if self.supervisor is not None:
            self.supervisor.__exit__()
        for one in reversed(self.services):
            one.stop()
        self.postgresql.remove()

    def _begin(self, *services: Service) -> None:
        """Start them at once, and wait until each answers. Raises ProcessError for one that ended."""
        for one in services:
            self.services.append(one)
            one.start()
        for one in services:
            until_well(one)

    def _write_catalog(self) -> None:
        self.here.catalog.write_text(self.estate.catalog(read_settings().catalog.read_text()))
        self.here.write_worker_file(OPERATOR)

    def _register(self) -> None:
        seeds = self.here.home / "sandbox.env"
        self.estate.write_env_file(seeds)
        _command("deployments.cli.main", ["register", "--env-file", str(seeds)], self.environment)
        seeds.unlink()

    def _api_server(self, number: int) -> Service:
        name, port = f"api-{number}", self.here.ports.servers[number - 1]
        arguments = ["server", "start", "--no-services", "--host", HOST, "--port", str(port)]
        return self._prefect(name, arguments, self.here.server(name), _ok(f"http://{HOST}:{port}/api/ready"))

    def _prefects_services(self) -> Service:
        # It listens nowhere: that it lives is all that can be seen.
        return self._prefect("services", ["server", "services", "start"], self.here.server("services"), lambda: True)

    def _worker(self, number: int) -> Service:
        name, port = f"worker-{number}", self.here.port_of_worker(number)
        self.here.write_worker_file(name)
        arguments = ["worker", "start", "--pool", WORK_POOL, "--type", "process", "--limit", "10", "--name", name]
        arguments += ["--no-create-pool-if-not-found", "--with-healthcheck"]
        environment = {
            **self.here.client(name),
            "PREFECT_WORKER_WEBSERVER_PORT": str(port),
        }
        return self._prefect(name, arguments, environment, _ok(f"http://{HOST}:{port}/health"))

    def _console(self) -> Service:
        name, port = "console", self.here.ports.console
        self.here.write_worker_file(name)
        command = [sys.executable, "-m", "deployments.cli.main", "console"]
        return Service(name, command, self.here.client(name), self.here.logs / f"{name}.log", lambda: _listens(port))

    def _prefect(
        self, name: str, arguments: list[str], environment: Mapping[str, str], well: Callable[[], bool]
    ) -> Service:
        command = [sys.executable, "-m", "prefect", *arguments]
        return Service(name, command, environment, self.here.logs / f"{name}.log", well)


def until_well(service: Service) -> None:
    """Wait until this service is well. Raises ProcessError when it ended, or is not in time."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        service.child.check()
        if service.well():
            return
        time.sleep(_LOOK_S)
    raise ProcessError(f"{service.name} does not answer after {START_TIMEOUT_S:.0f} s.", f"Read {service.log}.")


def _ok(url: str) -> Callable[[], bool]:
    def says_so() -> bool:
        try:
            return httpx.get(url, trust_env=False, timeout=ANSWER_TIMEOUT_S).status_code == HTTPStatus.OK
        except httpx.HTTPError:
            return False

    return says_so


def _listens(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=ANSWER_TIMEOUT_S):
            return True
    except OSError:
        return False


def _command(module: str, arguments: list[str], environment: Mapping[str, str]) -> None:
    """One that ends by itself. Raises ProcessError with what it said last, when it ended otherwise than well."""
    done = subprocess.run(  # noqa: S603  # our own interpreter, arguments of our own
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=COMMAND_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        last = " ".join((done.stdout + done.stderr).strip().splitlines()[-3:])
        raise ProcessError(f"`{module} {arguments[0]}` ended with {done.returncode}: {last}", "Read what it says.")
