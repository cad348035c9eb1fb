"""Somebody who does what docs/how-to/production.md says, in an empty folder: by its settings and commands alone."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import httpx

from blocks.settings import ROOT
from deployments.local.prefect_environment import HOST
from deployments.local.prefect_login import http_client
from deployments.local.processes import free_ports
from deployments.production.production import until_well
from deployments.production.service import Service
from deployments.production.stores import Postgresql
from deployments.sandbox.estate import Estate
from tests.production import page

# Seconds on a quiet machine, minutes on a busy one.
COMMAND_TIMEOUT_S = 600
SECRETS = "python -m deployments.setup.production_secrets FOLDER"
# As the secrets have the address of PostgreSQL before it is corrected.
NOT_CORRECTED = "postgres:5432"


class Newcomer:
    """A context manager: what was started is stopped at the end. ``executed`` has each command as the page has it."""

    def __init__(self, folder: Path, estate: Estate) -> None:
        self.folder = folder
        self.estate = estate
        self.executed: set[str] = set()
        self._server, self._console, self._database = (free_ports(3) + number for number in range(3))
        self._running = ExitStack()
        # The settings, once they are there.
        self.servers: dict[str, str] = {}
        self.own: dict[str, str] = {}

    def __enter__(self) -> Self:
        # Also of what this process writes.
        self._running.callback(os.umask, os.umask(page.mode().umask))
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    @property
    def api(self) -> httpx.Client:
        """Prefect, as whoever has its login asks it."""
        return http_client(self.own, timeout_s=60)

    @property
    def console_url(self) -> str:
        """Where the console is."""
        return f"http://localhost:{self._console}"

    @property
    def secrets(self) -> Path:
        """What the page has made up."""
        return self.folder / "secrets"

    @property
    def ledger_url(self) -> str:
        """With the password in it, as the worker's file has it."""
        return str(tomllib.loads(Path(self.own["REKEY_CONFIG"]).read_text())["ledger_url"])

    def has_databases(self) -> Postgresql:
        """Secrets, and a PostgreSQL with the two databases that they describe."""
        self.run(SECRETS, {}, words={"FOLDER": str(self.secrets)}, cwd=ROOT)
        server = Postgresql(self._database, self.secrets / "postgres", self.folder)
        self._running.callback(server.remove)
        server.make()
        self._start(server.service)
        server.make_databases()
        return server

    def has_settings(self) -> None:
        """Exactly those of the table: the page's value, or this place's where each has its own."""
        made = (self.secrets / "prefect" / "environment").read_text()
        held = dict(re.findall(r"^([A-Z_]+)='(.*)'$", made, re.MULTILINE))
        home, origin = self.folder / "prefect", f"http://{HOST}:{self._server}"
        here = {
            "PREFECT_HOME": str(home),
            "PREFECT_RESULTS_LOCAL_STORAGE_PATH": str(home / "storage"),
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": self._corrected(held["PREFECT_SERVER_DATABASE_CONNECTION_URL"]),
            "PREFECT_SERVER_ENCRYPTION_KEY": held["PREFECT_SERVER_ENCRYPTION_KEY"],
            "PREFECT_SERVER_API_AUTH_STRING": held["PREFECT_SERVER_API_AUTH_STRING"],
            "PREFECT_API_AUTH_STRING": held["PREFECT_API_AUTH_STRING"],
            "PREFECT_UI_URL": f"{origin}/v2",
            "PREFECT_API_URL": f"{origin}/api",
            "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": origin,
            "REKEY_CONFIG": str(self.folder / "rekey.toml"),
        }
        told = page.settings()
        # What the page leaves to each place is known here, and nothing else.
        assert {one.name for one in told if one.value is None} == set(here)
        home.mkdir(mode=page.mode().folder)
        values = {one.name: one.value if one.value is not None else here[one.name] for one in told}
        self.servers = {**_system(), **values}
        self.own = {**_system(), **{one.name: values[one.name] for one in told if not one.server_only}}

    def has_worker_file(self) -> None:
        """The page's file, with this place's values; and the shipped catalog, with the sandbox's addresses in it."""
        made = tomllib.loads((self.secrets / "rekey" / "rekey.toml").read_text())
        here = {
            "catalog": str(self.folder / "catalog.toml"),
            "ledger_url": self._corrected(made["ledger_url"]),
            "prefect_ui_url": self.own["PREFECT_UI_URL"],
            "console_url": self.console_url,
            "kept_folder": str(self.folder / "kept"),
        }
        told = page.worker_file()
        assert set(told) == set(here)
        assert told["ledger_url"].partition("://")[0] == here["ledger_url"].partition("://")[0]
        lines = [f"{name} = {json.dumps(here[name])}\n" for name in told]
        Path(self.own["REKEY_CONFIG"]).write_text("".join(lines))
        shipped = (ROOT / "deployments" / "catalog.toml").read_text()
        Path(here["catalog"]).write_text(self.estate.catalog(shipped))

    def run(
        self,
        command: str,
        environment: Mapping[str, str],
        *,
        words: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        code: int = 0,
    ) -> str:
        """A command of the page that ends by itself, with this code; what it said. ``words``: this place's own."""
        self.executed.add(command)
        done = subprocess.run(
            [(words or {}).get(one, one) for one in shlex.split(command)],
            cwd=cwd or self.folder,
            env={**_system(), **environment},
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )
        assert done.returncode == code, (
            f"{command} ended with {done.returncode}: {done.stdout[-800:]}{done.stderr[-800:]}"
        )
        return done.stdout

    def start(
        self, command: str, environment: Mapping[str, str], well: Callable[[], bool], *, more: tuple[str, ...] = ()
    ) -> None:
        """A command of the page that goes on; it is waited for until it is well. ``more`` is this place's alone."""
        self.executed.add(command)
        name = "-".join(re.findall(r"\w+", command)[-3:])
        words = [*shlex.split(command), *more]
        self._start(Service(name, words, environment, self.folder / f"{name}.log", well, {"cwd": self.folder}))

    def serve(self) -> None:
        """Prefect's server, at a port of its own."""
        more = ("--host", HOST, "--port", str(self._server))
        self.start("python -m prefect server start", self.servers, lambda: self.says("/ready"), more=more)

    def says(self, path: str) -> bool:
        """Whether Prefect answers well there."""
        try:
            with self.api as api:
                return api.get(path).is_success
        except httpx.HTTPError:
            return False

    def workers(self) -> list[str]:
        """The workers that Prefect sees at the pool."""
        with self.api as api:
            found = api.post("/work_pools/rekey/workers/filter", json={})
        return [one["name"] for one in found.json() if one["status"] == "ONLINE"] if found.is_success else []

    def watch_ended_well(self) -> bool:
        """Whether a run of watch did."""
        asked = {"flows": {"name": {"any_": ["watch"]}}, "flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}
        with self.api as api:
            found = api.post("/flow_runs/count", json=asked)
        return found.is_success and found.json() > 0

    def _corrected(self, address: str) -> str:
        assert NOT_CORRECTED in address
        return address.replace(NOT_CORRECTED, f"{HOST}:{self._database}")

    def _start(self, service: Service) -> None:
        self._running.callback(service.stop)
        service.start()
        until_well(service)


def _system() -> dict[str, str]:
    """What any shell has, with the programs of the environment in which rekey is installed before all others."""
    return {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
