"""What is killed, and at which point of a live rotation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from blocks.ledger.row import Action, Row
from tests.chaos.rows import Seen

NOBODY, API, SERVICES, WORKER, MACHINE = "nobody", "API server", "Prefect's services", "worker", "worker's machine"
CONSOLE, POSTGRESQL, REDIS, PROXY = "console", "PostgreSQL", "Redis", "proxy"
# Of each kind the process that is killed; None: the worker that has the run.
PROCESSES: dict[str, str | None] = {
    NOBODY: "",
    API: "api-1",
    SERVICES: "services",
    WORKER: None,
    MACHINE: None,
    CONSOLE: "console",
    POSTGRESQL: "postgresql",
    REDIS: "redis",
    PROXY: "proxy",
}
# Not one process: every one with every file, restored from a backup.
EVERYTHING = "everything"
FORM = "await form"
CONSUMERS = 2


def _has(label: str, times: int = 1) -> Callable[[Sequence[str]], bool]:
    return lambda labels: sum(1 for one in labels if one.startswith(label)) >= times


# What the ledger has when the step has begun. None: when the form for the pair is shown.
POINTS: dict[str, Callable[[Sequence[str]], bool] | None] = {
    "preflight": _has(Action.STARTED.value),
    FORM: None,
    "propagate": _has("store done"),
    "verify": _has("propagate done", CONSUMERS),
    "resume": _has("retire done"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind of process and one point."""

    kind: str
    point: str

    def __str__(self) -> str:
        """As ``--only`` matches it."""
        return f"{self.kind} | {self.point}"

    def is_reached(self, rows: Sequence[Row]) -> bool:
        """Whether the ledger says so; never for the point that a person sees."""
        reached = POINTS[self.point]
        return reached is not None and reached(labels(rows))


def labels(rows: Sequence[Row]) -> list[str]:
    """What each of these rows records."""
    return [Seen(row.sequence, row.action, dict(row.context)).label for row in rows]


def restored() -> list[Cell]:
    """All is lost. The backup is made while the form for the pair waits, with the brakes on."""
    return [Cell(EVERYTHING, FORM), Cell(EVERYTHING, "propagate")]


def every() -> list[Cell]:
    """Point by point, so that a part of them has something of each kind."""
    return [Cell(kind, point) for point in POINTS for kind in PROCESSES]
