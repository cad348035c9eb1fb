"""Drift: does each consumer hold the vault's pair? By value where it can be read, and said so where it cannot."""

from __future__ import annotations

from blocks.check import Depth, Seen
from blocks.consumers.interface import Consumer, Given, Held
from blocks.ledger.row import Action, Row
from blocks.model.step import Step
from blocks.vaults.pending import Current


def of(consumer: Consumer, current: Current, rows: list[Row], depth: Depth) -> Seen:
    """What is known of the consumer's copy. ``rows`` are the credential's in the ledger.

    Raises StepError for a copy that differs, Unproved when that cannot be told, and the vendor's errors.
    """
    held = Held(current.pair, max(one.updated_at for one in current.stored.values()))
    return consumer.holds(held, _propagated(consumer, rows), depth)


def _propagated(consumer: Consumer, rows: list[Row]) -> Given | None:
    """What the newest row says by which rekey gave the consumer a pair."""
    accepted = ""
    newest: Given | None = None
    for row in rows:
        facts = row.facts
        if row.action is not Action.STEP or not facts.is_done:
            continue
        if facts.accepted:
            accepted = facts.accepted
        elif facts.step == Step.PROPAGATE and facts.subject == consumer.label:
            newest = Given(row.at, accepted, facts.updated_at)
    return newest
