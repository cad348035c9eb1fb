"""Lists of the simulated Heroku, as a Range header asks for them.

``FIELD START..END; order=desc,max=N``: both bounds belong to it unless a bracket leaves them out (``]START..``,
``..END[``), and need be no row's (documented: Dev Center, Platform API Reference, "Ranges"; 200 rows at a time, at most
1000). Inferred: what an answer holds is said as by other services of that school (Content-Range); in a descending list
the bounds are meant in its order, as those of ``Next-Range`` are; and what cannot be read, or names a field by which
the list is not ordered, is as if it were not there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from starlette.requests import Request
from starlette.responses import Response

from deployments.sandbox.heroku.wire import answer

_RANGE = re.compile(
    r"\s*(?P<field>[a-z_]+)\s+(?P<after>\]?)(?P<start>[^\s;\]\[]*?)\.\.(?P<end>[^\s;\]\[]*)(?P<before>\[?)"
    r"\s*;?\s*(?P<options>[^;]*);?\s*"
)
_MOST = 1000
_Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Range:
    """What a list is asked for. A bound of None is none."""

    field: str
    start: Any = None
    end: Any = None
    after: bool = False
    before: bool = False
    descending: bool = False
    most: int | None = None

    @classmethod
    def read(cls, text: str, fields: Sequence[str], rows: Sequence[_Row]) -> Self | None:
        """The header's; None when it says nothing that counts."""
        found = _RANGE.fullmatch(text)
        if found is None or found["field"] not in fields:
            return None
        kind = type(rows[0][found["field"]]) if rows else str
        if kind is int and not all(bound.isdecimal() for bound in (found["start"], found["end"]) if bound):
            return None
        start, end = (kind(bound) if bound else None for bound in (found["start"], found["end"]))
        options = dict(part.split("=", 1) for part in re.split(r"[,\s]+", found["options"]) if "=" in part)
        most = min(max(int(options["max"]), 1), _MOST) if options.get("max", "").isdecimal() else None
        is_descending = options.get("order") == "desc"
        return cls(found["field"], start, end, bool(found["after"]), bool(found["before"]), is_descending, most)

    def holds(self, row: _Row) -> bool:
        """Whether the row lies between the bounds, in the order of the list."""
        value = row[self.field]
        sign = -1 if self.descending else 1
        from_start = 1 if self.start is None else sign * _compared(value, self.start)
        to_end = 1 if self.end is None else sign * _compared(self.end, value)
        return from_start >= int(self.after) and to_end >= int(self.before)

    def following(self, last: _Row, size: int) -> str:
        """The Range of what comes after a row, up to the same end."""
        end = "" if self.end is None else f"{self.end}{'[' if self.before else ''}"
        order = "order=desc," if self.descending else ""
        return f"{self.field} ]{last[self.field]}..{end}; {order}max={size}"


def list_answer(request: Request, rows: list[_Row], *, order_by: str, page_size: int) -> Response:
    """A list as the Range header asks for it: 206 and Next-Range while there is more."""
    fields = list(dict.fromkeys(("id", order_by)))
    told = {"Accept-Ranges": ", ".join(fields)}
    asked = _Range.read(request.headers.get("range", ""), fields, rows) or _Range(order_by)
    ordered = sorted(rows, key=lambda row: row[asked.field], reverse=asked.descending)
    held, size = [row for row in ordered if asked.holds(row)], asked.most or page_size
    shown = held[:size]
    if shown:
        told["Content-Range"] = f"{asked.field} {shown[0][asked.field]}..{shown[-1][asked.field]}"
    if len(held) <= size:
        return answer(request, shown, headers=told)
    return answer(request, shown, 206, {**told, "Next-Range": asked.following(shown[-1], size)})


def _compared(one: Any, other: Any) -> int:
    return int(one > other) - int(one < other)
