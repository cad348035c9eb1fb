"""The questions that preflight asks, each answered by one sentence that says what was proved, or by an error."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

from pydantic import SecretStr

from blocks.answer import Answer
from blocks.brakes.interface import SOMETHING_ELSE, Brake
from blocks.catalog import load_catalog
from blocks.consumers.interface import Consumer
from blocks.entry import block_called
from blocks.errors import StepError, Transient, Unproved, VendorError
from blocks.issuers.terms import Identity
from blocks.model.credential import Credential
from blocks.operators import policy, registry
from blocks.operators.passkeys import Site
from blocks.prefect_api import estate, recording
from blocks.prefect_api.issuers import issuer_of, kind_of
from blocks.runtimes.interface import RunningAccount, RuntimeClient
from blocks.secret import Minted
from blocks.settings import read_settings
from blocks.vaults import overwrite, pending
from tasks.vault import writers as vault_writers


def account(credential: Credential, seen: Identity) -> str:
    """The account that the current pair opens works, and is the one of the catalog. Raises StepError.

    That its owner suspended trading is no obstacle: nothing can be bought or sold meanwhile, whoever has the keys.
    """
    issuer = kind_of(credential)
    if not seen.is_well:
        raise StepError(
            f"{issuer.called}'s account {seen.subject} is {seen.told}.",
            f"Clear that with {issuer.called} first: neither the application nor a rotation can work while it is so.",
        )
    if credential.subject not in {None, seen.subject}:
        raise StepError(
            f"The current pair opens account {seen.subject}, "
            f"but the catalog binds {credential.name} to {credential.subject}.",
            "Correct account_number in the catalog, or the pair in the vault.",
        )
    suspended = f" {issuer.suspended} A rotation works, and leaves it on." if seen.is_suspended else ""
    return f"opens account {seen.subject}: {seen.status}.{suspended}"


def operators(credential: Credential) -> str:
    """As many operators as it asks for can answer the forms of this credential. Raises StepError."""
    known = registry.of(recording.open_ledger())
    host = Site.of(read_settings().console_url).host
    problem = policy.why_nobody_can(credential, known, host)
    if problem is not None:
        raise StepError(problem, policy.what_helps(credential, known, host))
    return f"Operators can prove who they are, as {credential.name} asks for it: by {policy.wanted(credential, known)}."


def scope(credential: Credential, current: Minted) -> str:
    """What the catalog demands of a new pair's rights can be asked. Raises StepError, and the issuer's errors."""
    return issuer_of(credential).demand_its_scope(credential, current)


def suspension(credential: Credential, seen: Identity) -> str:
    """Its owner has not suspended trading. Raises StepError."""
    issuer = kind_of(credential)
    if seen.is_suspended:
        raise StepError(
            f"{issuer.suspended} Account {seen.subject} takes no new order.",
            f"Find out who suspended it and why; take it off in {issuer.called}'s dashboard when that is over. rekey "
            "never does.",
        )
    return f"Account {seen.subject} is not suspended by its owner."


def not_now(credential: Credential) -> str:
    """A pair can be minted now. Raises StepError while it cannot."""
    return kind_of(credential).not_now(datetime.now(UTC))


def free_slot(credential: Credential, current: Minted) -> str:
    """A new pair can be minted beside the current one. Raises StepError when there is no room for it."""
    return issuer_of(credential).demand_a_free_slot(credential.realm, current)


def vault(credential: Credential, current: Minted, beside: Mapping[str, SecretStr], *, watches: bool) -> str:
    """The folder takes a made-up pair and the copy of the current one; then the very write that store will make.

    ``beside`` are values that stay in the folder, by their names.
    ``watches``: nobody else may write to the consumers because of it. Once the old pair is dead that stops no rotation
    any more, and is only told (tasks/rotate/tell_syncs.py).
    """
    place = credential.vault
    block = estate.vault(place)
    syncs = ""
    before: list[vault_writers.Before] = []
    with block.get_client() as client:
        if watches:
            syncs = vault_writers.of_the_vault(client, credential)
            before = vault_writers.changes(credential)
        overwrite.rehearse(client, place, current, beside=beside)
    with block.second_reader() as reader:
        if reader is not None:
            reader.read(pending.place_of(place), tuple(place.names.values()))
    vault_writers.demand_no_change_since(before, credential)
    told = f"Vault takes and returns the pair in {place.path} ({place.environment}), and a pending one in rekey/ there."
    return f"{told} {syncs}".strip()


def consumer(one: Consumer) -> str:
    """The token that rekey has may write to this consumer, found out without changing anything that it reads."""
    answer = one.can_write()
    if answer is not Answer.YES:
        known = "may not write" if answer is Answer.NO else "could not find out whether it may write"
        kind = StepError if answer is Answer.NO else Unproved
        raise kind(f"rekey {known} to {one.label}.", "Check the token's permissions in the vendor's block.")
    return f"May write to {one.label}."


def well(one: Consumer, *, urgent: bool) -> str:
    """It runs what it was given before. Raises what is wrong; for an urgent rotation, and what may pass, it is told."""
    found = one.unwell()
    lasting = [error for error in found if not error.transient]
    if lasting and not urgent:
        raise StepError(
            *(" ".join(said) for said in zip(*((each.problem, each.remedy) for each in lasting), strict=True))
        )
    return " ".join(str(error) for error in found)


def brake(one: Brake) -> str:
    """The variable may be written, and the page that is to prove the brake says yes or no now."""
    found = one.position()
    with estate.runtime(one.runtime).get_client() as client:
        enabled = one.trading(partial(client.trading_health, one.route, one.field))
    if enabled.answer is Answer.UNKNOWN:
        known = one.in_the_way()
        if known is not None:
            raise known
        address = f"the address in the {block_called(one.runtime)}"
        raise Unproved(
            f"Whether {one.label} stops trading could not be proved: {enabled.reason}",
            enabled.remedy or f"Correct {address}, or route and field of the brake in the catalog.",
        )
    if not found.is_engaged and enabled.answer is Answer.NO:
        raise StepError(
            f"{one.runtime} says {one.field}: false, although {one.label} is {found.told}: something else stops "
            "trading.",
            "Find out what. Rekey could stop trading, but never prove that it goes on again.",
        )
    if found.is_engaged and enabled.answer is Answer.YES:
        # One that was engaged a moment ago shows only when the new dynos answer: with preboot that takes minutes.
        kind = StepError if found.told == SOMETHING_ELSE else Transient
        raise kind(
            f"{one.runtime} says {one.field}: true, although {one.label} is {found.told}: that does not stop its "
            "trading.",
            f"{one.how_to_set} If the page still says so, correct the brake in the catalog.",
        )
    return f"Brake {one.label} is {found.told}; {one.said(enabled=enabled.answer is Answer.YES)}."


def lingering(credential: Credential, one: Consumer, *, urgent: bool) -> str:
    """What a write to the consumer does not reach. Raises Transient for what no brake reaches, unless that is urgent.

    It keeps the brake as it was when it was started, so it trades on until its pair dies.
    """
    found = one.lingering()
    if found.beyond and not urgent and any(brake.stops(one) for brake in credential.brakes):
        raise Transient(*found.beyond)
    return found.told


def alerts() -> str:
    """The people on call can be told, where the catalog names them."""
    address = load_catalog(read_settings().catalog).alerts
    if address is None:
        return ""
    answer = address.can_post()
    if answer is not Answer.YES:
        kind = StepError if answer is Answer.NO else Unproved
        raise kind(
            f"rekey cannot tell the people on call by {address.medium} ({answer.value}).",
            f"Correct [alerts] in the catalog, or the token's permissions in the {address.medium} block.",
        )
    return f"May tell the people on call by {address.medium} ({address.name})."


def runtime(credential: Credential, document: str, expected: str | None) -> str:
    """The running application is up and trades in the account that the current pair opens. Raises StepError.

    Also for one that names no account: that is all that verify takes for a proof, and it must not miss it only then,
    when there is no way back. A check order shows one dyno's account once, and not that of the others.
    """
    with estate.runtime(document).get_client() as client:
        running = _running(client, credential)
    if running.account_number and expected not in {None, running.account_number}:
        raise StepError(
            f"{document} trades in account {running.account_number}, the vault's pair opens {expected}.",
            "It reads another pair than the catalog says: correct its variables or the catalog first.",
        )
    if running.status != client.well:
        raise StepError(
            f"{document} says that its account is {running.status}.",
            "Clear that first: verify could not prove anything.",
        )
    if not running.account_number:
        raise StepError(
            f"{document} does not say which account it trades in: its account page has no "
            f"{client.subject_field} for "
            f"{credential.realm}, so verify could never prove that it uses the new pair.",
            "Let the application name it there. Until it does, take runtime out of this consumer in the catalog: "
            "verify says then that it was not asked.",
        )
    return f"{document} runs and trades in account {running.account_number}."


def _running(client: RuntimeClient, credential: Credential) -> RunningAccount:
    """Its account; asked again when it says that its keys were refused, because one refusal proves nothing."""
    for _ in range(kind_of(credential).refusals - 1):
        try:
            return client.identity(credential.realm)
        except VendorError as error:
            if error.code not in client.keys_refused:
                raise
    return client.identity(credential.realm)
