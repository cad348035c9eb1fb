"""What Alpaca's keys tell by themselves, and what a refusal by both hosts means."""

from __future__ import annotations

from blocks.issuers.terms import Wrong
from blocks.secret import Pair

PREFIXES = {"PK": "paper", "AK": "live"}


def refused_everywhere(realm: str, pair: Pair) -> Wrong:
    """Neither host accepts it."""
    return Wrong(
        "Alpaca refuses this pair, on the paper and on the live host. One half was copied wrong or belongs to "
        "another pair, or Regenerate was clicked once more after copying. Copy both values again; if the dashboard "
        f"does not show them any more, click Regenerate again.{_hint(realm, pair)}"
    )


def _hint(realm: str, pair: Pair) -> str:
    """The prefix is no gate, but it helps to see what happened."""
    likely = PREFIXES.get(pair.key_id[:2])
    if likely in {None, realm}:
        return ""
    return f" Its key ID begins with {pair.key_id[:2]}, as {likely} keys do: look at the switcher first."
