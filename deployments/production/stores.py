"""PostgreSQL for Prefect and for the ledger, and Redis between Prefect's servers: private folders, loopback, passwords.

Both keep what they acknowledged when they are killed. Passwords, databases and Redis' file are those that
``deployments.setup.production_secrets`` made.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from deployments.local.prefect_environment import HOST
from deployments.local.processes import ProcessError
from deployments.production.service import Service

ACCOUNT, SUPERUSER = "postgres", "postgres"
# As production_secrets names them.
DATABASES = ("prefect", "ledger")
# The cluster's own programs take minutes on a busy machine.
TIMEOUT_S = 300.0
_OWN = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}


class Postgresql:
    """A cluster of its own. Raises ProcessError where PostgreSQL is not installed."""

    def __init__(self, port: int, secrets: Path, logs: Path) -> None:
        """``secrets`` is the folder with its password and with what makes its databases."""
        binaries = max(Path("/usr/lib/postgresql").glob("*/bin/initdb"), default=None)
        if binaries is None:
            raise ProcessError("PostgreSQL is not installed.", "Install it (Debian: apt-get install postgresql).")
        self._binaries = binaries.parent
        self._secrets = secrets
        self.port = port
        # Not below the project: PostgreSQL never runs as root, and that folder is root's alone then.
        self.folder = Path(tempfile.mkdtemp(prefix="rekey-postgresql-"))
        data = self.folder / "data"
        settings = ("listen_addresses=127.0.0.1", "unix_socket_directories=", f"port={port}", "max_connections=200")
        self.service = Service(
            "postgresql",
            [str(self._binaries / "postgres"), "-D", str(data), *(word for one in settings for word in ("-c", one))],
            _OWN,
            logs / "postgresql.log",
            self.answers,
            {**_as_postgres(), "cwd": "/"},
            # Its "fast" end.
            asked_by=signal.SIGINT,
        )

    def make(self) -> None:
        """Make the cluster's files."""
        account = _as_postgres()
        given = self.folder / "password"
        shutil.copyfile(self._secrets / "password", given)
        for path in (self.folder, given) if account else ():
            os.chown(path, account["user"], account["group"])
        command = ["initdb", "--pgdata", str(self.folder / "data"), "--username", SUPERUSER]
        self._run([*command, "--pwfile", str(given), "--auth", "scram-sha-256"], {}, account)
        given.unlink()

    def make_databases(self) -> None:
        """Make what is kept in it; it runs already."""
        script = str(self._secrets / "init.sql")
        self._run(["psql", "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--file", script], self._login(), {})

    def dump(self, folder: Path) -> None:
        """Save each database there, whole as at one moment, while it is used."""
        for name in DATABASES:
            file = str(folder / f"{name}.dump")
            self._run(["pg_dump", "--format=custom", "--file", file, name], self._login(), {})

    def restore(self, folder: Path) -> None:
        """Fill the databases, which are empty, with what was saved there."""
        for name in DATABASES:
            file = str(folder / f"{name}.dump")
            self._run(["pg_restore", "--exit-on-error", "--dbname", name, file], self._login(), {})

    def answers(self) -> bool:
        """Whether it takes connections."""
        done = subprocess.run(  # noqa: S603  # PostgreSQL's own program, arguments of our own
            [str(self._binaries / "pg_isready"), "-h", HOST, "-p", str(self.port), "-q"], check=False, env=_OWN
        )
        return done.returncode == 0

    def remove(self) -> None:
        """Remove its files; it is stopped already."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _login(self) -> dict[str, str]:
        word = (self._secrets / "password").read_text().strip()
        return {
            "PGHOST": HOST,
            "PGPORT": str(self.port),
            "PGUSER": SUPERUSER,
            "PGDATABASE": "postgres",
            "PGPASSWORD": word,
        }

    def _run(self, command: list[str], environment: dict[str, str], how: dict[str, Any]) -> None:
        name, *arguments = command
        done = subprocess.run(  # noqa: S603  # PostgreSQL's own program, arguments of our own
            [str(self._binaries / name), *arguments],
            env={**_OWN, **environment},
            cwd="/",
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
            **how,
        )
        if done.returncode != 0:
            last = " ".join(done.stderr.strip().splitlines()[-2:])
            raise ProcessError(f"PostgreSQL's {name} ended with {done.returncode}: {last}", "Read what it says.")


def redis(port: int, secrets: Path, logs: Path) -> Service:
    """A Redis whose file names its folder. Raises ProcessError where it is not installed."""
    program = shutil.which("redis-server")
    if program is None:
        raise ProcessError("Redis is not installed.", "Install it (Debian: apt-get install redis-server).")
    own = ["--bind", HOST, "--port", str(port)]

    def answers() -> bool:
        # Without the password it answers NOAUTH, and so it answers.
        try:
            with socket.create_connection((HOST, port), timeout=5) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(100).startswith((b"+PONG", b"-NOAUTH"))
        except OSError:
            return False

    return Service("redis", [program, str(secrets / "redis.conf"), *own], _OWN, logs / "redis.log", answers)


def _as_postgres() -> dict[str, Any]:
    """PostgreSQL does not run as root."""
    if os.geteuid() != 0:
        return {}
    try:
        found = pwd.getpwnam(ACCOUNT)
    except KeyError:
        raise ProcessError(
            f"PostgreSQL does not run as root, and there is no account {ACCOUNT}.", "Make it, or run this as a user."
        ) from None
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
