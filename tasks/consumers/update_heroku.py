"""Gives a Heroku app the pair, both variables in one update, and waits for dynos that run with it.

A brake of the credential on that app is set by the same update: no release carries the new pair without it.
"""

from __future__ import annotations

from pydantic import SecretStr

from blocks.model.places import HerokuConsumer
from blocks.model.rotation import Rotation
from blocks.prefect_api import estate
from blocks.proofs import Record
from blocks.secret import Pair
from tasks.brakes import brakes
from tasks.run import heroku_release


def update_heroku(rotation: Rotation, consumer: HerokuConsumer, pair: Pair, record: Record) -> None:
    """Set the variables unless they are set already; then wait for the release and its dynos.

    Raises StepError for a failed release or a crashed dyno, Transient when the proof does not come in time.
    """
    braking = brakes.values_for(rotation, consumer.app)
    values = {consumer.key_id: SecretStr(pair.key_id), consumer.secret: pair.secret, **braking}
    with estate.heroku().get_client() as client:
        if braking:
            brakes.put_back(rotation, consumer.app, client.variables(consumer.app, tuple(braking)), record)
        applied = heroku_release.apply(client, consumer.app, values, "the new pair")
    if not applied.changed:
        record.prove(f"{consumer.app}: both variables hold {pair.fingerprint} already.")
    record.note(release=applied.version)
    braked = f" with {' and '.join(braking)} engaged" if braking else ""
    record.prove(
        f"{consumer.app}: release v{applied.version} carries {pair.fingerprint}{braked}; every dyno of it is up."
        if not applied.aside.asleep
        else f"{consumer.app}: release v{applied.version} carries {pair.fingerprint}{braked}."
    )
    for told in heroku_release.told_of(consumer.app, applied.aside, "the new pair"):
        record.prove(told)
