"""Searches everything that is persisted or sent elsewhere for the secrets that a test made up."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from deployments.sandbox import made_up
from deployments.sandbox.estate import Estate

DATABASE = "prefect.db"


class Canaries:
    """The secrets of one test, and where to look for them."""

    def __init__(self, first: int, folders: list[Path]) -> None:
        self._first = first
        self.folders = folders
        self.texts: dict[str, str] = {}
        # Typed into Prefect's own form: the one known exception. SQLite keeps deleted bytes in its write-ahead log, so
        # for these every row of every table is searched instead of every byte of the database.
        self.typed: set[str] = set()
        # Its vendors are searched too: what they were sent in clear.
        self.estate: Estate | None = None

    @property
    def secrets(self) -> list[str]:
        """What was made up since the test began."""
        return made_up.issued[self._first :]

    def assert_silence(self) -> None:
        """Fail with the places, never with the secret."""
        if self.estate is not None:
            self.texts["slack"] = json.dumps(self.estate.slack.messages)
            self.texts["journal"] = json.dumps(self.estate.server.journal.as_rows())
        leaks = sorted({place for secret in {*self.secrets, *self.typed} for place in self.places_of(secret)})
        assert not leaks, f"a secret of this test is in: {', '.join(leaks)}"

    def places_of(self, secret: str) -> Iterator[str]:
        """Every place that holds this secret."""
        for name, text in self.texts.items():
            if secret in text:
                yield name
        needle = secret.encode()
        for path in self._files():
            if secret in self.typed and path.name.startswith(DATABASE):
                continue
            if needle in (content := path.read_bytes()) or needle in _unpacked(content):
                yield str(path)
        if secret in self.typed:
            yield from self.rows_of(secret)

    def rows_of(self, secret: str) -> Iterator[str]:
        """Every table of Prefect's database with a row that holds this secret."""
        for path in self._files():
            if path.name == DATABASE:
                with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
                    yield from (f"{path.name}:{table}" for table in _tables_with(connection, secret))

    def _files(self) -> list[Path]:
        return sorted(path for folder in self.folders for path in folder.rglob("*") if path.is_file())


def _tables_with(connection: sqlite3.Connection, secret: str) -> Iterator[str]:
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        if any(secret in str(value) for row in connection.execute(f'SELECT * FROM "{table}"') for value in row):
            yield table


def _unpacked(content: bytes) -> bytes:
    """The pickle inside one of Prefect's result files (JSON with a base64 field); empty for every other file."""
    if not content.startswith(b"{"):
        return b""
    try:
        packed = json.loads(content).get("result", "")
        return base64.b64decode(packed) if isinstance(packed, str) else b""
    except ValueError:
        return b""
