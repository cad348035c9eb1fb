"""A folder to which one test after another writes: for the secrets of each, what changed in it is searched."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from deployments.rehearsal import silence
from deployments.rehearsal.silence import DATABASE, leaks, tables_with

# No secret is longer, and no page of SQLite is larger.
PAGE = 4096


class Grown:
    """Remembers what was there when it was searched last: a secret that was made up since cannot be in that.

    A Prefect server keeps all tests of a process in one database. To search all of it anew for each of them took a
    tenth of what the tests cost.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._before: dict[Path, bytes] = {}

    def leaks(self, new: Iterable[str], kept: Iterable[str], typed: frozenset[str]) -> list[str]:
        """The places that hold one of the secrets (deployments/rehearsal/silence.py).

        ``new`` were made up since the last search, so only what changed is searched for them; ``kept`` are older.
        """
        with tempfile.TemporaryDirectory() as place:
            shown = self._shown(Path(place))
            found = [str(shown[Path(one)]) for one in leaks(new, [Path(place)], typed=typed)]
        for database in self._folder.rglob(DATABASE) if typed else ():
            found += [f"{database}: table {table}" for table in tables_with(database, typed)]
        return found + leaks(kept, [self._folder])

    def _shown(self, place: Path) -> dict[Path, Path]:
        """Write there what changed since the last time: of a database its pages, others whole. By new place."""
        now, shown = dict(silence._files(self._folder)), {}
        for number, (path, content) in enumerate(now.items()):
            before = self._before.get(path, b"")
            if content != before:
                is_database = path.name.startswith(DATABASE)
                # Not by its own name: what is left of it is no database.
                part = place / (f"{DATABASE}-{number}" if is_database else str(number))
                part.write_bytes(changed(before, content) if is_database else content)
                shown[part] = path
        self._before = now
        return shown


def changed(before: bytes, now: bytes) -> bytes:
    """Every page that is not as it was, with both neighbours: of a secret over an edge a part may have stood there."""
    pages = range(0, len(now), PAGE)
    others = [place for place in pages if now[place : place + PAGE] != before[place : place + PAGE]]
    shown = {place + step for place in others for step in (-PAGE, 0, PAGE)}
    return b"".join(now[place : place + PAGE] for place in pages if place in shown)
