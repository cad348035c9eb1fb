"""Draws docs/rotation.svg of docs/rotation.json: bars that grow as the steps went on, and whether trading stands.

Where nothing moves, or a reader wants no movement (``prefers-reduced-motion``), the whole rotation is shown.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from blocks.settings import ROOT
from tests.timeline.record import RECORD

PICTURE = ROOT / "docs" / "rotation.svg"
WIDTH = 640
LEFT, RIGHT = 190, 606
TOP, ROW = 62, 27
# How long the movement takes, whatever the rotation took, and how long its end is shown.
MOVES_S, STAYS_S = 15.0, 6.0
LINE = 68
MOST_LINES = 2
# Light, then dark: paper, ink, faint ink, a bar, a person's time, trading on, trading stopped.
COLOURS = {
    "paper": ("#ffffff", "#0d1117"),
    "ink": ("#1f2328", "#e6edf3"),
    "faint": ("#6e7781", "#8b949e"),
    "rule": ("#d8dee4", "#30363d"),
    "work": ("#0969da", "#58a6ff"),
    "person": ("#bf8700", "#d29922"),
    "on": ("#1a7f37", "#3fb950"),
    "off": ("#cf222e", "#f85149"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step as it was recorded; seconds from the start of the rotation."""

    name: str
    subject: str
    begin: float
    end: float
    # When its form was shown; from then on it waited for a person.
    form: float | None
    proofs: tuple[str, ...]


def steps() -> list[Step]:
    """What was recorded."""
    found: list[dict[str, Any]] = json.loads(RECORD.read_text())
    return [
        Step(one["step"], one["subject"], one["begin"], one["end"], one["form"], tuple(one["proofs"])) for one in found
    ]


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a second of the rotation is: in the picture, and in its movement."""

    seconds: float

    def x(self, at: float) -> float:
        """From the left, in the picture."""
        return round(LEFT + (RIGHT - LEFT) * min(at, self.seconds) / self.seconds, 1)

    def percent(self, at: float) -> float:
        """Of the whole movement."""
        return round(100 * MOVES_S / (MOVES_S + STAYS_S) * max(at, 0) / self.seconds, 2)


def drawn(found: Sequence[Step]) -> str:
    """The picture."""
    stage = Stage(max(one.end for one in found))
    names = list(dict.fromkeys(one.name for one in found))
    height = TOP + ROW * (len(names) + 1) + 74
    moving = Moving(stage)
    body = [
        *_heading(stage),
        *_axis(stage, height - 62),
        *(part for row, name in enumerate(names) for part in _row(row, name, found, moving)),
        *_trading(len(names), found, moving),
        *_proofs(height - 40, found, moving),
        *_now(height - 62, moving),
    ]
    return "\n".join([*_frame(height, moving), *body, "</svg>", ""])


class Moving:
    """The keyframes of all that moves, each with a name of its own."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.rules: list[str] = []

    def grows(self, begin: float, end: float) -> str:
        """A bar that grows from its left end between these seconds: its attribute."""
        first, last = self.stage.percent(begin), self.stage.percent(end)
        return self._named(f"0%,{first}%{{transform:scaleX(0)}}{last}%,100%{{transform:scaleX(1)}}")

    def appears(self, at: float, until: float | None = None) -> str:
        """What is seen from this second on, or until another one: its attribute."""
        first = self.stage.percent(at)
        hidden, seen = "{opacity:0}", "{opacity:1}"
        if until is None:
            return self._named(f"0%,{first}%{hidden}{first + 0.5}%,100%{seen}")
        last = self.stage.percent(until)
        return self._named(f"0%,{first}%{hidden}{first + 0.5}%,{last}%{seen}{last + 0.5}%,100%{hidden}")

    def sweeps(self) -> str:
        """What moves from the first second to the last."""
        last, far = self.stage.percent(self.stage.seconds), RIGHT - LEFT
        return self._named(
            f"0%{{transform:translateX(0)}}{last}%{{transform:translateX({far}px);opacity:1}}"
            f"{last + 1}%,100%{{transform:translateX({far}px);opacity:0}}"
        )

    def _named(self, frames: str) -> str:
        name = f"m{len(self.rules)}"
        self.rules.append(f"@keyframes {name}{{{frames}}}")
        return f'style="animation-name:{name}"'


def _frame(height: int, moving: Moving) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        ' role="img" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', monospace">'
    )
    yield "<title>One rotation of a live key in the sandbox: each step, and whether trading stands</title>"
    yield "<style>"
    for number, query in enumerate(("", "@media (prefers-color-scheme: dark)")):
        rules = "".join(f".{name}{{fill:{colours[number]}}}" for name, colours in COLOURS.items())
        yield f"{query}{{{rules}}}" if query else rules
    yield (
        "text{font-size:15px}.small{font-size:14px}.tiny{font-size:12px}"
        ".bar{transform-box:fill-box;transform-origin:0 50%}"
        f"[style]{{animation:{MOVES_S + STAYS_S:g}s linear infinite}}"
        "@media (prefers-reduced-motion: reduce){[style]{animation:none}}"
    )
    yield from moving.rules
    yield "</style>"
    yield f'<rect width="{WIDTH}" height="{height}" rx="10" class="paper"/>'


