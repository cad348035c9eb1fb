"""Counting: what this run asked and told is added to what all runs did, for a monitoring system."""

from __future__ import annotations

from prefect.logging import get_run_logger

from blocks.errors import RekeyError
from blocks.ledger import counts
from blocks.settings import read_settings


def keep_counts() -> None:
    """Write down what was counted since. Never raises: no rotation waits for a number, and it is kept for later."""
    try:
        counts.keep(read_settings().ledger_url)
    except RekeyError as error:
        get_run_logger().info("Not counted yet: %s", error)
