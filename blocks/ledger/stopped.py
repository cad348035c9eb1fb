"""Since when rekey stops the trading of a credential, whether or not a rotation of it is open.

A death stops it before any rotation begins; a rotation that is closed by hand, and a death that was none, leave on what
rekey engaged. Nobody but people releases that, and health finds it released.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from blocks.ledger import deaths, history, trading
from blocks.ledger.history import History
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import ENDINGS, Action, Row
from blocks.model.credential import Credential


@dataclass(frozen=True, slots=True)
class Stopped:
    """``since`` is ISO 8601 in UTC, None where rekey stops nothing, or nobody knows."""

    since: str | None = None
    is_unknown: bool = False


@dataclass(frozen=True, slots=True)
class _Engaged:
    """What one rotation, or one death, let go on: as it found each brake, and by which row that ended."""

    before: Mapping[str, bool | None]
    since: str
    until: Row
    is_over: bool = False
    is_proved: bool = False


def of(ledger: Ledger, credential: Credential, known: History | None) -> Stopped:
    """How it is now; ``known`` is the rotation that is open. Raises LedgerError."""
    if not credential.brakes:
        return Stopped()
    killed, now = deaths.unsettled(ledger, credential.name), known or History()
    told = trading.told(credential, now, killed).replace("**", "")
    if told.startswith("unknown"):
        return Stopped(is_unknown=True)
    left = _left_on(ledger, credential, now)
    if left is not None and not left.is_proved:
        return Stopped(is_unknown=True)
    since = trading.stopped_since(now, told, killed)
    moments = [one for one in (since, left.since if left else None) if one]
    return Stopped(min(moments, default=None))


def own_brakes(ledger: Ledger, credential: str, rotation: str) -> str:
    """The brakes that a rotation engaged itself and has not released, or engaged again, as a list in words."""
    known = history.of(ledger, rotation)
    if trading.resumed_at(known, deaths.unsettled(ledger, credential)) is not None:
        return ""
    return ", ".join(_own(known.brakes.engaged_before or {}))


def _own(before: Mapping[str, bool | None]) -> Iterator[str]:
    return (label for label, was_on in before.items() if not was_on)


def _left_on(ledger: Ledger, credential: Credential, now: History) -> _Engaged | None:
    """What engaged brakes since the newest completed rotation, is over, and left one on; the oldest of it."""
    # Of one that the catalog names no more nobody will ever find that it is released.
    asked = {one.label for one in credential.brakes}
    # Whoever engaged one that it found released says of nothing before it that it is on.
    asked -= set(_own(now.brakes.engaged_before or {}))
    found = None
    for one in _engaged(ledger, credential.name):
        own = asked & set(_own(one.before))
        asked -= own
        if not one.is_over and not own <= _released_after(ledger, credential.name, one.until):
            found = one
    return found


def _engaged(ledger: Ledger, credential: str) -> Iterator[_Engaged]:
    """Newest first. A completed rotation says itself what it leaves on, to people."""
    for row in ledger.backwards(credential=credential, actions={*ENDINGS, Action.DIED}):
        if row.action is Action.COMPLETED:
            return
        facts = row.facts
        if row.action is Action.DIED:
            yield _Engaged(
                facts.engaged_before or {}, facts.paused_at or "", row, is_proved=facts.brakes_proved is True
            )
            continue
        brakes = history.of(ledger, row.rotation).brakes
        yield _Engaged(
            brakes.engaged_before or {},
            brakes.noted_at,
            row,
            is_over=brakes.resumed is not None,
            is_proved=brakes.proved is True,
        )


def _released_after(ledger: Ledger, credential: str, row: Row) -> set[str]:
    """The brakes that health found released since, by their labels."""
    seen = ledger.rows(credential=credential, actions=(Action.HEALTH_CHECKED,), after=row.sequence)
    return {label for one in seen for label in one.facts.released}
