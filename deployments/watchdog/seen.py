"""What the watchdog saw and told when it looked before, in a file of its own: cron starts it anew each time.

Times are of this machine's clock alone: when a value was there first, as seen from here. The clock of a machine that
wrote the value says nothing, because it may go wrong.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from blocks.errors import StepError

OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class Seen:
    """Moments are ISO 8601 in UTC; an empty one is none."""

    # When watch ended well last, as the ledger says it, and since when that stands there.
    beat: str = ""
    beat_since: str = ""
    # Since when the ledger does not answer.
    away_since: str = ""
    # The first alarm that nobody has taken, by its number in the ledger, and since when it is there.
    untold: int = 0
    untold_since: str = ""
    # When it was proved last that people can be told from here.
    can_tell_at: str = ""
    # What people were told of that is not over, by name, and when.
    told: Mapping[str, str] = field(default_factory=dict)

    def with_beat(self, beat: str, now: datetime) -> Seen:
        """The ledger answers, and says this of watch."""
        known = self.beat_since and beat == self.beat
        return replace(self, away_since="", beat=beat, beat_since=self.beat_since if known else now.isoformat())

    def with_untold(self, sequence: int, now: datetime) -> Seen:
        """The first alarm that nobody has taken is this row; 0 for none."""
        known = self.untold_since and sequence == self.untold
        since = (self.untold_since if known else now.isoformat()) if sequence else ""
        return replace(self, untold=sequence, untold_since=since)

    def without_ledger(self, now: datetime) -> Seen:
        """The ledger does not answer."""
        return replace(self, away_since=self.away_since or now.isoformat())

    def after(self, told: Iterable[str], over: Iterable[str], now: datetime) -> Seen:
        """People were told of these now, and these are over."""
        still = {name: at for name, at in self.told.items() if name not in set(over)}
        return replace(self, told={**still, **{name: now.isoformat() for name in told}})


def read(file: Path) -> Seen:
    """What was written there; nothing seen where there is no file, or one that cannot be read: it looks anew."""
    try:
        found: Any = json.loads(file.read_text())
    except (OSError, ValueError):
        return Seen()
    known = {one.name for one in fields(Seen)}
    if not isinstance(found, dict) or not found.keys() <= known or not isinstance(found.get("told", {}), dict):
        return Seen()
    moments = [*(found.get(name, "") for name in known if name.endswith(("_since", "_at"))), *found["told"].values()]
    return Seen(**found) if all(map(_is_moment, moments)) else Seen()


def write(file: Path, seen: Seen) -> None:
    """The whole file or none, for its owner alone. Raises StepError: without it people hear the same each time."""
    beside = file.with_name(f"{file.name}.{secrets.token_hex(8)}.new")
    problem = ""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w") as written:
            json.dump(asdict(seen), written)
        beside.replace(file)
    except OSError as error:
        problem = error.strerror or type(error).__name__
    if problem:
        raise StepError(
            f"What the watchdog saw cannot be written to {file} ({problem}).",
            "Name a file that it may write: `rekey watchdog --state FILE`.",
        )


def _is_moment(told: object) -> bool:
    if told == "":
        return True
    try:
        return isinstance(told, str) and datetime.fromisoformat(told).tzinfo is not None
    except ValueError:
        return False