def _heading(stage: Stage) -> Iterator[str]:
    yield '<text x="20" y="30" class="ink" font-weight="bold">rotate / alpaca-live</text>'
    for x, kind, words in ((300, "work", "rekey works"), (424, "person", "waits for a person")):
        yield f'<rect x="{x}" y="20" width="10" height="10" rx="2" class="{kind}"/>'
        yield f'<text x="{x + 15}" y="30" class="faint tiny">{words}</text>'
    yield f'<text x="{RIGHT + 14}" y="30" class="faint" text-anchor="end">{stage.seconds:.0f} s</text>'


def _axis(stage: Stage, bottom: int) -> Iterator[str]:
    pace = 20 if stage.seconds > 70 else 10
    for at in range(0, int(stage.seconds) + 1, pace):
        x = stage.x(at)
        yield f'<rect x="{x}" y="{TOP - 14}" width="1" height="{bottom - TOP + 12}" class="rule"/>'
        yield f'<text x="{x}" y="{TOP - 18}" class="faint tiny" text-anchor="middle">{at}</text>'


def _row(row: int, name: str, found: Sequence[Step], moving: Moving) -> Iterator[str]:
    """A step: its name, its bars (one below the other, where consumers are written to at once), and a tick."""
    own = [one for one in found if one.name == name]
    y = TOP + ROW * row
    yield f'<text x="20" y="{y + 15}" class="ink">{name}</text>'
    high = (ROW - 9) / len(own)
    for number, one in enumerate(own):
        top = y + 2 + number * high
        until = one.form if one.form is not None else one.end
        yield _bar("work", one.begin, until, top, high - 1, moving)
        if one.form is not None:
            yield _bar("person", one.form, one.end, top, high - 1, moving)
    end = max(one.end for one in own)
    yield f'<text x="{RIGHT + 10}" y="{y + 15}" class="on" {moving.appears(end)}>✓</text>'


def _bar(kind: str, begin: float, end: float, top: float, high: float, moving: Moving) -> str:
    left, right = moving.stage.x(begin), moving.stage.x(end)
    return (
        f'<rect x="{left}" y="{top:.1f}" width="{max(2.0, right - left):.1f}" height="{high:.1f}" rx="2"'
        f' class="bar {kind}" {moving.grows(begin, end)}/>'
    )


def _trading(row: int, found: Sequence[Step], moving: Moving) -> Iterator[str]:
    """Trading stands from the first change of a brake, which pause makes, until resume has proved that it goes on."""
    y = TOP + ROW * row + 4
    first, last = (next(one for one in found if one.name == name) for name in ("pause", "resume"))
    yield f'<text x="20" y="{y + 15}" class="ink" font-weight="bold">trading</text>'
    yield _bar("on", 0, first.begin, y + 2, ROW - 10, moving)
    yield _bar("off", first.begin, last.end, y + 2, ROW - 10, moving)
    yield (
        f'<text x="{(moving.stage.x(first.begin) + moving.stage.x(last.end)) / 2:.1f}" y="{y + 15}" class="paper"'
        f' text-anchor="middle" {moving.appears(first.end)}>stopped, and proved</text>'
    )


def _proofs(y: int, found: Sequence[Step], moving: Moving) -> Iterator[str]:
    """Below: what the step that was done last has proved. Where nothing moves, what the last one did."""
    told = [one for one in found if one.proofs]
    for number, one in enumerate(told):
        last = number + 1 == len(told)
        shown = moving.appears(one.end, None if last else told[number + 1].end)
        hidden = "" if last else ' opacity="0"'
        lines = textwrap.shorten(one.proofs[0], LINE * MOST_LINES - 4, placeholder=" ...")
        spans = "".join(
            f'<tspan x="20" dy="{0 if row == 0 else 19}">{escape(line)}</tspan>'
            for row, line in enumerate(textwrap.wrap(lines, LINE))
        )
        yield f'<text y="{y}" class="faint small"{hidden} {shown}>{spans}</text>'


def _now(bottom: int, moving: Moving) -> Iterator[str]:
    yield (
        f'<rect x="{LEFT}" y="{TOP - 14}" width="2" height="{bottom - TOP + 12}" class="ink" opacity="0"'
        f" {moving.sweeps()}/>"
    )


def draw() -> None:
    """Write the picture."""
    PICTURE.write_text(drawn(steps()))
