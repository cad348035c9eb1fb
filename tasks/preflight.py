"""Preflight: everything that can fail is proved before the dashboard link is shown.

Looks first at the ledger: an unfinished rotation of this credential is continued, one that runs elsewhere is left
alone. Then asks all questions at once and reports all failures together. Changes nothing that a consumer reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from prefect import task

from blocks import estate, pending, recording
from blocks.answer import Answer
from blocks.catalog import Consumer, Credential, GithubConsumer, HerokuConsumer, load_catalog
from blocks.errors import Refused, RekeyError, StepError, Transient
from blocks.ledger import Action
from blocks.parallel import all_at_once
from blocks.recording import Record, recorded
from blocks.rotation import Reason, Rotation
from blocks.secret import Pair
from blocks.settings import read_settings
from blocks.vendors.alpaca import in_maintenance, next_maintenance
from blocks.vendors.infisical_reader import consumer_can_read, read_as_consumer
from tasks import claim, policy

Check = Callable[[], str]


@task(name="preflight", **policy.STEP)
def preflight(name: str, reason: Reason) -> Rotation:
    """Prove that this rotation can be carried through; return what the other steps need to know of it.

    Raises CatalogError for an unknown credential, StepError with all failures together, or Transient with all of
    them when each may pass by itself.
    """
    credential = load_catalog(read_settings().catalog).get(name)
    rotation = claim.rotation_of(credential, reason)
    try:
        with recorded(rotation, "preflight") as record:
            current = current_pair(credential)
            rotation = replace(rotation, old=rotation.old or current.fingerprint)
            account_number = _account_of(rotation, current, record)
            rotation = replace(rotation, forced=account_number is None)
            _run(_checks(rotation, current, account_number), record)
            rotation = replace(rotation, validated=_still_accepted(rotation, current, record))
            record.note(old=rotation.old, forced=rotation.forced)
    except RekeyError as error:
        if not error.transient and not rotation.continued:
            recording.write(rotation, Action.ABORTED, {"reason": str(error)})
        raise
    return rotation


def current_pair(credential: Credential) -> Pair:
    """The pair that the vault holds now. Raises the vault's errors."""
    with estate.vault().get_client() as client:
        return pending.current(client, credential.vault)


def _still_accepted(rotation: Rotation, current: Pair, record: Record) -> str | None:
    """The fingerprint that an earlier run validated, if Alpaca still accepts it; otherwise the form asks again."""
    if rotation.validated is None:
        return None
    pair: Pair | None = current
    if current.fingerprint != rotation.validated:
        with estate.vault().get_client() as vault:
            pair = pending.find(vault, rotation.credential.vault, rotation.validated)
    with estate.alpaca().get_client(rotation.credential.environment) as client:
        answer = client.accepts(pair) if pair else Answer.NO
    if answer is Answer.UNKNOWN:
        raise Transient(
            f"Alpaca does not say whether it still accepts the validated pair {rotation.validated}.",
            "The pair is safe in the vault. Start the rotation again when Alpaca answers.",
        )
    known = "still accepts" if answer is Answer.YES else "no longer accepts"
    record.prove(f"Alpaca {known} pair {rotation.validated}, which an earlier run of this rotation validated.")
    return rotation.validated if answer is Answer.YES else None


def _account_of(rotation: Rotation, pair: Pair, record: Record) -> str | None:
    """The account that the current pair opens; None when it is dead, which only some rotations may begin with."""
    credential = rotation.credential
    problem = ""
    try:
        with estate.alpaca().get_client(credential.environment) as client:
            account = client.account(pair)
    except Refused:
        problem = f"Alpaca refuses the current {credential.name} pair {pair.fingerprint}: it is dead already."
    if problem:
        if rotation.reason is not Reason.ACCOUNT_RESET and not rotation.continued:
            raise StepError(
                f"{problem} Probably the account was reset: this is a forced rotation.",
                "Start again with reason 'account reset' if that is so; otherwise find out who changed the key.",
            )
        record.prove(f"{problem} Going on, because {_why_forced(rotation)}.")
        return None
    if not account.healthy:
        flags = f" ({', '.join(account.flags)})" if account.flags else ""
        raise StepError(
            f"Alpaca's account {account.account_number} is {account.status}{flags}.",
            "Clear that with Alpaca first: a new pair could not be told from a blocked account.",
        )
    if credential.account_number not in {None, account.account_number}:
        raise StepError(
            f"The current pair opens account {account.account_number}, "
            f"but the catalog binds {credential.name} to {credential.account_number}.",
            "Correct account_number in the catalog, or the pair in the vault.",
        )
    record.prove(f"Current pair {pair.fingerprint} opens account {account.account_number}: {account.status}.")
    return account.account_number


