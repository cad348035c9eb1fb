"""While somebody spoils the catalog's file, what is under way goes on with what was read well last; nothing begins."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from blocks import kept_catalog
from blocks.catalog import load_catalog, problem_of
from blocks.catalog_file import digest_of, for_blocks
from blocks.errors import CatalogError
from blocks.settings import ROOT
from tests.blocks.catalog_text import PAPER, SHIPPED, changed, written

NAME = "alpaca-paper"
MERGED = "<<<<<<< HEAD\n" + PAPER
WRONG = changed("cadence_days", "cadence_dayz")
PINNED = changed("https://api.heroku.com", "https://heroku.raxx.example", SHIPPED)
SPOILT: dict[str, Callable[[Path], object]] = {
    "half saved": lambda path: path.write_text(PAPER[:200]),
    "merge markers": lambda path: path.write_text(MERGED),
    "a wrong entry": lambda path: path.write_text(WRONG),
    "not UTF-8": lambda path: path.write_bytes(b"\xff" + PAPER.encode()),
    "gone": lambda path: path.unlink(),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A catalog that nobody has read yet."""
    return written(tmp_path, PAPER)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this worker keeps what it needs."""
    made = tmp_path / "kept"
    monkeypatch.setenv("REKEY_KEPT_FOLDER", str(made))
    return made


def as_a_new_process() -> None:
    """Forget what this one has read."""
    kept_catalog._read_well.clear()
    kept_catalog._on_disk.clear()


def led_elsewhere(file: Path) -> None:
    """A link in its place, to the same text."""
    file.rename(file.with_name("other"))
    file.symlink_to(file.with_name("other"))


def as_a_pipe(file: Path) -> None:
    """Whoever reads it waits."""
    file.unlink()
    os.mkfifo(file, 0o600)


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
def test_a_process_goes_on_with_what_it_read_well_last_and_says_so_once(
    path: Path, spoil: Callable[[Path], object], caplog: pytest.LogCaptureFixture
) -> None:
    before = load_catalog(path)
    spoil(path)

    assert [load_catalog(path).get(NAME) for _ in range(3)] == [before.get(NAME)] * 3

    (said,) = [one.getMessage() for one in caplog.records]
    assert said.startswith(f"The catalog {path} ")
    assert said.endswith("What is under way goes on with the catalog that was read before.")
    assert problem_of(path).startswith(said.partition(" What is under way")[0])
    written(path.parent, PAPER)
    assert (problem_of(path), load_catalog(path).get(NAME)) == ("", before.get(NAME))
    spoil(path)
    assert load_catalog(path) == before
    assert len(caplog.records) == 2, "once each time that it is spoilt"


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
@pytest.mark.usefixtures("folder")
def test_whoever_begins_something_wants_the_file_as_it_is(path: Path, spoil: Callable[[Path], object]) -> None:
    load_catalog(path)
    spoil(path)

    with pytest.raises(CatalogError, match=str(path)):
        load_catalog(path, as_it_is=True)


def test_what_a_spoilt_file_is_compared_by_is_its_fault(path: Path) -> None:
    load_catalog(path)
    path.write_text(MERGED)

    with pytest.raises(CatalogError, match=r"is not valid TOML: .* \(at line 1"):
        digest_of(path)


def test_hosts_stay_pinned_to_what_was_read(path: Path) -> None:
    written(path.parent, PINNED)
    load_catalog(path)
    path.write_text(f"<<<<<<< HEAD\n{PINNED.replace('heroku.raxx.example', 'elsewhere.example')}")

    assert for_blocks(path).hosts.heroku == ("https://heroku.raxx.example",)


@pytest.mark.usefixtures("folder")
def test_another_catalog_is_not_taken_for_this_one(path: Path, tmp_path: Path) -> None:
    load_catalog(path)
    other = tmp_path / "other.toml"
    other.write_text(MERGED)

    with pytest.raises(CatalogError, match="is not valid TOML"):
        load_catalog(other)


def test_a_process_that_begins_later_goes_on_with_what_this_machine_kept(path: Path, folder: Path) -> None:
    """Watch is a process each minute."""
    asked = (
        "import sys; from pathlib import Path; from blocks.catalog import load_catalog\n"
        "print(*load_catalog(Path(sys.argv[1])).credential)"
    )
    command = [sys.executable, "-c", asked, str(path)]
    kept = {**os.environ, "REKEY_KEPT_FOLDER": str(folder)}
    apart = {name: value for name, value in kept.items() if name != "REKEY_KEPT_FOLDER"}

    def read(environment: dict[str, str]) -> tuple[int, str]:
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.strip()

    assert read(kept) == (0, NAME)
    (file,) = folder.iterdir()
    assert [stat.S_IMODE(one.stat().st_mode) for one in (folder, file)] == [0o700, 0o600]
    path.write_text(MERGED)

    assert read(kept) == (0, NAME)
    assert read(apart) == (1, "")


def test_what_is_kept_is_what_was_read_well_last(path: Path, folder: Path) -> None:
    load_catalog(path)
    (file,) = folder.iterdir()
    first = file.stat().st_mtime_ns
    as_a_new_process()
    load_catalog(path)
    assert file.stat().st_mtime_ns == first, "the same is not written again"
    path.write_text(changed("cadence_days = 180", "cadence_days = 31"))
    load_catalog(path)
    path.write_text(WRONG)
    with pytest.raises(CatalogError):
        load_catalog(path, as_it_is=True)

    as_a_new_process()

    assert load_catalog(path).get(NAME).cadence_days == 31


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: file.chmod(0o620),
        lambda file: file.parent.chmod(0o770),
        led_elsewhere,
        as_a_pipe,
        lambda file: file.unlink(),
        lambda file: file.write_bytes(b"\xff"),
        lambda file: file.write_text(WRONG),
    ],
    ids=["group writes", "group writes the folder", "a link", "a pipe", "gone", "not UTF-8", "wrong itself"],
)
def test_what_another_user_may_have_written_or_cannot_be_read_is_as_if_nothing_was_kept(
    path: Path, folder: Path, spoil: Callable[[Path], object]
) -> None:
    """The sentence is the file's: that is what people mend."""
    load_catalog(path)
    (file,) = folder.iterdir()
    spoil(file)
    path.write_text(MERGED)
    as_a_new_process()

    with pytest.raises(CatalogError, match=rf"The catalog {path} is not valid TOML"):
        load_catalog(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_what_belongs_to_another_user_is_not_taken(path: Path, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    load_catalog(path)
    (file,) = folder.iterdir()
    os.chown(file, 12345, 12345)
    path.write_text(MERGED)
    as_a_new_process()

    with pytest.raises(CatalogError):
        load_catalog(path)

    (said,) = [one.getMessage() for one in caplog.records]
    assert said.startswith(f"{file} is not used: another user may have written it.")


def test_a_disk_that_takes_nothing_stops_nobody(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("REKEY_KEPT_FOLDER", "/proc/nowhere/kept")

    assert [load_catalog(path).get(NAME).name for _ in range(2)] == [NAME] * 2
    assert [one.getMessage() for one in caplog.records] == [
        "The catalog was not kept on this machine's disk (/proc/nowhere/kept: No such file or directory)."
    ]
