"""Minutes of watching one key, with outages of Alpaca and with deaths: what is found, how soon, and what is imagined.

Every look is the real one, over HTTP against the sandbox; only the clock is simulated. The same seed gives the same
outages and deaths.
"""

from __future__ import annotations

import random
import statistics
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import SecretStr

from blocks.answer import Answer
from blocks.catalog import load_catalog
from blocks.issuers.alpaca.pair import Pair
from blocks.prefect_api.block_cache import CACHE
from blocks.settings import ROOT
from deployments.sandbox.estate import Estate
from deployments.sandbox.faults import Fault, FaultKind
from tasks.watch.look_for_death import REFUSALS, lives
from tests.bench.output import say

# How outages show themselves. Alpaca refusing every key as if it were dead is another matter: docs/how-to/health.md.
KINDS = (
    {"kind": FaultKind.ANSWER, "status": 500},
    {"kind": FaultKind.ANSWER, "status": 503},
    {"kind": FaultKind.HTML, "status": 502},
    {"kind": FaultKind.HTML, "status": 403},
    {"kind": FaultKind.HTML, "status": 200},
    {"kind": FaultKind.RATE_LIMIT},
    {"kind": FaultKind.DROP_BEFORE},
    {"kind": FaultKind.DROP_AFTER},
)
LONGEST_OUTAGE = 60
OUTAGES_A_THOUSAND_MINUTES = 10
# REKEY_LOOKOUT_INTERVAL_S: what the repetition of a refusal adds.
INTERVAL_S = 3.0
# How often an outage begins or ends in the middle of a look.
RAGGED = 0.5


@dataclass(slots=True)
class Watched:
    """What became of so many minutes. Times in seconds, from the death to the moment at which it is told."""

    minutes: int
    outages: int
    minutes_out: int
    deaths: int
    false_alarms: int = 0
    # Each death that was found: how long it took, and whether Alpaca was out when the key died.
    found: list[tuple[float, bool]] = field(default_factory=list)


def simulate(estate: Estate, minutes: int, deaths: int, seed: int) -> Watched:
    """Watch the paper key of this estate, to which the Prefect blocks point."""
    chance = random.Random(seed)  # noqa: S311  # a simulation
    out = _outages(chance, minutes)
    dies_at = sorted(chance.sample(range(minutes - 2 * LONGEST_OUTAGE), deaths))
    watched = Watched(minutes, len(set(out.values())), len(out), deaths)
    credential = load_catalog(ROOT / "deployments" / "catalog.toml").get("alpaca-paper")
    pair, died = _pair(estate.paper.regenerate()), None
    with CACHE.afresh():
        for minute in range(minutes):
            estate.server.journal.clear()
            if dies_at and dies_at[0] <= minute and died is None:
                died = dies_at.pop(0) + chance.random()
                new = _pair(estate.paper.regenerate())
            if died is not None and died > minute:
                # Within this minute: looked for at the next one.
                continue
            _set_faults(estate, out, minute, chance)
            answer = lives(credential, pair)
            if answer is Answer.NO and died is None:
                watched.false_alarms += 1
            elif answer is Answer.NO and died is not None:
                seconds = (minute - died) * 60 + (REFUSALS - 1) * INTERVAL_S
                watched.found.append((seconds, any(one in out for one in range(int(died), minute + 1))))
                pair, died = new, None
    estate.server.plan.clear()
    return watched


def report(watched: Watched) -> None:
    """Deaths found, false alarms, and how long it took."""
    clear = [seconds for seconds, was_out in watched.found if not was_out]
    every = [seconds for seconds, _ in watched.found]
    say(f"\nSudden death: {watched.minutes} simulated minutes of one key, one look a minute")
    say(f"  outages of Alpaca        {watched.outages} ({watched.minutes_out} minutes in all)")
    say(f"  deaths found             {len(every)} of {watched.deaths}")
    say(f"  false alarms             {watched.false_alarms}")
    if clear:
        say(f"  found after              p50 {statistics.median(clear):.0f} s, max {max(clear):.0f} s, Alpaca well")
    say(f"  the same, outages too    p50 {statistics.median(every):.0f} s, max {max(every):.0f} s")


def _outages(chance: random.Random, minutes: int) -> dict[int, int]:
    """The number of the outage, by minute."""
    out: dict[int, int] = {}
    for number in range(max(1, minutes * OUTAGES_A_THOUSAND_MINUTES // 1000)):
        begin = chance.randrange(minutes)
        out |= dict.fromkeys(range(begin, min(minutes, begin + chance.randint(1, LONGEST_OUTAGE))), number)
    return out


def _set_faults(estate: Estate, out: dict[int, int], minute: int, chance: random.Random) -> None:
    plan = estate.server.plan
    plan.clear()
    if minute not in out:
        return
    kind = KINDS[out[minute] % len(KINDS)]
    fault = Fault("alpaca-paper", method="GET", path="/v2/account", times=None, **kind)
    if minute - 1 not in out and chance.random() < RAGGED:
        fault.skip = chance.randint(1, 2 * REFUSALS)
    elif minute + 1 not in out and chance.random() < RAGGED:
        fault.times = chance.randint(1, 2 * REFUSALS)
    plan.add(fault)


def _pair(values: tuple[str, str]) -> Pair:
    return Pair(values[0], SecretStr(values[1]))


def measure(estate: Estate, catalog: Path, minutes: int, deaths: int) -> Watched:
    """Play so many minutes of watch without their waits. ``catalog`` names the estate's hosts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REKEY_LOOKOUT_INTERVAL_S", "0.001")
        patch.setenv("REKEY_CATALOG", str(catalog))
        return simulate(estate, minutes, deaths, seed=1)
