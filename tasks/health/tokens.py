"""The keys with which rekey itself is let in: each is valid, and not about to end, as far as that is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from blocks.consumers.interface import Consumer
from blocks.errors import StepError
from blocks.key_end import KeyEnd
from blocks.model.credential import Credential
from blocks.prefect_api import estate

# A token that ends within this time is replaced before it is needed.
ENDS_SOON = timedelta(days=14)


def of_consumer(of: Consumer) -> str:
    """The token by which it is written to. Raises StepError, and the vendor's errors."""
    return until(of.whose_token, of.token_end())


def of_vault(first: Credential) -> str:
    """The key to the vault of that credential. Raises StepError, and the vault's errors."""
    block = estate.vault(first.vault)
    with block.get_client() as client:
        return until(block.words.name, client.key_end())


def until(called: str, end: KeyEnd) -> str:
    """What is known of it. Raises StepError for one that ends soon."""
    if end.at is None:
        return end.told or (
            f"{called} accepts rekey's token and tells no date of expiry: whether it ends, and when, only "
            "whoever made it knows."
        )
    if end.at - datetime.now(UTC) < ENDS_SOON:
        raise StepError(
            f"rekey's {called} token ends at {end.at:%Y-%m-%d %H:%M} UTC.",
            end.remedy
            or f"Make a new one with the same permissions and put it into the {called} block (Prefect UI, Blocks).",
        )
    return f"rekey's {called} token is valid until {end.at:%Y-%m-%d} UTC."
