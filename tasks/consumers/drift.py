"""Drift: does each consumer hold the vault's pair? By value where it can be read, and said so where it cannot."""

from __future__ import annotations

from datetime import datetime, timedelta

from blocks.answer import Answer
from blocks.check import Depth, Seen
from blocks.consumers.github import attestation
from blocks.consumers.heroku.models import same
from blocks.errors import StepError, Unproved
from blocks.ledger.ledger import Action, Row
from blocks.model.places import Consumer, GithubConsumer, HerokuConsumer, SlackConsumer
from blocks.model.step import Step
from blocks.prefect_api import estate
from blocks.prefect_api.recording import DONE
from blocks.secret import Pair, fingerprint
from blocks.vaults.pending import Current

EQUAL = "equal"
PROVED = "proved"
BY_TIME = "consistent by time"
NOT_READABLE = "cannot be read"
# Both secrets of one write are dated within this time: they are sent directly after each other. Clocks of two vendors
# differ by less.
ONE_WRITE = timedelta(minutes=1)
# Heroku's requests are counted by account: these are left to a rotation, whose polling needs them.
RESERVE = 500


def of(consumer: Consumer, current: Current, rows: list[Row], depth: Depth) -> Seen:
    """What is known of the consumer's copy. ``rows`` are the credential's in the ledger.

    Only a full examination starts a workflow for its attestation: that costs minutes of a runner.

    Raises StepError for a copy that differs, Unproved when that cannot be told, and the vendor's errors.
    """
    if isinstance(consumer, HerokuConsumer):
        return _heroku(consumer, current.pair)
    if isinstance(consumer, GithubConsumer):
        if consumer.attestation is not None and depth is Depth.FULL:
            return _attested(consumer, consumer.attestation, current.pair)
        return _github(consumer, current, rows)
    return _person(consumer, rows)


def _heroku(consumer: HerokuConsumer, pair: Pair) -> Seen:
    names = (consumer.key_id, consumer.secret)
    with estate.heroku().get_client() as heroku:
        held = heroku.variables(consumer.app, names)
        if heroku.remaining is not None and heroku.remaining < RESERVE:
            # This one was answered; who asks next finds out the same at the price of one request.
            raise Unproved(
                f"Heroku's allowance of requests is nearly used up ({heroku.remaining} left).",
                "Find out who uses it: health asks no more, so that a rotation still can.",
            )
        key_id, secret = held[consumer.key_id], held[consumer.secret]
        if key_id is None or secret is None:
            absent = " and ".join(name for name in names if held[name] is None)
            raise StepError(
                f"{consumer.app} has no {absent}.", "Compare the names in the catalog; a rotation sets them again."
            )
        if same(secret, pair.secret) and key_id.get_secret_value() == pair.key_id:
            return Seen(EQUAL, f"{consumer.app} has the vault's pair {pair.fingerprint}.")
        newest = heroku.newest_release(consumer.app)
    what = (
        f"has secret {fingerprint(secret)}"
        if not same(secret, pair.secret)
        else "has the right secret with another key ID"
    )
    raise StepError(
        f"{consumer.app} {what}, the vault has {pair.fingerprint}. Its newest release: v{newest.version} "
        f"'{newest.description}' of {newest.created_at:%Y-%m-%d %H:%M} UTC by {newest.user_email or 'nobody named'}.",
        f"Find out who changed it. If the vault is right, set both variables of {consumer.app} from the vault in one "
        "change, or rotate.",
    )


