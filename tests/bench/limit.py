"""The least that a live rotation's machine-controlled downtime can be, with the same proofs.

Three boots cannot be avoided, and not two at a time: with the brake on, with the new pair, with the brake off. Between
them are questions of which each needs the answer before it. What can be asked beside something else, or before or after
the downtime, is not counted; nor is any time of rekey, of Prefect or between two questions in a row. All apps are
changed and asked at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phase:
    """One step. ``calls``: how many answers of vendors one after the other, and why each is needed."""

    step: str
    boots: int
    calls: tuple[tuple[int, str], ...]

    def seconds(self, *, boot_s: float, latency_s: float) -> float:
        """How long it takes at least."""
        return self.boots * boot_s + sum(count for count, _ in self.calls) * latency_s


# A question to an application about its account or an order has the latency twice: the application asks Alpaca.
PHASES = (
    Phase(
        "pause",
        1,
        (
            # The clock begins with the answer to the change itself. Its release is proved while the dynos boot.
            (1, "Heroku: the dynos of that release are up"),
            (3, "application: trading is off, three times in a row"),
        ),
    ),
    Phase(
        "snapshot",
        0,
        # Only once trading has stopped: before, an order may still appear. The old pair is read during the boot.
        ((1, "Alpaca: open orders, account and positions at once"),),
    ),
    Phase("await_human_input", 0, ()),
    Phase(
        "validate",
        0,
        (
            (1, "vault: stage the pair (nothing asks about it before it is safe)"),
            (1, "vault: read it back"),
            (1, "Alpaca: its own host accepts it; account and positions at once"),
            (1, "Alpaca: the other host refuses it (says something only after its own host accepts it)"),
        ),
    ),
    Phase(
        "store",
        0,
        (
            (1, "vault: write both names in one batch"),
            (1, "vault: read them back"),
            (3, "vault: a consumer's SDK logs in and reads one name after the other"),
        ),
    ),
    Phase(
        "propagate",
        1,
        (
            (1, "Heroku: change both variables, all apps at once"),
            # Its release is proved while the dynos boot.
            (1, "Heroku: the dynos of that release are up"),
        ),
    ),
    Phase(
        "verify",
        0,
        (
            (1, "Alpaca: old pair refused, new one accepted, made-up one refused, all at once"),
            (6, "applications: account, three times in a row, each asks Alpaca; the brakes meanwhile"),
            (2, "application: place the check order (asks Alpaca)"),
            (1, "Alpaca: shows it"),
            (2, "application: cancel it (asks Alpaca)"),
            (1, "Alpaca: shows it canceled"),
        ),
    ),
    Phase(
        "resume",
        1,
        (
            (1, "Heroku: brake off, all apps at once"),
            (1, "Heroku: the dynos of that release are up"),
            (3, "application: trading is on, three times in a row"),
        ),
    ),
)


def seconds(*, boot_s: float, latency_s: float) -> float:
    """The limit."""
    return sum(phase.seconds(boot_s=boot_s, latency_s=latency_s) for phase in PHASES)


def boots() -> int:
    """How many boots are in it."""
    return sum(phase.boots for phase in PHASES)


def calls() -> int:
    """How many vendor calls are in it, one after the other."""
    return sum(count for phase in PHASES for count, _ in phase.calls)
