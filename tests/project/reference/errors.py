"""docs/reference/errors.md: every kind of error, by a name that stays."""

from __future__ import annotations

import re
from pathlib import Path

from blocks.errors import RekeyError
from blocks.settings import ROOT
from tests.project.reference.classes import below
from tests.project.reference.markdown import bullets, code, page, summary

PAGE = ROOT / "docs" / "reference" / "errors.md"
ABOUT = (
    "Every error of rekey's says in one sentence what is wrong and in another one what to do next. This page says what "
    "each kind of them means. Prefect shows the name of the class; the heading is a name that stays the same for ever, "
    "so that it can be linked to. No error holds a request, an answer, a header or a secret."
)
RELEASED = "## Names that were ever given"
# An error that is no more, by its name, and where what it said is told now.
RETIRED: dict[str, str] = {}
_NAMES = re.compile(r"^- `([a-z-]+)`", re.MULTILINE)


def kinds() -> list[type[RekeyError]]:
    """Every class of errors, the most general one first."""
    return [RekeyError, *below(RekeyError)]


def released(path: Path = PAGE) -> set[str]:
    """The names that the page lists already: they never leave it."""
    return set(_NAMES.findall(path.read_text().split(RELEASED)[-1])) if path.exists() else set()


def text() -> str:
    """The page."""
    slugs = {kind.slug for kind in kinds()}
    names = [
        code(one) + (f": {RETIRED.get(one, 'no error of this version')}" if one not in slugs else "")
        for one in sorted(slugs | released())
    ]
    return page("Errors", ABOUT, *(_section(kind) for kind in kinds()), RELEASED, bullets(names))


def _section(kind: type[RekeyError]) -> str:
    above = kind.__bases__[0]
    # That it is an error of rekey's need not be said.
    is_a = f" It is a kind of [{above.slug}](#{above.slug})." if above in below(RekeyError) else ""
    again = " It is tried again by itself." if kind.transient else ""
    return f"## {kind.slug}\n\n`{kind.__name__}`: {summary(kind)}{is_a}{again}\n\n**What to do:** {kind.advice}"
