"""A file of this user's alone, in a folder of this user's alone: written as a whole or not at all, and on the disk."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from blocks.worker_file import WRITABLE_BY_OTHERS

OWNER_ONLY, ITS_FOLDER = 0o600, 0o700


def put(file: Path, content: bytes, *, anew: bool = False) -> None:
    """Write it, for its owner alone. ``anew``: whoever was quicker keeps what was put there. Raises OSError."""
    file.parent.mkdir(mode=ITS_FOLDER, parents=True, exist_ok=True)
    beside = file.with_name(f"{file.name}.{secrets.token_hex(8)}.new")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb") as written:
            written.write(content)
            written.flush()
            os.fsync(written.fileno())
        if not anew:
            beside.replace(file)
            return
        with suppress(FileExistsError):
            os.link(beside, file)
    except OSError:
        # A full disk is tried again and again.
        with suppress(OSError):
            beside.unlink()
        raise
    beside.unlink()


def read_own(file: Path) -> bytes:
    """What it holds. Raises OSError; PermissionError for what somebody else may have put there, or may change."""
    # Not blocking: a pipe would let one wait for ever.
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as opened:
        for about, is_kind in ((os.fstat(opened.fileno()), stat.S_ISREG), (file.parent.stat(), stat.S_ISDIR)):
            is_own = about.st_uid in {os.geteuid(), 0} and not about.st_mode & WRITABLE_BY_OTHERS
            if not (is_own and is_kind(about.st_mode)):
                raise PermissionError
        return opened.read()
