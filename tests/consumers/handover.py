"""A pair on its way to a consumer, as the steps hand it over, and a record that needs no run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from prefect.logging import disable_run_logger
from pydantic import SecretStr

from blocks.consumers.interface import Consumer, Handover, Held
from blocks.proofs import Record
from blocks.secret import Minted
from deployments.sandbox import made_up

BEGAN = datetime(2026, 11, 28, 12, tzinfo=UTC)


def a_pair() -> Minted:
    """Values of Alpaca's shapes."""
    return Minted(
        {"key_id": SecretStr(made_up.alpaca_key_id("PK")), "secret": SecretStr(made_up.alpaca_secret())},
    )


def held(pair: Minted) -> Held:
    """The vault's pair."""
    return Held(pair, BEGAN)


def handover(pair: Minted, also: Mapping[str, SecretStr] | None = None) -> Handover:
    """Of a rotation that began a moment ago."""
    return Handover(
        pair=pair,
        rotation="r-1",
        credential="alpaca-paper",
        realm="paper",
        issuer="Alpaca",
        since=BEGAN,
        fetch="fetch it",
        also=also or {},
    )


def given(consumer: Consumer, pair: Minted) -> Record:
    """What the consumer proved of the pair that it was given. Raises what ``give`` raises."""
    record = Record()
    with disable_run_logger():
        consumer.give(handover(pair), record)
    return record
