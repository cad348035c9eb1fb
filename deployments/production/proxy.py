"""deploy/nginx.conf as it is, but for its addresses and the places of its files: on the loopback of this machine."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import httpx

from blocks.settings import ROOT
from deployments.local.prefect_environment import HOST
from deployments.local.processes import ProcessError
from deployments.production.service import Service

FILE = ROOT / "deploy" / "nginx.conf"
# The port by which people ask, as the file has it.
SHIPPED_PORT = 8443


@dataclass(frozen=True, slots=True)
class Ports:
    """Where it listens for people and for workers, and where Prefect's two servers and the console are."""

    people: int
    inside: int
    servers: tuple[int, int]
    console: int


def program() -> str:
    """The path of nginx. Raises ProcessError where it is not installed."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if found is None:
        raise ProcessError("nginx is not installed.", "Install it (Debian: apt-get install nginx-light).")
    return found


def configuration(ports: Ports, folder: Path, secrets: Path, log: Path, more: Mapping[str, str] | None = None) -> str:
    """The file's text for these. ``more`` replaces what else is to be another, by regular expressions."""
    text = FILE.read_text()
    replaced = {
        rf"listen {SHIPPED_PORT}": f"listen {HOST}:{ports.people}",
        r"listen 127\.0\.0\.1:4200": f"listen {HOST}:{ports.inside}",
        r"172\.30\.16\.11:4200": f"{HOST}:{ports.servers[0]}",
        r"172\.30\.16\.12:4200": f"{HOST}:{ports.servers[1]}",
        r"127\.0\.0\.1:4280": f"{HOST}:{ports.console}",
        r"/secrets/": f"{secrets}/",
        r"/tmp/nginx": f"{folder}/nginx",  # noqa: S108  # what the file says, and not a place that is used
        r"/dev/std(out|err)": str(log),
        **(more or {}),
    }
    for old, new in replaced.items():
        text, times = re.subn(old, new, text)
        if not times:
            raise ProcessError(f"{FILE} has nothing like {old}.", "Correct what is replaced in it.")
    return text


def proxy(ports: Ports, folder: Path, secrets: Path, logs: Path) -> Service:
    """The one before these servers. Raises ProcessError where it is not installed."""
    command = [program()]
    folder.mkdir(mode=0o700)
    log, file = logs / "proxy.log", folder / "nginx.conf"
    own = {
        # The origin of Prefect's pages.
        rf"localhost:{SHIPPED_PORT}": f"localhost:{ports.people}",
        # The sandbox's vendors listen on this loopback already.
        r"(?s)\n# Only for the rehearsal: .*": "\n",
    }
    file.write_text(configuration(ports, folder, secrets, log, own))
    # Its children would be of an account that cannot reach the folder, and it could pass on no large answer.
    user = "user root;" if os.geteuid() == 0 else ""
    command += ["-p", str(folder), "-c", str(file), "-e", str(log), "-g", f"daemon off; {user}"]

    def well() -> bool:
        try:
            answer = httpx.get(f"http://{HOST}:{ports.inside}/api/health", trust_env=False, timeout=5)
        except httpx.HTTPError:
            return False
        return answer.status_code == HTTPStatus.OK

    return Service("proxy", command, {"PATH": os.environ["PATH"]}, logs / "proxy.out", well)
