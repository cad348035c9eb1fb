"""What the watchdog saw and told when it looked before, in a file of its own: cron starts it anew each time.

Times are of this machine's clock alone: since when a value is there, as seen from here. The clock of a machine that
wrote the value says nothing, because it may go wrong.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from blocks.errors import StepError

OWNER_ONLY, ITS_FOLDER = 0o600, 0o700


class Seen(BaseModel):
    """None is never, or not now."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # When watch ended well last, as the ledger says it, and since when that stands there.
    beat: AwareDatetime | None = None
    beat_since: AwareDatetime | None = None
    # Since when the ledger does not answer.
    away_since: AwareDatetime | None = None
    # The alarms that nobody has taken, by their numbers in the ledger, and since when each is there.
    untold: dict[int, AwareDatetime] = {}
    # When it was proved last that people can be told from here.
    can_tell_at: AwareDatetime | None = None
    # What people were told of that is not over, by name, and when.
    told: dict[str, AwareDatetime] = {}

    def with_ledger(self, beat: datetime | None, untold: Iterable[int], now: datetime) -> Self:
        """The ledger answers, and says this of watch and of the alarms that nobody has taken."""
        since = self.beat_since if self.beat_since and beat == self.beat else now
        waiting = {number: self.untold.get(number, now) for number in untold}
        return self.model_copy(update={"beat": beat, "beat_since": since, "away_since": None, "untold": waiting})

    def without_ledger(self, now: datetime) -> Self:
        """The ledger does not answer."""
        return self.model_copy(update={"away_since": self.away_since or now})


def read(file: Path) -> Seen:
    """What was written there; nothing seen where there is no file, or one that cannot be read: it looks anew."""
    try:
        return Seen.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return Seen()


def write(file: Path, seen: Seen) -> None:
    """The whole file or none, for its owner alone. Raises StepError: without it people hear the same each time."""
    beside = file.with_name(f"{file.name}.{secrets.token_hex(8)}.new")
    problem = ""
    try:
        file.parent.mkdir(mode=ITS_FOLDER, parents=True, exist_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w") as written:
            written.write(seen.model_dump_json())
        beside.replace(file)
    except OSError as error:
        problem = error.strerror or type(error).__name__
    if problem:
        raise StepError(
            f"What the watchdog told cannot be written to {file} ({problem}), so people may be told it again.",
            "Make room there, or name a file that it may write: `rekey watchdog --state FILE`.",
        )
