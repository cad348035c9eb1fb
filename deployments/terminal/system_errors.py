"""What the operating system refused, in a sentence that says what to do about it."""

from __future__ import annotations

import errno

_PATH = "Correct the path"
_RIGHTS = "Let your user read and write there, or name another path"
_SPACE = "Make room there"
_REMEDIES = {
    errno.ENOENT: _PATH,
    errno.EEXIST: _PATH,
    errno.ENOTDIR: _PATH,
    errno.EISDIR: _PATH,
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EROFS: _RIGHTS,
    errno.ENOSPC: _SPACE,
    errno.EDQUOT: _SPACE,
    errno.EADDRINUSE: "End what uses that port, or give another one",
    errno.EMFILE: "Raise the limit of open files (ulimit -n)",
}


def told(error: OSError) -> str:
    """What is wrong, with the file that it is about, and what to do next."""
    about = f": {error.filename}" if error.filename else ""
    remedy = _REMEDIES.get(error.errno or 0, "Look at what this machine says about that, and correct it")
    return f"{error.strerror or type(error).__name__}{about}. {remedy}, then run the command again."
