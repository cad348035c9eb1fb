"""A file that others read at any moment: replaced as a whole, or not at all, and never readable by anybody else.

POSIX replaces a name atomically (rename(2)): whoever opens the file has all of the old text or all of the new one. The
new text lies beside it for a moment, under one name, so that what a killed run left there is not left twice.
"""

from __future__ import annotations

import errno
import fcntl
import os
import platform
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from blocks.answer import Answer
from blocks.errors import StepError, Transient
from blocks.wire import permission
from blocks.wire.poll import wait_for
from blocks.worker_file import WRITABLE_BY_OTHERS, State, state

_T = TypeVar("_T")
ONLY_ITS_OWNERS = 0o600
# Such files have a few hundred lines.
LARGEST_BYTES = 1024 * 1024
# Another rotation holds the file for some milliseconds.
PATIENCE_S, INTERVAL_S = 10.0, 0.1
# What may be over a moment later, or says nothing of the file: everything else is an answer.
_OPEN = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EAGAIN, errno.ESTALE, errno.ENOMEM, errno.EMFILE)


@dataclass(frozen=True, slots=True)
class Read:
    """The text of the file, and the state in which it was read."""

    text: str
    state: State | None

    def __repr__(self) -> str:
        return f"Read({self.state})"


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file, and where its path is ``written``, so that people correct it there: such as "path in the catalog"."""

    path: Path
    written: str
    # The command that makes one, where an empty one is none.
    makes: str = ""

    def make(self, text: str) -> None:
        """Make it, for its owner alone. Raises StepError where it is there already."""

        def write() -> None:
            _lay_down(self.path, text, None)
            _sync(self.path.parent)

        self._done("made", write)

    def read(self) -> Read:
        """The file as it is. Raises StepError when it is not one that rekey may keep a secret in, or cannot be read."""
        self._done("read", self._demand_safe)
        return self.read_any()

    def read_any(self) -> Read:
        """Any file as it is, also one that holds nothing of rekey's. Raises StepError, Transient."""
        raw, seen = self._done("read", partial(_raw, self.path))
        if len(raw) > LARGEST_BYTES:
            raise StepError(f"{self.path} is larger than {LARGEST_BYTES} bytes.", f"Correct {self.written}.")
        try:
            text: str | None = raw.decode()
        except UnicodeDecodeError:
            text = None
        if text is None:
            raise StepError(f"{self.path} is not UTF-8.", f"Save it as UTF-8, or correct {self.written}.")
        return Read(text, seen)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else's rekey writes to a file of this folder meanwhile. Raises Transient when that does not end."""
        parent = self.path.parent
        folder = self._done("held", partial(os.open, parent, os.O_RDONLY | os.O_DIRECTORY))
        try:
            if wait_for(lambda: _locked(folder), timeout_s=PATIENCE_S, interval_s=INTERVAL_S) is not Answer.YES:
                raise Transient(
                    f"Another program holds the folder {parent} for longer than {PATIENCE_S:.0f} s.",
                    "Look which one (`fuser -v` on the folder), and try again when it has ended.",
                )
            yield
        finally:
            os.close(folder)

    def replace(self, text: str, seen: Read) -> None:
        """Put this text in the place of the one that was ``seen``, on the disk before it counts. Within ``held``.

        Raises Transient when somebody else changed the file since then; nothing was written over.
        """

        def put() -> None:
            _anew(_beside(self.path), text, self.path.stat())
            if state(self.path) != seen.state:
                raise Transient(
                    f"{self.path} was changed by somebody else while rekey was about to write it.",
                    "Nothing was written over. It is read and tried again.",
                )
            permission.demand()
            _beside(self.path).replace(self.path)
            _sync(self.path.parent)

        self._leaving_nothing(put)

    def try_out(self) -> None:
        """Lay an empty file beside it and take that away again: what a write needs. Raises StepError, Transient."""

        def lay() -> None:
            permission.demand()
            _anew(_beside(self.path), "", self.path.stat())

        with self.held():
            self._leaving_nothing(lay)

    def _leaving_nothing(self, act: Callable[[], None]) -> None:
        """Act, and leave nothing beside the file whatever happens."""

        def both() -> None:
            try:
                act()
            finally:
                _beside(self.path).unlink(missing_ok=True)

        self._done("written", both)

    def _demand_safe(self) -> None:
        """Raise StepError for what is no plain file of which only its owner knows and decides."""
        path = self.path
        real, about, folder = path.resolve(strict=True), path.lstat(), path.parent.stat()
        if real != path:
            raise StepError(f"{path} leads through a link to {real}.", f"Write {str(real)!r} as {self.written}.")
        if not stat.S_ISREG(about.st_mode):
            raise StepError(f"{path} is no file.", f"Correct {self.written}.")
        mode = stat.S_IMODE(about.st_mode)
        if mode & ~ONLY_ITS_OWNERS:
            raise StepError(
                f"{path} may be read, changed or run by others than its owner (mode {mode:04o}).",
                f"Let it belong to the user of the program that reads it, and run: chmod 600 {path}",
            )
        if folder.st_mode & WRITABLE_BY_OTHERS and not folder.st_mode & stat.S_ISVTX:
            raise StepError(
                f"The folder {path.parent} may be changed by others than its owner, who could put another file there.",
                f"Run: chmod go-w {path.parent}",
            )

    def _done(self, what: str, act: Callable[[], _T]) -> _T:
        """Do it; what the system says against it is told in its own words. Raises StepError, Transient."""
        try:
            return act()
        except OSError as error:
            failure = error
        problem = f"{self.path} cannot be {what} ({failure.strerror})."
        if failure.errno in _OPEN:
            raise Transient(problem, "Look at the machine on which rekey runs: it is tried again.")
        if failure.errno == errno.ENOENT:
            raise StepError(
                f"{self.path} does not exist on the machine on which rekey runs, {name_of_this_machine()}.",
                f"Correct {self.written}, or make it there: {self.makes or f'install -m 600 /dev/null {self.path}'}",
            )
        raise StepError(problem, f"Let rekey's user read the file and write to its folder, or correct {self.written}.")


def name_of_this_machine() -> str:
    """As ``uname -n`` tells it."""
    return platform.node()


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name.lstrip('.')}.rekey")


def _anew(beside: Path, text: str, like: os.stat_result) -> None:
    """Lay it down in the place of what a run that was killed left there: nobody else writes now."""
    beside.unlink(missing_ok=True)
    _lay_down(beside, text, like)


def _lay_down(path: Path, text: str, like: os.stat_result | None) -> None:
    """A new file with this text, for its owner only, who is the owner of the other one."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, ONLY_ITS_OWNERS)
    with open(handle, "w", encoding="utf-8", newline="") as stream:  # noqa: PTH123  # of a handle, whose mode is set from the first moment
        if like is not None and (like.st_uid, like.st_gid) != (os.geteuid(), os.getegid()):
            os.fchown(handle, like.st_uid, like.st_gid)
        stream.write(text)
        stream.flush()
        os.fsync(handle)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _locked(folder: int) -> Answer:
    with suppress(BlockingIOError):
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return Answer.YES
    return Answer.NO


def _raw(path: Path) -> tuple[bytes, State | None]:
    """What it holds, at most a byte more than it may; and its state before that."""
    before = state(path)
    with path.open("rb") as stream:
        return stream.read(LARGEST_BYTES + 1), before
