"""What a process started, and what that started: a worker's runs have sessions of their own. From Linux' /proc."""

from __future__ import annotations

import os
import signal
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

# A process id is given to another process later; with the moment of its start it is one process.
Process = tuple[int, str]
_PARENT, _STARTED = 1, 19


def below(pid: int) -> list[Process]:
    """All of them now."""
    children: defaultdict[int, list[Process]] = defaultdict(list)
    for entry in Path("/proc").glob("[0-9]*"):
        found = _stat(int(entry.name))
        if found:
            children[int(found[_PARENT])].append((int(entry.name), found[_STARTED]))
    found_below, todo = list[Process](), [pid]
    while todo:
        own = children.pop(todo.pop(), [])
        found_below += own
        todo += [one for one, _ in own]
    return found_below


def is_there(process: Process) -> bool:
    """Whether it runs: one that is dead may wait for whoever asks how it ended."""
    found = _stat(process[0])
    return bool(found) and found[_STARTED] == process[1] and found[0] != "Z"


def kill(processes: Iterable[Process]) -> None:
    """SIGKILL to those of them that are there still."""
    for one in processes:
        if is_there(one):
            with suppress(ProcessLookupError):
                os.kill(one[0], signal.SIGKILL)


def _stat(pid: int) -> list[str]:
    """From its state on; nothing for one that is gone."""
    try:
        # Its name stands before that in parentheses, and may hold any.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
