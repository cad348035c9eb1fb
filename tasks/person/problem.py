"""What is wrong with an answer, as a form shows it: nothing in it is obeyed, and rekey's own console stays a link."""

from __future__ import annotations

from blocks.settings import read_settings
from blocks.text import markdown


def in_a_form(problem: str) -> str:
    """As Markdown, with its lines."""
    return markdown(problem, lines=True, ours=read_settings().console_url)
