"""Prints the live downtime against the operating procedure (SOP) by hand and against the limit."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from tests.bench import limit
from tests.bench.by_hand import ByHand
from tests.bench.live import BETWEEN, BOOT_S, LATENCY_S, STEPS, Downtime
from tests.bench.output import middle, say

WORST_TO_LIMIT = 1.15
LEAST_TO_SCRIPT = 3.0


def report(measured: list[Downtime], script: ByHand | None, latencies: Sequence[float]) -> None:
    """The figures, both ratios, each step, and how the limit is reckoned."""
    ours = statistics.median(one.seconds for one in measured)
    least = limit.seconds(boot_s=BOOT_S, latency_s=LATENCY_S)
    say(
        f"\n{len(measured)} live rotations: how long the machine lets trading stand still (without the person's time)\n"
    )
    slowest = f"measured at most {max(latencies) * 1000:.0f} ms"
    say(f"  every vendor answers after {LATENCY_S * 1000:.0f} ms ({slowest}), dynos boot in {BOOT_S:.0f} s\n")
    say(f"  rekey                         {middle([one.seconds for one in measured])}")
    if script is not None:
        say(f"  the procedure by hand         {script.downtime.seconds:7.2f} s   (1 run)")
    say(f"  the limit                     {least:7.2f} s   (reckoned, see below)")
    say(f"\n  rekey to the limit            {ours / least:7.2f}     aim: at most {WORST_TO_LIMIT}")
    if script is not None:
        ratio = script.downtime.seconds / ours
        say(f"  the procedure by hand to rekey{ratio:7.2f}     aim: at least {LEAST_TO_SCRIPT:.0f}")
        say(f"\n  The procedure looks once whether trading is on again, and saw live_enabled: {script.last_look}")
        say("  (too early); counted until it was on.")
    _steps(measured, script)
    _reckoning()


def _steps(measured: list[Downtime], script: ByHand | None) -> None:
    shown = {name for one in measured for name in one.steps}
    say("\n  by step                                  rekey     limit   over it   by hand")
    limits = {phase.step: phase.seconds(boot_s=BOOT_S, latency_s=LATENCY_S) for phase in limit.PHASES}
    for name in (*(step for step in STEPS if step in shown), BETWEEN):
        taken = statistics.median(one.steps.get(name, 0.0) for one in measured)
        least = limits.get(name, 0.0)
        label = f"{name} (machine)" if name == "await_human_input" else name
        by_hand = f"{script.downtime.steps.get(name, 0.0):8.2f} s" if script else ""
        say(f"    {label:<32}{taken:8.2f} s{least:8.2f} s{taken - least:8.2f} s{by_hand}")


def _reckoning() -> None:
    say(f"\n  the limit: {limit.boots()} boots of {BOOT_S:.0f} s and {limit.calls()} answers one after the other")
    for phase in limit.PHASES:
        if phase.boots:
            say(f"    {phase.step:<11} boot")
        for count, why in phase.calls:
            say(f"    {phase.step:<11} {count} x {why}")
