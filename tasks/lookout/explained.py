"""Why a pair of another credential is refused though nobody ended it by mistake: it is rotated, or its host fails."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from prefect.logging import get_run_logger

from blocks.answer import Answer
from blocks.errors import RekeyError
from blocks.ledger import history
from blocks.prefect_api import estate, prefect_runs, recording
from blocks.prefect_api.issuers import share_a_realm
from blocks.settings import read_settings
from blocks.vaults import pending
from tasks.run.watched import REFUSALS, WatchedPair


def is_rotated(one: WatchedPair) -> bool:
    """Whether somebody rotates it in another run, or its pair was replaced in the vault. Unknown is no."""
    return _is_so(partial(_is_rotated, one)) or _is_so(partial(_is_replaced, one))


def _is_so(question: Callable[[], bool]) -> bool:
    """Whether the answer is a clear yes: one failure may be a hiccup, but no answer explains no death."""
    for _ in range(2):
        try:
            return question()
        except RekeyError as error:
            get_run_logger().warning("%s", error)
    return False


def _is_rotated(one: WatchedPair) -> bool:
    """Whether a run that lives rotates it, and does not wait for somebody who lets it begin: nobody clicks for that."""
    ledger = recording.open_ledger()
    start = ledger.open_start(one.credential.name)
    if start is None or history.of(ledger, start.rotation).waits_to_begin:
        return False
    return prefect_runs.is_over(start.facts.flow_run_id) is Answer.NO


def _is_replaced(one: WatchedPair) -> bool:
    """Whether the vault holds another pair by now."""
    with estate.vault(one.credential.vault).get_client() as vault:
        return one.pair is not None and not pending.current(vault, one.credential.vault).same_as(one.pair)


def at_once(first: WatchedPair, second: WatchedPair) -> bool:
    """Whether one host began to refuse both in the same looks."""
    if not share_a_realm(first.credential, second.credential):
        return False
    if first.refused_at is None or second.refused_at is None:
        return False
    return abs((first.refused_at - second.refused_at).total_seconds()) <= REFUSALS * read_settings().lookout_interval_s
