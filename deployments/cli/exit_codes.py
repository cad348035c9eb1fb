"""What the exit code of each command says. A code that is not a command's own is as in ``Every``."""

from __future__ import annotations

from enum import IntEnum


class Every(IntEnum):
    """Every command."""

    DONE = 0
    """done"""
    NOT_DONE = 1
    """not done: stderr says what is wrong and what to do"""
    WRONG_USAGE = 2
    """wrong usage: no such command or option"""


class Standing(IntEnum):
    """``rekey status``: how an unfinished rotation is; the worst one of all rotations counts."""

    NOTHING_OPEN = 0
    """no rotation is open"""
    GOES_ON = 3
    """one goes on by itself"""
    WAITS = 4
    """one waits for a person"""
    NEEDS_PEOPLE = 5
    """one is held, has no living run, shows a form that takes no answer any more, or is none of the catalog's"""


class Examined(IntEnum):
    """``rekey health``: the worst of all checks."""

    OK = 0
    """every check is ok"""
    NOTHING = 1
    """nothing could be examined"""
    UNKNOWN = 3
    """something is unknown, and nothing failed"""
    FAILED = 4
    """something failed"""


class Watched(IntEnum):
    """``rekey watchdog``: the last look."""

    WELL = 0
    """watch works, and people could be told"""
    TROUBLE = 3
    """something is wrong, and people were told of it"""
    UNTOLD = 4
    """people cannot be told from here"""


class Verified(IntEnum):
    """``rekey ledger verify``: the chain of hashes, and the heads that were posted."""

    WHOLE = 0
    """whole, and every head that was posted is in it"""
    BROKEN = 1
    """broken, or a head that was posted is missing"""
    UNKNOWN = 3
    """whole as far as could be asked"""
