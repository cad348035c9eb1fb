"""Ask at rest: of every credential for which no run looks, whether its pair is accepted; many at once.

Watch begins each minute, and most pairs live: the one question that says so is asked of many credentials at the same
time. Whatever else is heard is looked at more closely, one credential after another (look_for_death.py), because what
is told of one may be said of others as well.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from functools import partial

from prefect import task
from prefect.logging import get_run_logger

from blocks.answer import Answer
from blocks.catalog import load_catalog
from blocks.errors import RekeyError
from blocks.ledger import deaths
from blocks.ledger.history import History
from blocks.model.step import Step
from blocks.prefect_api import estate, recording
from blocks.prefect_api.block_cache import CACHE
from blocks.prefect_api.issuers import called, issuer_of
from blocks.settings import read_settings
from blocks.vaults import pending
from blocks.wire.parallel import all_at_once
from tasks.run import policy
from tasks.watch import refused_together
from tasks.watch.left_form import left_ones
from tasks.watch.look_for_death import at_rest

AT_ONCE = 16
# While a vendor does not answer nothing else may wait for it: watch has more to do in its minute.
WITHIN_S = 30.0


@task(name="ask those at rest", **policy.HUMAN)
def in_doubt() -> list[str]:
    """The credentials of which more is to be found out than that their pair is as it was. Raises LedgerError.

    Those at rest, and those whose rotation waits for the new pair without a process.

    Of those that cannot be asked in time, or do not answer clearly, nothing is known, which is no death. Which ones
    are asked first is left to chance, so that it is not the same ones each minute.
    """
    left = left_ones()
    names = [*at_rest(), *left]
    until = time.monotonic() + WITHIN_S
    by_chance = random.sample(names, len(names))
    with CACHE.afresh():
        found = all_at_once([partial(_is_doubted, one, until, left.get(one)) for one in by_chance], at_once=AT_ONCE)
    doubted = {name for name, is_doubted in zip(by_chance, found, strict=True) if is_doubted}
    return [one for one in names if one in doubted]


def still_at_rest(doubted: Sequence[str]) -> list[str]:
    """Those whose rotation does not wait at a form, and has not begun since they were asked. Raises LedgerError."""
    now = at_rest()
    return [one for one in doubted if one in now]


def _is_doubted(name: str, until: float, rotation: History | None) -> bool:
    """What goes wrong with one credential hides no other: it is looked at closely, where that is told."""
    try:
        return _is_in_doubt(name, until, rotation)
    except Exception as error:  # noqa: BLE001  # a foreign error may hold anything: only its kind is told
        told = str(error) if isinstance(error, RekeyError) else type(error).__name__
        get_run_logger().warning("Whether the pair of %s lives is unknown: %s", name, told)
        return True


def _is_in_doubt(name: str, until: float, rotation: History | None) -> bool:
    if time.monotonic() > until:
        get_run_logger().warning("Whether the pair of %s lives was not asked: others took too long.", name)
        return False
    ledger = recording.open_ledger()
    if rotation is None and deaths.unsettled(ledger, name):
        return True
    credential = load_catalog(read_settings().catalog).get(name, is_open=rotation is not None)
    try:
        with estate.vault(credential.vault).get_client() as vault:
            pair = pending.current(vault, credential.vault)
        answer = issuer_of(credential).accepts_yet(credential.realm, pair)
    except RekeyError as error:
        get_run_logger().warning("Whether the pair of %s lives is unknown: %s", name, error)
        return False
    if answer is Answer.UNKNOWN:
        get_run_logger().warning("%s does not say whether the pair of %s lives.", called(credential), name)
    if rotation is not None:
        checked = rotation.newest(Step.PREFLIGHT)
        if checked is not None and checked.old_is_dead:
            # Of one that was dead before its rotation began nothing is to be found out.
            return False
        return answer is (Answer.YES if rotation.died_at else Answer.NO)
    return answer is Answer.NO or refused_together.lasts(ledger, credential, pair)
