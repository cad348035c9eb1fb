"""What is wrong with whoever looks after rotations: watch does not end well, nobody takes its alarms, no ledger.

Read from the ledger alone; Prefect may be gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import SecretStr

from blocks.errors import LedgerError, RekeyError
from blocks.ledger import deaths, heartbeat, history, schema, trading, unlisted, untold
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Row
from blocks.model.credential import Credential
from deployments.watchdog.seen import Seen

LEDGER, WATCH, ALARMS = "ledger", "watch", "alarms"
MOST_SHOWN = 3
_LOOK = (
    "Look whether Prefect's server and a worker run, whether the deployment watch has runs (Prefect UI, Deployments), "
    "and why they fail."
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong. ``name`` tells it from others, and stays the same as long as it lasts."""

    name: str
    headline: str
    text: str


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look found, and what is to be remembered of it."""

    troubles: tuple[Trouble, ...]
    seen: Seen
    # How it stands, in a sentence for a terminal.
    told: str


def look(url: SecretStr, credentials: Sequence[Credential], seen: Seen, late: timedelta, now: datetime) -> Looked:
    """Ask the ledger. What is wrong for shorter than ``late`` is no trouble yet."""
    try:
        beat, alarms, open_ones = _read(url, credentials, now)
    except RekeyError as error:
        seen = seen.without_ledger(now)
        since = seen.away_since or now
        problem = f"The ledger does not answer since {_since(since, now)}: {error}"
        text = f"{problem} While it is away no rotation begins, none goes on, and nobody knows how one stands."
        trouble = (Trouble(LEDGER, "rekey: the ledger does not answer", text),) if now - since >= late else ()
        return Looked(trouble, seen, problem)
    seen = seen.with_ledger(beat, [row.sequence for row in alarms], now)
    stands = f"Watch ended well at {trading.clock(beat)}, by its own clock." if beat else "Watch never ended well."
    found = tuple(_troubles(seen, alarms, open_ones, late, now))
    return Looked(found, seen, f"{stands} {_count(len(alarms), 'alarm')} that nobody has taken.")


def _read(
    url: SecretStr, credentials: Sequence[Credential], now: datetime
) -> tuple[datetime | None, list[Row], list[str]]:
    # Asking makes none: it may be the wrong address.
    if not schema.exists(url):
        raise LedgerError("There is no ledger at this address.", "Compare REKEY_LEDGER_URL with the workers' file.")
    ledger = Ledger(url)
    return heartbeat.last(url, heartbeat.WATCH), untold.alarms(ledger, now), list(_open(ledger, credentials))


def _open(ledger: Ledger, credentials: Sequence[Credential]) -> Iterator[str]:
    listed = {one.name: one for one in credentials}
    for start in ledger.open_starts():
        one = listed.get(start.credential)
        if one is None:
            yield f"{start.credential}, of which the catalog has no entry (trading: {unlisted.stands(ledger, start)})"
            continue
        known = history.of(ledger, start.rotation)
        stands = f" (trading: {trading.told_now(one, known, deaths.unsettled(ledger, one.name))})"
        yield f"{one.name}{stands if one.brakes else ''}"


def _troubles(
    seen: Seen, alarms: Sequence[Row], open_ones: Sequence[str], late: timedelta, now: datetime
) -> Iterator[Trouble]:
    at_stake = f"Being rotated now: {', '.join(open_ones)}." if open_ones else "No rotation is open."
    stands = seen.beat_since or now
    if now - stands >= late:
        since = f"since {_since(stands, now)}" if seen.beat else f"yet, in {_lasted(stands, now)}"
        text = f"Watch did not end well {since}, so nobody looks after rotations. {at_stake} {_LOOK}"
        yield Trouble(WATCH, "rekey: nobody looks after rotations", text)
    waiting = [row for row in alarms if now - seen.untold[row.sequence] >= late]
    if waiting:
        headlines = "; ".join(row.facts.headline for row in waiting[:MOST_SHOWN])
        text = f"{_count(len(waiting), 'alarm')} that nobody has taken, the first: {headlines}. {at_stake} {_LOOK}"
        yield Trouble(ALARMS, "rekey: alarms that nobody has taken", text)


def _since(at: datetime, now: datetime) -> str:
    return f"{trading.clock(at)} ({_lasted(at, now)})"


def _lasted(at: datetime, now: datetime) -> str:
    return trading.lasted((now - at).total_seconds())


def _count(number: int, what: str) -> str:
    return f"{number or 'No'} {what}{'' if number == 1 else 's'}"
