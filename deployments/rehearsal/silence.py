"""Looks for secrets in everything that was persisted: Prefect's database and results, logs, the ledger.

A rehearsal proves its own silence with it, and every test is guarded by it.
"""

from __future__ import annotations

import base64
import json
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

DATABASE = "prefect.db"
LOCK_WAIT_S = 30
_BASE64 = re.compile(rb"[A-Za-z0-9+/\s]+={0,2}\s*")


def leaks(secrets: Iterable[str], folders: Iterable[Path], *, typed: frozenset[str] = frozenset()) -> list[str]:
    """The places that hold one of the secrets: files, and tables of Prefect's database. Empty is what it should be.

    ``typed`` are those that were typed into Prefect's own form, the one known exception: SQLite keeps deleted bytes in
    its write-ahead log, so for these every row of every table is searched instead of every byte of the database.
    """
    contents = dict(file for folder in folders for file in _files(folder))
    found: set[str] = set()
    for path, content in contents.items():
        readable = (content, _unpacked(content))
        is_database = path.name.startswith(DATABASE)
        needles = [one.encode() for one in secrets if not (is_database and one in typed)]
        if any(needle in part for needle in needles for part in readable):
            found.add(str(path))
        if path.name == DATABASE and typed:
            found |= {f"{path}: table {table}" for table in tables_with(path, typed)}
    return sorted(found)


def tables_with(database: Path, secrets: Iterable[str]) -> Iterator[str]:
    """Every table of a SQLite database with a row that holds one of the secrets."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=LOCK_WAIT_S)
    try:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            rows = connection.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # the name comes from the database
            # A row at once: value by value took most of the time of the search.
            texts = ("\0".join(map(str, row)) for row in rows)
            if any(secret in text for text in texts for secret in secrets):
                yield table
    finally:
        connection.close()


def _files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below a folder with its content. One that a running process removes meanwhile persists nothing."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place) / name
            if not path.is_file():
                # A socket, for example.
                continue
            try:
                yield path, path.read_bytes()
            except FileNotFoundError:
                continue


def _unpacked(content: bytes) -> bytes:
    """The pickle inside one of Prefect's result files; empty for every other file.

    The exception of a failed flow is base64 in lines, a result is JSON with a base64 field (Prefect 3.8.8).
    """
    try:
        if _BASE64.fullmatch(content):
            # A token in a file of its own looks like that, and may be none.
            return base64.b64decode(content)
        if not content.startswith(b"{"):
            return b""
        packed = json.loads(content).get("result", "")
        return base64.b64decode(packed) if isinstance(packed, str) else b""
    except ValueError:
        return b""
