"""Propagate: writes the new pair to every consumer, all at once, each in a task run of its own.

Looks first at each consumer: one that has the pair already is only proved. One consumer's failure stops no other.
"""

from __future__ import annotations

from prefect import task

from blocks.catalog import Consumer, GithubConsumer, HerokuConsumer
from blocks.errors import StepError
from blocks.recording import recorded
from blocks.rotation import Rotation
from tasks import policy
from tasks.preflight import current_pair
from tasks.update_github import update_github
from tasks.update_heroku import update_heroku
from tasks.update_slack import update_slack

STEP = "propagate"


def propagate(rotation: Rotation, accepted: str) -> None:
    """Update all consumers in parallel and wait for all of them.

    Raises StepError that lists the consumers that do not have the pair; the others have it.
    """
    runs = [
        (one, update_consumer.with_options(name=f"propagate to {one.label}").submit(rotation, one, accepted))
        for one in rotation.credential.consumers
    ]
    failures: list[str] = []
    for consumer, run in runs:
        run.wait()
        error = run.state.result(raise_on_failure=False) if not run.state.is_completed() else None
        if not run.state.is_completed():
            failures.append(f"{consumer.label}: {error if isinstance(error, Exception) else run.state.name}")
    if failures:
        done = len(runs) - len(failures)
        listed = "\n".join(f"{number}. {failure}" for number, failure in enumerate(failures, start=1))
        raise StepError(
            f"{done} of {len(runs)} consumers have the new pair {accepted}. Missing:\n{listed}\n",
            "The vault has the new pair, nothing is lost: correct that and start the rotation again, it goes on here.",
        )


@task(name="propagate to a consumer", **policy.AFTER_THE_CLICK)
def update_consumer(rotation: Rotation, consumer: Consumer, accepted: str) -> None:
    """Give one consumer the vault's current pair, and prove that it took it. Raises the vendor's errors."""
    with recorded(rotation, STEP, subject=consumer.label) as record:
        pair = current_pair(rotation.credential)
        if pair.fingerprint != accepted:
            raise StepError(
                f"The vault holds pair {pair.fingerprint} and not the validated {accepted}.",
                "Somebody wrote to the vault during the rotation. Find out who, then start the rotation again.",
            )
        if isinstance(consumer, HerokuConsumer):
            update_heroku(consumer, pair, record)
        elif isinstance(consumer, GithubConsumer):
            update_github(consumer, pair, record)
        else:
            update_slack(rotation, consumer, pair, record)
