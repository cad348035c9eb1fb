"""Whether trading is stopped for a rotation, as the ledger has it, in words for people.

Whoever tells people of trading asks here: the run's own page, the messages, and ``rekey status``. Apart from the steps
that stop it, so that reading the ledger does not import Prefect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from blocks.ledger.deaths import first_alarm
from blocks.ledger.ledger import Action, Row
from blocks.ledger.outcomes import DONE
from blocks.model.credential import Credential
from blocks.model.step import Step

# The step that stops it.
PAUSE = Step.PAUSE
# The fact by which a row says whether the brakes are proved to be on.
PROVED = "brakes_proved"


def told(credential: Credential, rows: Sequence[Row], killed: Sequence[Row]) -> str:
    """Whether trading is stopped, by what was written down and proved. Unknown is said, never taken for a yes.

    ``rows`` are those of its rotation, ``killed`` what killed its pair outside of it. Markdown.
    """
    if not credential.brakes:
        return f"not stopped: {credential.realm} trading has no brakes"
    paused, resumed = paused_at(rows), resumed_at(rows, killed)
    completed = next((row.context for row in rows if row.action is Action.COMPLETED), {})
    if completed.get("brakes_left_engaged"):
        return left_on(completed["brakes_left_engaged"], completed.get("brakes_unknown_before", []))
    if resumed is not None:
        before = note_of(rows).get("engaged_before", {})
        kept = [label for label, was in before.items() if was is not False]
        if kept:
            return left_on(kept, [label for label in kept if before[label] is None])
        stood = f"; it was stopped for {lasted(between(paused, resumed))}" if paused else ""
        return f"on again since {clock(datetime.fromisoformat(resumed))}{stood}"
    alarm = None if paused else first_alarm(list(killed))
    since = paused or (alarm.context.get("paused_at") if alarm else None)
    if since is None:
        return _without_its_own(rows)
    began, proved = clock(datetime.fromisoformat(since)), is_proved(rows)
    if proved is None and alarm is not None:
        # Whoever told of the death engaged them, and the rotation has not come to it yet.
        proved = alarm.context.get(PROVED)
    if proved is None:
        return f"**unknown**: rekey began to stop it at {began}, and that is not proved"
    if not proved:
        lost = newest(rows)
        return f"**unknown** since {clock(lost.at) if lost else began}: the brakes are not proved to be on"
    return f"**stopped since {began}**"


def _without_its_own(rows: Sequence[Row]) -> str:
    """What is known of trading that no brake of this rotation's stops. A variable that is set proves nothing yet."""
    proved, lost = is_proved(rows), newest(rows)
    if proved is False and lost is not None:
        return f"**unknown** since {clock(lost.at)}: the brakes are not proved to be on"
    if not note_of(rows):
        return "not stopped by this rotation"
    if proved is None:
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


def told_now(credential: Credential, rows: Sequence[Row], killed: Sequence[Row]) -> str:
    """Whether trading is stopped, without Markdown; and where it is, for how long it stands now."""
    plain = told(credential, rows, killed).replace("**", "")
    since = paused_at(rows) if plain.startswith("stopped since") else None
    return f"{plain}, for {lasted(between(since, datetime.now(UTC).isoformat()))} now" if since else plain


def note_of(rows: Sequence[Row]) -> Mapping[str, Any]:
    """What pause found before it changed anything: the first note, as later ones may show its own brakes."""
    noted = (row.context for row in rows if row.context.get("step") == PAUSE and "engaged_before" in row.context)
    return next(noted, {})


def paused_at(rows: Sequence[Row]) -> str | None:
    """When this rotation began to stop trading; None without brakes of its own making."""
    note = note_of(rows)
    before = note.get("engaged_before", {})
    return None if not before or all(before.values()) else str(note["paused_at"])


def resumed_at(rows: Sequence[Row], killed: Sequence[Row]) -> str | None:
    """When trading was proved to be on again with the verified pair; None when it is not, or not any more."""
    moment: str | None = None
    # A mis-rotation is recorded under the rotation that noticed it.
    for row in sorted([*rows, *killed], key=lambda one: one.sequence):
        if "resumed_at" in row.context:
            moment = str(row.context["resumed_at"])
        elif row in killed or _begins_anew(row):
            moment = None
    return moment


def newest(rows: Sequence[Row]) -> Row | None:
    """The newest row of a rotation by which its brakes are, or are not, proved to be on; None before any of them."""
    return next((row for row in reversed(rows) if _says_so(row)), None)


def is_proved(rows: Sequence[Row]) -> bool | None:
    """Whether they are proved to be on; None when nothing was written down of it yet."""
    row = newest(rows)
    if row is None:
        return None
    return bool(row.context.get(PROVED, "resumed_at" not in row.context))


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


def _begins_anew(row: Row) -> bool:
    """Whether trading has to stop from this row on: another pair may come, or a clear no disproved the verified one."""
    if any(row.context.get(one) for one in ("another_pair", "validated_gone", "disproved")):
        return True
    return row.context.get("step") == Step.AWAIT_HUMAN_INPUT and row.context.get("outcome") == DONE


def _says_so(row: Row) -> bool:
    context = row.context
    return (
        PROVED in context
        or "resumed_at" in context
        or (context.get("step") == PAUSE and context.get("outcome") == DONE)
    )
