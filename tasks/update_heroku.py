"""Gives a Heroku app the pair, both variables in one update, and waits for dynos that run with it.

The wait ends with a proof, never after a fixed time: a succeeded release that carries the pair, and its dynos up.
"""

from __future__ import annotations

from pydantic import SecretStr

from blocks import estate
from blocks.answer import Answer
from blocks.catalog import HerokuConsumer
from blocks.errors import StepError, Transient
from blocks.poll import wait_for
from blocks.recording import Record
from blocks.secret import Pair
from blocks.settings import read_settings
from blocks.vendors.heroku import HerokuClient


def update_heroku(consumer: HerokuConsumer, pair: Pair, record: Record) -> None:
    """Set both variables unless they are set already; then wait for the release and its dynos.

    Raises StepError for a failed release or a crashed dyno, Transient when the proof does not come in time.
    """
    values = {consumer.key_id: SecretStr(pair.key_id), consumer.secret: pair.secret}
    with estate.heroku().get_client() as client:
        if _has(client, consumer.app, values):
            record.prove(f"{consumer.app}: both variables hold {pair.fingerprint} already.")
        else:
            client.set_variables(consumer.app, values)
        version = _released(client, consumer.app, values)
        _running(client, consumer.app, version)
    record.note(release=version)
    record.prove(f"{consumer.app}: release v{version} carries {pair.fingerprint}; every dyno of it is up.")


def _has(client: HerokuClient, app: str, values: dict[str, SecretStr]) -> bool:
    present = client.variables(app, tuple(values))
    return all(
        found is not None and found.get_secret_value() == values[name].get_secret_value()
        for name, found in present.items()
    )


def _released(client: HerokuClient, app: str, values: dict[str, SecretStr]) -> int:
    """The version of the newest release, once it has succeeded and carries the pair."""
    settings = read_settings()
    newest = client.newest_release(app)

    def succeeded() -> Answer:
        nonlocal newest
        newest = client.newest_release(app)
        if client.release_carries(app, newest.version, values) is not Answer.YES:
            # A release without the pair is an older one: the new one is not listed yet.
            return Answer.UNKNOWN
        return {"succeeded": Answer.YES, "failed": Answer.NO}.get(newest.status, Answer.UNKNOWN)

    answer = wait_for(
        succeeded, timeout_s=settings.release_timeout_s, interval_s=settings.probe_interval_s, stop_on_no=True
    )
    if answer is Answer.YES:
        return newest.version
    if newest.status == "failed":
        raise StepError(
            f"{app}: release v{newest.version} failed, so its dynos keep the old pair.",
            f"Look at `heroku releases:output v{newest.version} -a {app}` and mend it. Then make a new release "
            "(`heroku releases:retry`, or a deploy) and start the rotation again.",
        )
    raise Transient(
        f"{app}: release v{newest.version} is {newest.status} and does not show the new pair after "
        f"{settings.release_timeout_s:.0f} s.",
        f"Look at `heroku releases -a {app}`: somebody may have released at the same time.",
    )


def _running(client: HerokuClient, app: str, version: int) -> None:
    settings = read_settings()
    answer = wait_for(
        lambda: client.running(app, version),
        timeout_s=settings.release_timeout_s,
        interval_s=settings.probe_interval_s,
        stop_on_no=True,
    )
    if answer is Answer.NO:
        raise StepError(
            f"{app}: a dyno of release v{version} crashed while it started.",
            f"Look at `heroku logs -a {app}`, mend it, then start the rotation again.",
        )
    if answer is not Answer.YES:
        raise Transient(
            f"{app}: not every dyno runs release v{version} after {settings.release_timeout_s:.0f} s.",
            f"Look at `heroku ps -a {app}`.",
        )
