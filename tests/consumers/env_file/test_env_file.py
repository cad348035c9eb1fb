"""The file is replaced whole, is its owner's alone, and what is not known of it is not said to be right."""

from __future__ import annotations

import os
import platform
import resource
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from blocks import local_file
from blocks.answer import Answer
from blocks.check import Depth, Outcome, asked
from blocks.consumers.env_file.consumer import EnvFileConsumer
from blocks.consumers.interface import EQUAL
from blocks.errors import StepError
from tests.consumers.env_file.written import NAMES, OLD, as_file, written
from tests.consumers.handover import a_pair, given, held
from tests.vendors.silence import assert_silent


def test_the_pair_is_given_once_and_nothing_else_changes(consumer: EnvFileConsumer, path: Path) -> None:
    pair = a_pair()
    before = path.stat().st_ino

    assert consumer.has(pair) is Answer.NO
    proofs = given(consumer, pair).proofs
    given_at = path.stat()

    assert path.read_text() == written(pair)
    assert (given_at.st_mode & 0o777, given_at.st_ino == before) == (0o600, False)
    assert [one.name for one in path.parent.iterdir()] == [".env"]
    assert consumer.has(pair) is Answer.YES
    assert proofs == [
        f"env-file {path}: holds {pair.fingerprint}, read back on the machine {platform.node()}; what is running has "
        "it once it is started again and reads the file."
    ]
    assert given(consumer, pair).proofs == [
        f"env-file {path}: holds {pair.fingerprint} already, on the machine {platform.node()}."
    ]
    assert path.stat().st_ino == given_at.st_ino


def test_whoever_reads_while_it_is_written_has_all_of_one_pair(consumer: EnvFileConsumer, path: Path) -> None:
    pairs = [a_pair() for _ in range(20)]
    read, over = set[str](), threading.Event()

    def look() -> None:
        while not over.is_set():
            read.add(path.read_text())

    reader = threading.Thread(target=look)
    reader.start()
    for one in pairs:
        given(consumer, one)
    over.set()
    reader.join()

    assert read
    assert read <= {OLD, *(written(one) for one in pairs)}


def test_a_name_that_was_not_there_is_told(consumer: EnvFileConsumer, path: Path) -> None:
    path.write_text("DEBUG=1")

    told = given(consumer, a_pair()).proofs[-1]

    assert f"env-file {path} had no KEY_ID and SECRET before, so nobody read it there" in told


def test_drift_is_seen_by_value(consumer: EnvFileConsumer, path: Path) -> None:
    pair, other = a_pair(), a_pair()
    given(consumer, pair)

    assert consumer.holds(held(pair), None, Depth.LIGHT).short == EQUAL
    with pytest.raises(StepError, match=f"another pair than the vault's {other.fingerprint} .* {pair.fingerprint}"):
        consumer.holds(held(other), None, Depth.LIGHT)
    path.write_text("DEBUG=1\n")
    with pytest.raises(StepError, match="has no KEY_ID and SECRET"):
        consumer.holds(held(pair), None, Depth.LIGHT)


def test_whether_it_can_be_written_is_found_out_and_changes_nothing(consumer: EnvFileConsumer, path: Path) -> None:
    before = as_file(path).read()

    assert consumer.can_write() is Answer.YES

    assert as_file(path).read() == before
    assert [one.name for one in path.parent.iterdir()] == [".env"]


def linked(path: Path) -> None:
    path.rename(path.with_name("real"))
    path.symlink_to(path.with_name("real"))


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir(mode=0o600)


# What is wrong with the file, and what is said of it.
UNSAFE: dict[str, tuple[Callable[[Path], object], str]] = {
    "readable": (lambda path: path.chmod(0o640), "may be read, changed or run by others than its owner (mode 0640)"),
    "a link": (linked, "leads through a link to"),
    "a folder": (a_folder, "is no file"),
    "folder": (lambda path: path.parent.chmod(0o777), "may be changed by others than its owner, who could put another"),
    "gone": (lambda path: path.unlink(), "does not exist on the machine on which rekey runs"),
    "no text": (lambda path: path.write_bytes(b"\xff"), "is not UTF-8"),
    "large": (lambda path: path.write_bytes(b"#" * (local_file.LARGEST_BYTES + 1)), "is larger than"),
}


@pytest.mark.parametrize("what", UNSAFE)
def test_a_file_that_is_none_for_a_secret_is_refused_before_anything_is_written(
    consumer: EnvFileConsumer, path: Path, what: str
) -> None:
    change, told = UNSAFE[what]
    change(path)
    pair = a_pair()

    for ask in (consumer.can_write, lambda: given(consumer, pair), lambda: consumer.has(pair)):
        with pytest.raises(StepError) as refused:
            ask()
        assert told in str(refused.value)
        assert refused.value.remedy
        assert_silent(refused.value)
    check = asked("alpaca-paper", consumer.label, lambda: consumer.holds(held(pair), None, Depth.LIGHT))
    assert check.outcome is Outcome.FAILED
    assert not list(path.parent.glob(".*.rekey"))


@contextmanager
def no_room() -> Iterator[None]:
    """Every write of this process fails, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def test_where_there_is_no_room_the_old_file_stays_whole(consumer: EnvFileConsumer, path: Path) -> None:
    pair = a_pair()
    with no_room(), suppress(StepError):
        given(consumer, pair)

    assert path.read_text() == OLD
    assert [one.name for one in path.parent.iterdir()] == [".env"]
    given(consumer, pair)
    assert path.read_text() == written(pair)


def test_a_folder_in_which_nothing_can_be_made_is_refused() -> None:
    """The system's own, in which even root makes no file."""
    here = EnvFileConsumer(kind="env-file", path=Path(f"/proc/{os.getpid()}/environ"), names=NAMES)

    with pytest.raises(StepError, match=r"cannot be written|does not exist"):
        as_file(here.path).try_out()


def test_what_a_killed_run_left_beside_it_is_taken_away_and_never_read(consumer: EnvFileConsumer, path: Path) -> None:
    left = path.with_name(".env.rekey")
    left.write_text("KEY_ID=half")
    pair = a_pair()

    assert consumer.has(pair) is Answer.NO
    given(consumer, pair)

    assert path.read_text() == written(pair)
    assert not left.exists()
