"""The console's templates: text of people and vendors is shown, never obeyed."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from blocks.ledger.trading import clock
from blocks.text import visible

FOLDER = Path(__file__).parent / "templates"


def environment() -> Environment:
    """What makes pages of them; a name that a page is not given is an error."""
    pages = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, finalize=_shown, undefined=StrictUndefined, trim_blocks=True
    )
    pages.filters["clock"] = clock
    return pages


def _shown(value: object) -> object:
    """What cannot be seen is written by its number."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else visible(value, lines=True)
