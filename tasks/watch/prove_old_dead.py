"""Prove old dead: an old pair that lived on when its rotation ended is proved dead at its date, and kept no longer.

A proof is several series of refusals with controls around them. What is proved is recorded before the kept pair is
deleted, and once more after that, so a run that is killed in between is made up for. One that is accepted after its
date is an alarm; while nobody can say it is asked again each minute, and that is told when it lasts (kept_pair.py).
One whose end could be taken back until its date is ended for good first; that again, after a kill, changes nothing.

Looks first at the ledger: which pairs are kept, and what was said of each. A rotation that is not over keeps its own.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

from prefect import task
from prefect.logging import get_run_logger

from blocks.answer import Answer
from blocks.catalog import load_catalog
from blocks.errors import RekeyError
from blocks.issuers.interface import Issuer
from blocks.issuers.terms import By
from blocks.ledger import dying
from blocks.model.step import Step
from blocks.prefect_api import estate, recording
from blocks.prefect_api.block_cache import CACHE
from blocks.prefect_api.issuers import issuer_of
from blocks.secret import Minted
from blocks.settings import read_settings
from blocks.vaults import pending
from blocks.vaults.pending import InFlight
from tasks.run import policy
from tasks.watch.kept_pair import Kept

# So many series of refusals in a row: an issuer may refuse a pair that lives now and then.
PROOFS = 3


def with_kept_pairs() -> list[str]:
    """The credentials of the catalog of which an old pair is kept, disabled ones too. Raises LedgerError."""
    ledger = recording.open_ledger()
    return [name for name in load_catalog(read_settings().catalog).credential if dying.all_of(ledger, name)]


@task(name=Step.PROVE_OLD_DEAD.value, task_run_name="prove an old one of {name} dead", **policy.HUMAN)
def prove_old_dead(name: str) -> None:
    """Ask for each kept pair whose date has come whether it is dead, and act on that. Raises LedgerError."""
    credential = load_catalog(read_settings().catalog).get(name, is_open=True)
    ledger, now = recording.open_ledger(), moment()
    start = ledger.open_start(name)
    over = [one for one in dying.all_of(ledger, name) if start is None or one.kept.rotation != start.rotation]
    due = [Kept(ledger, credential, one, now) for one in over if one.is_to_be_asked(now)]
    if not due:
        return
    with CACHE.afresh():
        try:
            with estate.vault(credential.vault).get_client() as vault:
                current, in_flight = pending.look_at_both(vault, credential.vault)
        except RekeyError as error:
            get_run_logger().warning("Whether old pairs of %s are dead is unknown: %s", name, error)
            for kept in due:
                kept.unknown(f"the vault does not give it ({error.problem})")
            return
        for kept in due:
            _look(kept, current.pair, in_flight)


def moment() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def _look(kept: Kept, current: Minted, in_flight: InFlight) -> None:
    issuer, realm = issuer_of(kept.credential), kept.credential.realm
    old = in_flight.find(kept.credential.vault, kept.one.mark)
    if kept.one.is_proved:
        kept.delete()
    elif old is None:
        kept.lost()
    else:
        answer: Answer | None = _is_dead(issuer, realm, old, current)
        if answer is Answer.YES and kept.one.is_reversible and not kept.is_open:
            answer = _ended_for_good(kept, issuer, old, current)
        if answer is Answer.YES:
            kept.refused(PROOFS * issuer.refusals)
        elif answer is Answer.NO:
            kept.accepted(issuer, old)
        elif answer is Answer.UNKNOWN:
            kept.unknown(f"{issuer.called} gives no clear answer")


def _ended_for_good(kept: Kept, issuer: Issuer, old: Minted, current: Minted) -> Answer | None:
    """Whether it is dead after that; None when rekey could not end it for good. What is ended already stays so."""
    realm = kept.credential.realm
    if issuer.ended_by is not By.API:
        kept.left_to_people(issuer, old)
        return Answer.YES
    try:
        issuer.end_for_good(realm, old, current)
    except RekeyError as error:
        get_run_logger().warning("The old pair %s is not ended for good yet: %s", kept.one.mark, error)
        kept.not_for_good(str(error))
        return None
    return _is_dead(issuer, realm, old, current)


def _is_dead(issuer: Issuer, realm: str, old: Minted, current: Minted) -> Answer:
    """A yes is PROOFS of it in a row."""
    for number in range(PROOFS):
        time.sleep(read_settings().probe_interval_s if number else 0)
        proof = issuer.is_dead(realm, old, current)
        if proof.answer is not Answer.YES:
            return proof.answer
    return Answer.YES
