"""A PostgreSQL server of the tests' own: private data folder, loopback port, a password; ended by its process id."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from deployments.local.processes import free_port
from tests.waiting import wait_until

ACCOUNT = "postgres"
START_TIMEOUT_S = 30.0


class Postgresql:
    """A running server. Every test takes a database of its own."""

    def __init__(self, port: int, password: SecretStr) -> None:
        self._port = port
        self._password = password
        self._numbers = count(1)

    def url(self, database: str) -> SecretStr:
        """The address of a database, with the password in it."""
        return SecretStr(
            f"postgresql+psycopg://rekey:{self._password.get_secret_value()}@127.0.0.1:{self._port}/{database}"
        )

    def fresh_database(self) -> SecretStr:
        """The address of an empty database."""
        name = f"ledger_{next(self._numbers)}"
        execute(self.url("postgres"), f"CREATE DATABASE {name}")
        return self.url(name)

    def with_limited_account(self, url: SecretStr) -> SecretStr:
        """The address of the same database for an account that may read the ledger and insert rows, no more."""
        password, name = SecretStr(secrets.token_urlsafe(24)), f"limited_{next(self._numbers)}"
        execute(
            url,
            f"CREATE ROLE {name} LOGIN PASSWORD '{password.get_secret_value()}'",
            f"GRANT SELECT, INSERT ON rekey_ledger TO {name}",
        )
        parts = make_url(url.get_secret_value()).set(username=name, password=password.get_secret_value())
        return SecretStr(parts.render_as_string(hide_password=False))

    def answers(self) -> bool:
        """Whether the server takes connections."""
        try:
            execute(self.url("postgres"), "SELECT 1")
        except OperationalError:
            return False
        return True


def execute(url: SecretStr, *statements: str) -> None:
    """Run statements past the ledger, each on its own, as somebody with a database client does."""
    engine = create_engine(url.get_secret_value(), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
    finally:
        engine.dispose()


def why_not() -> str | None:
    """Why no server can be started here; None when one can."""
    if _binaries() is None:
        return "no PostgreSQL is installed (Debian: postgresql)"
    if os.geteuid() == 0 and not _account():
        return f"PostgreSQL does not run as root, and there is no account {ACCOUNT}"
    return None


@contextmanager
def running() -> Iterator[Postgresql]:
    """A server for as long as the context lasts."""
    binaries = _binaries()
    assert binaries is not None
    # Not pytest's folder: it is closed to the account as which the server runs.
    folder = Path(tempfile.mkdtemp(prefix="rekey-postgresql-"))
    try:
        account = _account() if os.geteuid() == 0 else None
        with _served(binaries, folder, account) as server:
            yield server
    finally:
        shutil.rmtree(folder)


@contextmanager
def _served(binaries: Path, folder: Path, account: pwd.struct_passwd | None) -> Iterator[Postgresql]:
    password, port = SecretStr(secrets.token_urlsafe(24)), free_port()
    data, given = folder / "data", folder / "password"
    given.write_text(password.get_secret_value())
    run_as: dict[str, Any] = {"cwd": "/"}
    if account:
        run_as |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        for path in (folder, given):
            os.chown(path, account.pw_uid, account.pw_gid)
    made = [
        "--pgdata",
        str(data),
        "--username",
        "rekey",
        "--pwfile",
        str(given),
        "--auth",
        "scram-sha-256",
        "--no-sync",
    ]
    subprocess.run([str(binaries / "initdb"), *made], check=True, capture_output=True, **run_as)
    settings = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", f"port={port}")
    served = [str(binaries / "postgres"), "-D", str(data), *(word for one in settings for word in ("-c", one))]
    with (folder / "log").open("wb") as log, subprocess.Popen(served, stdout=log, stderr=log, **run_as) as process:
        try:
            server = Postgresql(port, password)

            def is_there() -> bool:
                assert process.poll() is None, "PostgreSQL ended while it started"
                return server.answers()

            wait_until(is_there, description="PostgreSQL answers", timeout_s=START_TIMEOUT_S)
            yield server
        finally:
            process.send_signal(signal.SIGINT)


def _binaries() -> Path | None:
    """The folder of the newest installed version, in Debian's place or on the path."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = installed[-1] if installed else shutil.which("initdb")
    return Path(found).parent if found else None


def _account() -> pwd.struct_passwd | None:
    return next((one for one in pwd.getpwall() if one.pw_name == ACCOUNT), None)
