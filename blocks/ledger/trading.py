"""Whether trading is stopped for a rotation, as the ledger has it, in words for people.

Whoever tells people of trading asks here: the run's own page, the messages, and ``rekey status``. Apart from the steps
that stop it, so that reading the ledger does not import Prefect.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from blocks.ledger.chapters import Brakes
from blocks.ledger.deaths import first_alarm
from blocks.ledger.history import History
from blocks.ledger.row import Row
from blocks.model.credential import Credential
from blocks.model.step import Step

# The step that stops it.
PAUSE = Step.PAUSE
# The fact by which a row says whether the brakes are proved to be on.
PROVED = "brakes_proved"
NOT_STOPPED = "not stopped by this rotation"


def told(credential: Credential, history: History, killed: Sequence[Row]) -> str:
    """Whether trading is stopped, by what was written down and proved. Unknown is said, never taken for a yes.

    ``history`` is its rotation's, ``killed`` what killed its pair outside of it. Markdown.
    """
    return by_the_ledger(history, killed) if credential.brakes else "nothing to pause: it has none"


def by_the_ledger(history: History, killed: Sequence[Row]) -> str:
    """Whether trading is stopped by the rows of a rotation alone, where nobody knows its brakes. Markdown."""
    brakes, completed, resumed = history.brakes, history.completed, resumed_at(history, killed)
    if completed is not None and completed.brakes_left_engaged:
        return left_on(completed.brakes_left_engaged, completed.brakes_unknown_before)
    if resumed is not None:
        before = brakes.engaged_before or {}
        kept = [label for label, was in before.items() if was is not False]
        if kept:
            return left_on(kept, [label for label in kept if before[label] is None])
        paused = brakes.paused_at
        stood = f"; it was stopped for {lasted(between(paused, resumed))}" if paused else ""
        return f"on again since {clock(datetime.fromisoformat(resumed))}{stood}"
    alarm, since = None if brakes.paused_at else first_alarm(killed), _began_at(brakes, killed)
    if since is None:
        return _without_its_own(brakes)
    began, proved = clock(datetime.fromisoformat(since)), brakes.proved
    if proved is None and alarm is not None:
        # Whoever told of the death engaged them, and the rotation has not come to it yet.
        proved = alarm.facts.brakes_proved
    if proved is None:
        return f"**unknown**: rekey began to stop it at {began}, and that is not proved"
    if not proved:
        lost = brakes.proved_by
        return f"**unknown** since {clock(lost.at) if lost else began}: the brakes are not proved to be on"
    return f"**stopped since {began}**"


def _without_its_own(brakes: Brakes) -> str:
    """What is known of trading that no brake of this rotation's stops. A variable that is set proves nothing yet."""
    if brakes.proved is False and brakes.proved_by is not None:
        return f"**unknown** since {clock(brakes.proved_by.at)}: the brakes are not proved to be on"
    if brakes.engaged_before is None:
        return NOT_STOPPED
    if brakes.proved is None:
        return "**unknown**: the brakes were engaged before this rotation, and that they stop it is not proved yet"
    return "stopped by somebody else, since before this rotation"


def left_on(left: Sequence[str], unknown: Sequence[str]) -> str:
    """What is said of brakes that stay engaged at the end; of the ``unknown`` ones nobody knows who engaged them."""
    known = [one for one in left if one not in unknown]
    told = [f"still stopped by {', '.join(known)}, as it was before this rotation"] if known else []
    if unknown:
        told.append(
            f"whether {' and '.join(unknown)} was engaged before is unknown: it is left on; release it by hand if "
            "trading is meant to go on"
        )
    return "; ".join(told)


def after_a_false_alarm(credential: Credential, *, proved: bool) -> str:
    """What is told of the brakes that went on for a death that was none, and that nobody releases but people.

    ``proved`` when they were proved to be on then. Empty for a credential without brakes.
    """
    if not credential.brakes:
        return ""
    look = f"look whether {credential.name} trades as it should, then release"
    if proved:
        return f"Its brakes stay on: {look} them by hand."
    named = " and ".join(one.label for one in credential.brakes)
    return (
        f"Its brakes were not proved to be on, and rekey leaves them as they are: {look} by hand what is on ({named})."
    )


def told_now(credential: Credential, history: History, killed: Sequence[Row]) -> str:
    """Whether trading is stopped, without Markdown; and where it is, for how long it stands now."""
    plain = told(credential, history, killed).replace("**", "")
    since = stopped_since(history, plain, killed)
    return f"{plain}, for {lasted(between(since, datetime.now(UTC).isoformat()))} now" if since else plain


def stopped_since(history: History, plain: str, killed: Sequence[Row]) -> str | None:
    """Since when trading is stopped by this rotation, or by the alarm before it; ISO 8601 in UTC, None where it is not.

    ``plain`` is what is told of it, without Markdown.
    """
    return _began_at(history.brakes, killed) if plain.startswith("stopped since") else None


def _began_at(brakes: Brakes, killed: Sequence[Row]) -> str | None:
    alarm = None if brakes.paused_at else first_alarm(killed)
    return brakes.paused_at or (alarm.facts.paused_at if alarm else None)


def resumed_at(history: History, killed: Sequence[Row]) -> str | None:
    """When trading was proved to be on again with the verified pair; None when it is not, or not any more."""
    resumed = history.brakes.resumed
    # A mis-rotation is recorded under the rotation that noticed it.
    if resumed is None or any(row.sequence > resumed[0] for row in killed):
        return None
    return resumed[1]


def clock(at: datetime) -> str:
    """For a sentence: the day too, unless it is today's."""
    at = at.astimezone(UTC)
    return f"{at:%H:%M:%S} UTC" if at.date() == datetime.now(UTC).date() else f"{at:%Y-%m-%d %H:%M:%S} UTC"


def lasted(seconds: float) -> str:
    """A time that has passed, as people say it."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def between(since: str, until: str) -> float:
    """Seconds between two moments as the ledger writes them."""
    return (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds()
