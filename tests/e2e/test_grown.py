"""What tests share is searched for each one's secrets: wherever in it one was written since the test before."""

from __future__ import annotations

import json
import sqlite3
from base64 import b64encode
from contextlib import closing
from pathlib import Path

import pytest

from deployments.rehearsal.silence import DATABASE
from deployments.sandbox import made_up
from tests.grown import PAGE, Grown

NONE: frozenset[str] = frozenset()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Bytes as a server keeps them, which were searched before; the search after this test finds nothing there."""
    path = tmp_path / "home" / DATABASE
    path.parent.mkdir()
    path.write_bytes(bytes(range(256)) * 160)
    return path


def written(path: Path, place: int, text: str) -> None:
    content = bytearray(path.read_bytes())
    content[place : place + len(text)] = text.encode()
    path.write_bytes(content)


@pytest.mark.parametrize("place", [0, 5, PAGE - 7, 4 * PAGE - 1, 10 * PAGE - 60, 10 * PAGE, 10 * PAGE + 3])
@pytest.mark.parametrize("name", [DATABASE, f"{DATABASE}-wal"])
def test_it_is_found_wherever_it_was_written(database: Path, place: int, name: str) -> None:
    """In a page, over the edge of two, at the end, behind it: also where others were written to before."""
    path, grown, secret = database.with_name(name), Grown(database.parent), made_up.token("canary-")
    path.write_bytes(database.read_bytes())
    assert grown.leaks([secret], [], NONE) == []
    written(path, place, secret)

    assert grown.leaks([secret, "another"], [], NONE) == [str(path)]
    path.unlink()


@pytest.mark.parametrize(("place", "there"), [(10 * PAGE - 20, slice(20, None)), (9 * PAGE - 1, slice(0, 1))])
def test_it_is_found_where_what_it_has_in_one_page_stood_there_before(database: Path, place: int, there: slice) -> None:
    grown, secret = Grown(database.parent), made_up.token("canary-")
    written(database, place + there.start, secret[there])
    assert grown.leaks([secret], [], NONE) == []
    written(database, place, secret)

    assert grown.leaks([secret], [], NONE) == [str(database)]
    database.unlink()


def test_an_older_secret_is_searched_for_in_all_of_it(database: Path) -> None:
    secret, grown = made_up.token("canary-"), Grown(database.parent)
    written(database, 3 * PAGE, secret)

    for _ in range(2):
        assert grown.leaks([], [secret], NONE) == [str(database)]

    # As one that is new it cannot be in what was there before.
    assert grown.leaks([secret], [], NONE) == []
    database.unlink()


def test_of_what_was_typed_every_row_is_searched_and_not_every_byte(tmp_path: Path) -> None:
    secret, path = made_up.token("canary-"), tmp_path / "home" / DATABASE
    path.parent.mkdir()
    grown, left = Grown(path.parent), path.with_name(f"{DATABASE}-left")
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE kept (value TEXT)")
    left.write_text(secret)
    assert grown.leaks([secret], [], frozenset([secret])) == []
    with closing(sqlite3.connect(path)) as made:
        made.execute("INSERT INTO kept VALUES (?)", (f"before {secret} after",))
        made.commit()

    # Also where it was written before the last search.
    for _ in range(2):
        assert grown.leaks([secret], [], frozenset([secret])) == [f"{path}: table kept"]

    path.unlink()
    left.unlink()


def test_every_other_file_that_changed_is_searched_whole(database: Path) -> None:
    """A result is packed: no part of it can be read alone."""
    secret, grown, result = made_up.token("canary-"), Grown(database.parent), database.with_name("result")

    def keep(value: bytes) -> None:
        result.write_text(json.dumps({"result": b64encode(value).decode()}))

    keep(b"x" * 9000)
    assert grown.leaks([secret], [], NONE) == []
    keep(b"x" * 9000 + secret.encode())

    assert grown.leaks([secret], [], NONE) == [str(result)]
    result.unlink()
