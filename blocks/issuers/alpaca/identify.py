"""What Alpaca's keys tell by themselves, and what a refusal by both hosts means."""

from __future__ import annotations

from blocks.issuers.alpaca.pair import key_id_of
from blocks.issuers.terms import Wrong
from blocks.secret import Minted

PREFIXES = {"PK": "paper", "AK": "live"}


def refused_everywhere(realm: str, pair: Minted) -> Wrong:
    """Neither host accepts it."""
    return Wrong(
        "Alpaca refuses this pair, on the paper and on the live host. One half was copied wrong or belongs to "
        "another pair, or Regenerate was clicked once more after copying. Copy both values again; if the dashboard "
        f"does not show them any more, click Regenerate again.{_hint(realm, pair)}"
    )


def _hint(realm: str, pair: Minted) -> str:
    """The prefix is no gate, but it helps to see what happened."""
    likely = PREFIXES.get(key_id_of(pair)[:2])
    if likely in {None, realm}:
        return ""
    return f" Its key ID begins with {key_id_of(pair)[:2]}, as {likely} keys do: look at the switcher first."