def _github(consumer: GithubConsumer, current: Current, rows: list[Row]) -> Seen:
    with estate.github().get_client() as github:
        dates = {
            name: github.secret_updated_at(consumer.repository, name, consumer.environment)
            for name in (consumer.key_id, consumer.secret)
        }
    absent = [name for name, at in dates.items() if at is None]
    if absent:
        raise StepError(
            f"{consumer.label} has no {' and '.join(absent)}.",
            "Compare the names in the catalog; a rotation writes them again.",
        )
    known = [at for at in dates.values() if at is not None]
    written = _written(consumer, rows)
    if written is None:
        return _against_the_vault(consumer, current, min(known))
    at, mark = written
    if mark != current.pair.fingerprint:
        raise StepError(
            f"{consumer.label} was given pair {mark}, and the vault has {current.pair.fingerprint} now.",
            "Somebody changed the vault after the rotation: rotate, or write the secrets by hand.",
        )
    if max(known) > at + ONE_WRITE or min(known) < at:
        raise StepError(
            f"{consumer.label} was edited at {max(known):%Y-%m-%d %H:%M:%S} UTC; rekey wrote it at "
            f"{at:%Y-%m-%d %H:%M:%S} UTC. GitHub does not tell who did it.",
            "Look at the audit log of the organisation (action repo.update_actions_secret). Then rotate, or write both "
            "secrets by hand from the vault.",
        )
    return Seen(
        BY_TIME, f"{consumer.label} {NOT_READABLE}: consistent by time, untouched since rekey wrote pair {mark} there."
    )


def _attested(consumer: GithubConsumer, workflow: str, pair: Pair) -> Seen:
    with estate.github().get_client() as github:
        answer = attestation.of(github, consumer.repository, workflow, pair)
    if answer is Answer.YES:
        return Seen(PROVED, f"{consumer.label} has the vault's pair {pair.fingerprint}: its own workflow proved it.")
    if answer is Answer.NO:
        raise StepError(
            f"{consumer.label} has another pair than the vault's {pair.fingerprint}: its own workflow says so.",
            "Look at the repository's audit log. Then rotate, or write both secrets by hand from the vault.",
        )
    raise Unproved(
        f"{consumer.label}: its workflow {workflow} gave no answer in time.",
        "Look at the repository's Actions page: is the workflow enabled, and is a runner free?",
    )


def _against_the_vault(consumer: GithubConsumer, current: Current, oldest: datetime) -> Seen:
    """Rekey never wrote there: only the vault's date is left, and a new version may hold the same value."""
    stored = max(one.updated_at for one in current.stored.values())
    if oldest + ONE_WRITE < stored:
        raise Unproved(
            f"{consumer.label} {NOT_READABLE}, and it is older ({oldest:%Y-%m-%d %H:%M} UTC) than the vault's newest "
            f"version ({stored:%Y-%m-%d %H:%M} UTC).",
            "Rotate once by rekey, which writes both; or write the secrets by hand from the vault.",
        )
    return Seen(BY_TIME, f"{consumer.label} {NOT_READABLE}: consistent by time, it is newer than the vault's version.")


def _person(consumer: SlackConsumer, rows: list[Row]) -> Seen:
    told = _propagated(consumer, rows)
    when = f"told of pair {told[1]} at {told[0].at:%Y-%m-%d %H:%M} UTC" if told else "never told by rekey"
    return Seen(NOT_READABLE, f"{consumer.label} {NOT_READABLE}: a person's copy, {when}.")


def _written(consumer: GithubConsumer, rows: list[Row]) -> tuple[datetime, str] | None:
    """When rekey wrote there last by GitHub's clock, and which pair."""
    found = _propagated(consumer, rows)
    if found is None or "updated_at" not in found[0].context:
        return None
    return datetime.fromisoformat(found[0].context["updated_at"]), found[1]


def _propagated(consumer: Consumer, rows: list[Row]) -> tuple[Row, str] | None:
    """The newest row that says that rekey gave the consumer a pair, and the pair's fingerprint."""
    accepted = ""
    newest: tuple[Row, str] | None = None
    for row in rows:
        context = row.context
        if row.action is not Action.STEP or context.get("outcome") != DONE:
            continue
        if context.get("accepted"):
            accepted = str(context["accepted"])
        elif context.get("step") == Step.PROPAGATE and context.get("subject") == consumer.label:
            newest = (row, accepted)
    return newest
