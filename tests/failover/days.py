"""What each day of a simulated week showed, and its table. A day is from one restart of everything to the next."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from blocks.settings import ROOT
from tests import kept_results
from tests.failover.cells import FORM

KEPT = ROOT / ".rekey" / "failover-week.jsonl"
NOTHING = "nothing is open"
# What is open when everything is stopped, day by day: over three of them a form for the pair waits.
PLAN = (NOTHING, FORM, FORM, FORM, NOTHING, "propagate", NOTHING)
TITLE = "## A week in which everything is restarted each day"
_LINK = re.compile(r"<([^>|]+)")
_SAID = {FORM: "the form for the pair waits", "propagate": "the pair is given to the consumers"}
_HEAD = (
    "day", "stopped while", "had to be killed", "stopped in", "all well again", "watch ended well",
    "form asked again", "messages",
)  # fmt: skip


@dataclass(slots=True)
class Day:
    """Seconds are from the moment at which everything is started again, ``off_s`` from that at which it is stopped."""

    when: str
    # Processes that did not end when they were asked to.
    killed: int = 0
    off_s: float = 0.0
    well_s: float = 0.0
    watch_s: float = 0.0
    # None where no form waited.
    form_s: float | None = None
    # What people were told until the next day, and when its rotation completed, if it did.
    told: list[str] = field(default_factory=list)
    completed_s: float | None = None
    load: float = 0.0
    violations: list[str] = field(default_factory=list)


def headline(message: Mapping[str, Any]) -> str:
    """What a message begins with, without what it says of the moment."""
    header = [block["text"]["text"] for block in message.get("blocks") or () if block["type"] == "header"]
    return str(header[0] if header else message["text"]).partition(". ")[0]


def twice(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    """The headlines of what was told more than once. A form of another run is another one: it leads to another page."""
    told = Counter((headline(one), *sorted(set(_LINK.findall(str(one["text"]))))) for one in messages)
    return [one for (one, *_), times in told.items() if times > 1]


def name_of(number: int) -> str:
    """As it is kept."""
    return f"day {number}"


def keep(number: int, day: Day) -> None:
    """Append it."""
    kept_results.keep(KEPT, name_of(number), day)


def kept() -> dict[str, Day]:
    """The newest of each, by its name."""
    return kept_results.kept(KEPT, Day)


def written(page: str) -> str:
    """The section as it stands on the page: whoever plays the grid has not always played a week."""
    _, title, rest = page.partition(TITLE)
    return f"{title}{rest.partition(f'{chr(10)}## ')[0]}".rstrip() + "\n"


def section(days: Mapping[str, Day]) -> str:
    """The part of the page, from its title to the end of its last line."""
    lines = [f"| {' | '.join(_HEAD)} |", f"|---|---|{'---:|' * (len(_HEAD) - 2)}"]
    lines += [_line(number, days.get(name_of(number))) for number in range(1, len(PLAN) + 1)]
    return f"""{TITLE}

`make failover ARGS="--week"`. Once a day every process of the production (PostgreSQL, Redis, both API servers,
Prefect's services, the proxy, three workers, the console) is stopped as a machine that is switched off does it: asked
to end, and killed if it is there 30 s later; then all of it is started again at once, the two stores first. No file is
lost. A day here is from one restart to the next, some minutes: no clock is faked, so what rekey does after hours is not
in it. Health's schedule is paused, so that nothing else is told. A run of `watch` begins with a minute and stays for
55 s of it, so that none ends sooner than that.

A day is good when every process answers again; a run of `watch` that began after the restart ends well; Prefect shows
no run from before the restart as open; where a form waited, it is asked again, in a new run; and until the next day
nobody is told the same twice (the same headline, of the same run where it names one). A rotation in which this happened
must in the end be one as in the table above. Seconds count from the start of everything.

`Watch: silent` is told by Prefect's own automation. On 2026-11-29 that was wrong: `watch` had ended well less than
three minutes before, but after a restart Prefect (3.8.8, prefect-redis 0.3.0) held back what it heard of runs that it
had scheduled before that, each "arrived before the event it follows", for up to 15 minutes. `No worker began watch` is
told of each run that a worker took and did not begin before it was stopped: on one day two were found, one after the
other.

{chr(10).join(lines)}
{_ends(days)}{_broken(days)}"""


def _line(number: int, day: Day | None) -> str:
    cells = [str(number), _SAID.get(PLAN[number - 1], PLAN[number - 1])]
    if day is None:
        return f"| {' | '.join([*cells, *['-'] * (len(_HEAD) - 2)])} |"
    form = "" if day.form_s is None else f"{day.form_s:.0f} s"
    figures = [str(day.killed), *(f"{one:.0f} s" for one in (day.off_s, day.well_s, day.watch_s)), form]
    return f"| {' | '.join([*cells, *figures, str(len(day.told))])} |"


def _ends(days: Mapping[str, Day]) -> str:
    told = [
        f"- The rotation that was open on {name} completed {day.completed_s:.0f} s after everything was stopped"
        f"{' for the first time' if day.when == FORM else ''}.\n"
        for name, day in days.items()
        if day.completed_s is not None
    ]
    heard: dict[str, list[str]] = {}
    for name, day in days.items():
        for one in day.told:
            heard.setdefault(one, []).append(name)
    told += [f"- Told {one!r}: {', '.join(names)}.\n" for one, names in heard.items()]
    loads = [day.load for day in days.values()]
    told += [f"- Load average at the ends of the days: {min(loads):.0f} to {max(loads):.0f}.\n"] if loads else []
    return "\n" + "".join(told)


def _broken(days: Mapping[str, Day]) -> str:
    lines = [f"- {name}: **broken**: {'; '.join(one.violations)}\n" for name, one in days.items() if one.violations]
    return "".join(lines) or ("- No day is broken.\n" if len(days) == len(PLAN) else "")