def _why_forced(rotation: Rotation) -> str:
    return "this rotation began before" if rotation.continued else "the reason given is 'account reset'"


def _checks(rotation: Rotation, current: Pair, account_number: str | None) -> list[Check]:
    credential = rotation.credential
    checks: list[Check] = [
        partial(_maintenance, datetime.now(UTC)),
        partial(_vault, credential, current),
        *(partial(_consumer, one) for one in credential.consumers),
    ]
    if account_number is not None:
        checks += [partial(_runtime, credential, one, account_number) for one in credential.runtimes]
    return checks


def _run(checks: list[Check], record: Record) -> None:
    """All checks at once, so that the operator waits for the slowest and reads every failure together."""
    outcomes = all_at_once([partial(_outcome, check) for check in checks])
    failures = [one for one in outcomes if isinstance(one, RekeyError)]
    for sentence in outcomes:
        if isinstance(sentence, str):
            record.prove(sentence)
    if not failures:
        return
    listed = "\n".join(f"{number}. {failure}" for number, failure in enumerate(failures, start=1))
    count = "1 problem" if len(failures) == 1 else f"{len(failures)} problems"
    problem = f"Preflight found {count}; no key was touched.\n{listed}\n"
    if all(failure.transient for failure in failures):
        patience_s = max(getattr(failure, "retry_after_s", None) or 0.0 for failure in failures)
        raise Transient(problem, "Then start the rotation again.", retry_after_s=patience_s)
    raise StepError(problem, "Then start the rotation again.")


def _outcome(check: Check) -> str | RekeyError:
    try:
        return check()
    except RekeyError as error:
        return error


def _maintenance(now: datetime) -> str:
    begins = next_maintenance(now).starts_at.astimezone(UTC)
    if in_maintenance(now):
        raise StepError(
            "Alpaca is in its monthly maintenance (second Saturday, 09:00 to 11:30 US Eastern).",
            "Start the rotation again when it is over.",
        )
    return f"Alpaca is not in maintenance; the next one begins {begins:%Y-%m-%d %H:%M} UTC."


def _vault(credential: Credential, current: Pair) -> str:
    """The very write that store will make, with the value that is there already; then the folder for pending pairs."""
    place = credential.vault
    block = estate.vault()
    with block.get_client() as client:
        pending.write_current(client, place, current)
        pending.prove_folder(client, place)
    if consumer_can_read(block):
        read_as_consumer(block, pending.place_of(place), (place.key_id, place.secret))
    return f"Vault takes and returns the pair in {place.path} ({place.environment}), and a pending one in rekey/ there."


def _consumer(consumer: Consumer) -> str:
    if isinstance(consumer, HerokuConsumer):
        with estate.heroku().get_client() as heroku:
            answer = heroku.can_write(consumer.app)
    elif isinstance(consumer, GithubConsumer):
        with estate.github().get_client() as github:
            answer = github.can_write(consumer.repository, consumer.environment)
    else:
        with estate.slack().get_client() as slack:
            answer = slack.can_post(user=consumer.user, channel=consumer.channel)
    if answer is not Answer.YES:
        raise StepError(
            f"Whether rekey may write to {consumer.label} could not be found out ({answer.value}).",
            "Check the token's permissions in the vendor's block.",
        )
    return f"May write to {consumer.label}."


def _runtime(credential: Credential, runtime: str, expected: str) -> str:
    with estate.raptor(runtime).get_client() as raptor:
        running = raptor.account(credential.environment)
    if running.account_number not in {None, expected}:
        raise StepError(
            f"{runtime} trades in account {running.account_number}, the vault's pair opens {expected}.",
            "It reads another pair than the catalog says: correct its variables or the catalog first.",
        )
    if running.status != "ACTIVE":
        raise StepError(
            f"{runtime} says that its account is {running.status}.",
            "Clear that first: verify could not prove anything.",
        )
    return f"{runtime} runs and trades in account {expected}."
