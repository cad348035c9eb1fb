"""Something happens to a process right when one of the vendors gets a request: at any point of a rotation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from deployments.sandbox.faults import Fault, FaultKind

NO_VENDORS = frozenset({"dashboard", "control"})
# How the request at that moment goes: the process is gone before its answer in any case.
APPLIED, NOT_APPLIED = FaultKind.SLOW, FaultKind.DROP_BEFORE


@dataclass(slots=True)
class Moment(Fault):
    """The request after ``skip`` others, to whichever vendor. ``action`` is called before it is applied."""

    action: Callable[[], None] = lambda: None
    # Only requests that may change something; only those that change nothing.
    writes: bool = False
    reads: bool = False
    struck: bool = False

    def matches(self, vendor: str, method: str, path: str) -> bool:
        """Whether it is a request of a rotation."""
        del path
        wanted = not (self.writes if method == "GET" else self.reads)
        return vendor not in NO_VENDORS and wanted

    def strike(self) -> None:
        """Now."""
        self.struck = True
        self.action()


def moment(
    skip: int, kind: FaultKind, action: Callable[[], None], *, writes: bool = False, reads: bool = False
) -> Moment:
    """One moment, after so many requests from now on."""
    return Moment("", kind, skip=skip, seconds=0.0, action=action, writes=writes, reads=reads)
