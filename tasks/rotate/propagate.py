"""Propagate: writes the new pair to every consumer, all at once, each in a task run of its own.

Looks first at each consumer: one that has the pair already is only proved. One consumer's failure stops no other.
Asks containment once more, right before a consumer is written to: may it get this pair at all?
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from prefect import Task, task
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture

from blocks.catalog import load_catalog
from blocks.consumers.interface import Consumer, Handover
from blocks.entry import DOCUMENT
from blocks.errors import RekeyError, StepError
from blocks.model.credential import Credential
from blocks.model.places import VaultPlace
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import estate
from blocks.prefect_api.issuers import called, kind_of
from blocks.prefect_api.recording import recorded
from blocks.proofs import Record
from blocks.secret import Minted
from blocks.settings import read_settings
from tasks.brakes import brakes
from tasks.run import policy
from tasks.run.current import current_pair

STEP = Step.PROPAGATE
LOOK_BACK = timedelta(days=1)


@task(name=STEP.value, **policy.AFTER_THE_CLICK)
def propagate(rotation: Rotation, accepted: str) -> None:
    """Update all consumers in parallel and wait for all of them.

    Raises StepError that lists the consumers that do not have the pair; the others have it.
    """
    pair = current_pair(rotation.credential)
    if pair.fingerprint != accepted:
        raise StepError(
            f"The vault holds pair {pair.fingerprint} and not the validated {accepted}.",
            "Somebody wrote to the vault during the rotation. Find out who, then try again.",
        )
    consumers = rotation.credential.consumers
    runs = [_updating(one).submit(rotation, one, pair) for one in consumers]
    failures = [
        f"{consumer.label}: {_problem(run)}"
        for consumer, run in zip(consumers, runs, strict=True)
        if not _waited_for(run).is_completed()
    ]
    if failures:
        listed = "\n".join(f"{number}. {failure}" for number, failure in enumerate(failures, start=1))
        raise StepError(
            f"{len(runs) - len(failures)} of {len(runs)} consumers have the new pair {accepted}. Missing:\n{listed}\n",
            "The vault has the new pair, nothing is lost: correct that and go on here.",
        )


def _updating(consumer: Consumer) -> Task[..., None]:
    """The task under the consumer's own name, for the run's page."""
    return update_consumer.with_options(name=f"propagate to {consumer.label}")


def _waited_for(run: PrefectFuture[None]) -> State[None]:
    run.wait()
    return run.state


def _problem(run: PrefectFuture[None]) -> str:
    error = run.state.result(raise_on_failure=False)
    return str(error) if isinstance(error, RekeyError) else str(run.state.name)


@task(name="propagate to a consumer", **policy.AFTER_THE_CLICK)
def update_consumer(rotation: Rotation, consumer: Consumer, pair: Minted) -> None:
    """Give one consumer the vault's current pair, and prove that it took it. Raises the vendor's errors."""
    with recorded(rotation, STEP, subject=consumer.label) as record:
        rotation.credential.refuse_outside(consumer)
        consumer.give(handover_of(rotation, consumer, pair, record), record)


def handover_of(rotation: Rotation, consumer: Consumer, pair: Minted, record: Record) -> Handover:
    """The pair for this consumer, with the brakes that ride along while trading is stopped."""
    credential = rotation.credential
    return Handover(
        pair=pair,
        rotation=rotation.id,
        credential=credential.name,
        realm=credential.realm,
        issuer=called(credential),
        # A rotation of which the ledger is lost may have sent a notice before the one that goes on with it began.
        since=rotation.started_at - LOOK_BACK if rotation.may_be_clicked else rotation.started_at,
        fetch=estate.vault(credential.vault).fetch(credential.vault),
        shown=kind_of(credential).shown(pair),
        also=brakes.values_for(rotation, consumer),
        look=partial(brakes.put_back, rotation, consumer, record=record),
        place=_kept_by(consumer, credential),
    )


def _kept_by(consumer: Consumer, credential: Credential) -> VaultPlace | None:
    """A place in the vault whose own key the consumer has, this credential's first; None where it is no vault's key."""
    places = [one.vault for one in (credential, *load_catalog(read_settings().catalog).siblings(credential.name))]
    opened = consumer.opens.removesuffix(f"/{DOCUMENT}")
    return next((one for one in places if estate.vault_name(one) == opened), None)
