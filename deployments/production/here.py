"""The addresses of a production on this machine, and the settings of deploy/systemd with them in their places."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from blocks.settings import ROOT
from deployments.local.places import OWNER_ONLY
from deployments.local.prefect_environment import HOST
from deployments.local.processes import free_ports
from deployments.production.proxy import Ports
from deployments.setup.production_secrets import Site, make, worker_file

SHIPPED = ROOT / "deploy" / "systemd"
# Lines as a shell reads them, and systemd.
_LINE = re.compile(r"^([A-Z_]+)='([^']*)'$", re.MULTILINE)
# PostgreSQL, Redis, two servers, the proxy's two, the console.
_OWN_PORTS = 7


@dataclass(frozen=True, slots=True)
class Here:
    """One production below one folder. ``Here.made(folder)`` makes its secrets."""

    home: Path
    ports: Ports
    site: Site

    @classmethod
    def made(cls, home: Path, workers: int, people: int | None = None) -> Here:
        """In an empty folder. ``people`` is the port by which they ask; None takes a free one."""
        os.umask(OWNER_ONLY)
        first = free_ports(_OWN_PORTS + workers)
        ports = Ports(people or first + 2, first + 3, (first + 4, first + 5), first + 6)
        site = Site(
            port=ports.people,
            postgres=f"{HOST}:{first}",
            redis=f"{HOST}:{first + 1}",
            redis_folder=str(home / "redis"),
            catalog=str(home / "catalog.toml"),
            kept=str(home / "kept"),
            console_listens=f"{HOST}:{ports.console}",
        )
        for folder in (home, home / "logs", Path(site.redis_folder)):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        make(home / "secrets", site)
        return cls(home, ports, site)

    def again(self, secrets: Path) -> Here:
        """This production on an empty machine, with the secrets that were saved there."""
        os.umask(OWNER_ONLY)
        for folder in (self.home, self.logs, Path(self.site.redis_folder)):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copytree(secrets, self.secrets)
        return self

    @property
    def secrets(self) -> Path:
        """What ``production_secrets`` made: a folder for each kind of process."""
        return self.home / "secrets"

    @property
    def logs(self) -> Path:
        """One file a process."""
        return self.home / "logs"

    @property
    def login_file(self) -> Path:
        """Holds what Prefect asks everybody for."""
        return self.secrets / "operator" / "prefect.login"

    @property
    def catalog(self) -> Path:
        """The one that was registered; each machine has a copy of its own."""
        return Path(self.site.catalog)

    @property
    def prefect_url(self) -> str:
        """Where people find Prefect's pages."""
        return f"https://{self.site.prefect}:{self.site.port}"

    @property
    def console_url(self) -> str:
        """Where people find the console."""
        return f"https://{self.site.console}:{self.site.port}"

    def ledger_url(self) -> str:
        """With the password in it."""
        named = tomllib.loads((self.secrets / "rekey" / "rekey.toml").read_text())
        return str(named["ledger_url"])

    def prefects_database(self) -> str:
        """With the password in it."""
        return self.server("migrate")["PREFECT_SERVER_DATABASE_CONNECTION_URL"]

    def port_of_worker(self, number: int) -> int:
        """At which it says that it is well; workers are counted from 1 on."""
        return self.ports.console + number

    def server(self, name: str) -> dict[str, str]:
        """For one of Prefect's servers, and what belongs to them: with the key, and with a folder of its own."""
        found = self._of(name, "prefect.environment", "prefect")
        return {**found, "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(self.home / name / "pages")}

    def client(self, name: str) -> dict[str, str]:
        """For a worker, the console and `rekey` itself: with the login, a folder, and a worker's file of its own."""
        found = self._of(name, "rekey.environment", "rekey")
        return {**found, "REKEY_CONFIG": str(self.home / name / "rekey.toml")}

    def write_worker_file(self, name: str) -> None:
        """The catalog and the worker's file on this machine. Raises OSError without the registered catalog."""
        folder = self.home / name
        folder.mkdir(mode=0o700, exist_ok=True)
        catalog = folder / "catalog.toml"
        catalog.write_bytes(self.catalog.read_bytes())
        site = replace(self.site, catalog=str(catalog), kept=str(folder / "kept"))
        (folder / "rekey.toml").write_text(worker_file(site, self.ledger_url()))

    def _of(self, name: str, shipped: str, reader: str) -> dict[str, str]:
        folder = self.home / name / "prefect"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = (SHIPPED / shipped).read_text() + (self.secrets / reader / "environment").read_text()
        text = text.replace("https://prefect.example.com", self.prefect_url)
        text = text.replace(f"http://{HOST}:4200", f"http://{HOST}:{self.ports.inside}")
        return {
            # Nothing of another Prefect installation's settings: only what is named here.
            **{name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "REKEY_"))},
            **dict(_LINE.findall(text)),
            # As the units name them.
            "PREFECT_HOME": str(folder),
            "PREFECT_RESULTS_LOCAL_STORAGE_PATH": str(folder / "storage"),
        }
