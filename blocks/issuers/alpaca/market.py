"""Whether US equities are traded now: the core session, which stops neither extended hours nor crypto."""

from __future__ import annotations

from blocks.issuers.alpaca.models import Clock
from blocks.issuers.terms import Market


def market_of(clock: Clock) -> Market:
    """Alpaca's clock in the words that every issuer has."""
    return Market(clock.is_open, clock.next_open, clock.next_close)
