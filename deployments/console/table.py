"""The table of all credentials as HTML, most of a page's work: drawn once each time that a line of it changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jinja2 import Environment
from markupsafe import Markup

Line = Mapping[str, str]


class Table:
    """One table, for all who look at it. Two that draw it at the same moment draw it twice, and alike."""

    def __init__(self, pages: Environment) -> None:
        self._pages = pages
        self._drawn: tuple[Sequence[Line], Markup] = ([], Markup())

    def of(self, lines: Sequence[Line]) -> Markup:
        """These lines, in this order."""
        before, drawn = self._drawn
        if before != lines or not drawn:
            # What a macro makes is escaped: Jinja says so by its type.
            drawn = self._pages.get_template("parts.html").make_module().matrix(lines)  # type: ignore[attr-defined]
            self._drawn = (lines, drawn)
        return drawn
