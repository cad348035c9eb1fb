"""Rows of a test server's database, read beside the server: asking it costs a hundred times as much."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import Any

from deployments.local.processes import LocalPrefect
from deployments.rehearsal.silence import DATABASE, LOCK_WAIT_S


def rows(prefect: LocalPrefect, query: str, *values: str) -> list[tuple[Any, ...]]:
    """What the query finds now."""
    address = f"{(prefect.places.prefect_home / DATABASE).as_uri()}?mode=ro"
    with contextlib.closing(sqlite3.connect(address, uri=True, timeout=LOCK_WAIT_S)) as connection:
        return connection.execute(query, values).fetchall()
