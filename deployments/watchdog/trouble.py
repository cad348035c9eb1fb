"""What is wrong with whoever looks after rotations: watch does not end well, nobody takes its alarms, no ledger.

Read from the ledger alone; Prefect may be gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import SecretStr

from blocks.errors import LedgerError, RekeyError
from blocks.ledger import deaths, heartbeat, history, schema, trading
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action, Row
from blocks.model.credential import Credential
from deployments.watchdog.seen import Seen

LEDGER, WATCH, ALARMS = "ledger", "watch", "alarms"
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
        beat, untold, open_ones = _read(url, credentials)
    except RekeyError as error:
        seen = seen.without_ledger(now)
        stands = trading.lasted(_since(seen.away_since, now).total_seconds())
        problem = f"The ledger does not answer since {_clock(seen.away_since)} ({stands}): {error}"
        text = f"{problem} While it is away no rotation begins, none goes on, and nobody knows how one stands."
        is_late = _since(seen.away_since, now) >= late
        trouble = (Trouble(LEDGER, "rekey: the ledger does not answer", text),) if is_late else ()
        return Looked(trouble, seen, problem)
    seen = seen.with_beat(beat, now).with_untold(untold[0].sequence if untold else 0, now)
    stands = f"Watch ended well at {beat} by its own clock." if beat else "Watch never ended well."
    found = tuple(_troubles(seen, untold, open_ones, late, now))
    return Looked(found, seen, f"{stands} {_count(len(untold), 'alarm')} that nobody has taken.")


def _read(url: SecretStr, credentials: Sequence[Credential]) -> tuple[str, list[Row], list[str]]:
    # Asking makes none: it may be the wrong address.
    if not schema.exists(url):
        raise LedgerError("There is no ledger at this address.", "Compare REKEY_LEDGER_URL with the workers' file.")
    ledger, beat = Ledger(url), heartbeat.last(url, heartbeat.WATCH)
    return beat.isoformat() if beat else "", _untold(ledger), list(_open(ledger, credentials))


def _untold(ledger: Ledger) -> list[Row]:
    rows = ledger.rows(actions=(Action.UNTOLD, Action.TOLD_LATE))
    told = {row.facts.row for row in rows if row.action is Action.TOLD_LATE}
    return [row for row in rows if row.action is Action.UNTOLD and row.sequence not in told]


def _open(ledger: Ledger, credentials: Sequence[Credential]) -> Iterator[str]:
    for one in credentials:
        start = ledger.open_start(one.name)
        if start is not None:
            known = history.of(ledger, start.rotation)
            stands = f" (trading: {trading.told_now(one, known, deaths.unsettled(ledger, one.name))})"
            yield f"{one.name}{stands if one.brakes else ''}"


def _troubles(
    seen: Seen, untold: Sequence[Row], open_ones: Sequence[str], late: timedelta, now: datetime
) -> Iterator[Trouble]:
    at_stake = f"Being rotated now: {', '.join(open_ones)}." if open_ones else "No rotation is open."
    stands = _since(seen.beat_since, now)
    if stands >= late:
        long = trading.lasted(stands.total_seconds())
        since = f"since {_clock(seen.beat_since)} ({long})" if seen.beat else f"yet, in {long}"
        text = f"Watch did not end well {since}, so nobody looks after rotations. {at_stake} {_LOOK}"
        yield Trouble(WATCH, "rekey: nobody looks after rotations", text)
    if untold and _since(seen.untold_since, now) >= late:
        headlines = "; ".join(row.facts.headline for row in untold[:3])
        text = (
            f"{_count(len(untold), 'alarm')} that nobody has taken, the first of them: {headlines}. {at_stake} {_LOOK}"
        )
        yield Trouble(ALARMS, "rekey: alarms that nobody has taken", text)


def _since(at: str, now: datetime) -> timedelta:
    return now - datetime.fromisoformat(at)


def _clock(at: str) -> str:
    return trading.clock(datetime.fromisoformat(at))


def _count(number: int, what: str) -> str:
    return f"{number or 'No'} {what}{'' if number == 1 else 's'}"
