"""The databases in which a ledger can be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.blocks import postgresql
from tests.blocks.postgresql import Postgresql


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Postgresql]:
    """A server of the tests' own, or a skip that says why there is none."""
    reason = postgresql.why_not()
    if reason:
        pytest.skip(reason)
    pytest.importorskip("psycopg", reason="the driver psycopg is not installed (extra: postgresql)")
    with postgresql.running() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> SecretStr:
    """Where an empty ledger is to be: once in SQLite, once in PostgreSQL."""
    if request.param == "sqlite":
        return SecretStr(f"sqlite:///{tmp_path / 'ledger.db'}")
    server: Postgresql = request.getfixturevalue("postgresql_server")
    return server.fresh_database()


@pytest.fixture
def _nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable says where ledger and catalog are."""
    for name in ("REKEY_LEDGER_URL", "REKEY_CATALOG"):
        monkeypatch.delenv(name, raising=False)
