"""Examine: would a rotation of this credential work now? The same questions as a rotation asks, and nothing changed.

Light: what can be read. Full: also what a rotation will have to write, tried where no consumer reads. Every question is
asked, whatever the others say; each has an answer of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from prefect import task

from blocks.answer import Answer
from blocks.brakes.interface import Brake
from blocks.catalog import load_catalog
from blocks.check import Check, Depth, Question, Seen, asked, patiently
from blocks.consumers.interface import Consumer
from blocks.errors import Refused, RekeyError, StepError, Unproved
from blocks.issuers.terms import By, Identity
from blocks.ledger import cadence, deaths
from blocks.ledger.row import Action, Row
from blocks.model.credential import Credential
from blocks.model.rotation import Reason
from blocks.operators import policy as operators
from blocks.operators import registry
from blocks.prefect_api import estate, recording
from blocks.prefect_api.issuers import called, issuer_of, kind_of, words_of
from blocks.secret import Minted
from blocks.settings import read_settings
from blocks.vaults import overwrite, pending
from blocks.vaults.pending import Current
from blocks.wire.parallel import all_at_once
from tasks.consumers import drift, other_places, writers
from tasks.health import in_flight, kept_pairs, open_rotation
from tasks.run import control, policy, questions, snapshot_file
from tasks.vault import held
from tasks.vault import places as vault_places
from tasks.vault import writers as vault_writers
from tasks.vault.changed import instead_of_a_death

DRIFT = "copy of "
BRAKE = "brake "
# How a brake was found: nothing but a look says that one was released by hand.
ENGAGED, RELEASED = "engaged", "released"
_NO_PAIR = "See the current pair first: without it nothing can be compared."


@task(name="examine", task_run_name="examine {name}", **policy.HUMAN)
def examine(name: str, depth: Depth) -> list[Check]:
    """Every check of one credential. Raises CatalogError and LedgerError only."""
    credential = load_catalog(read_settings().catalog).get(name)
    ledger = recording.open_ledger()
    rows = ledger.rows(credential=name)
    if ledger.open_start(name) is not None:
        # Between the click and the last consumer everything looks broken. The run itself, and watch, tell of it.
        found = [asked(name, "rotation", partial(open_rotation.examined, credential))]
    else:
        found = _examined(credential, rows, depth)
    return [one.said(words_of(credential).said) for one in found]


def _examined(credential: Credential, rows: list[Row], depth: Depth) -> list[Check]:
    name = credential.name
    current = _current(credential)
    pair = current.pair if isinstance(current, Current) else None
    account = _account_of(credential, current)
    found: dict[str, Question] = {
        "current pair": partial(_opens, credential, current, account),
    }
    if isinstance(account, Identity):
        found[f"trading at {called(credential)}"] = partial(questions.suspension, credential, account)
    found |= {f"{DRIFT}{one.label}": partial(_copy, one, current, rows, depth) for one in credential.consumers}
    found |= {f"{BRAKE}{one.label}": partial(_brake, credential, one, rows) for one in credential.brakes}
    found |= {f"old {one.mark}": partial(kept_pairs.examined, credential, one) for one in kept_pairs.of(credential)}
    found["age"] = partial(_age, credential)
    if credential.guarded:
        found["entry"] = partial(_entry, credential)
    if operators.wanted(credential, registry.of(recording.open_ledger())) != operators.NONE:
        found["operators"] = partial(questions.operators, credential)
    if depth is Depth.FULL:
        found |= needs(credential, current)
    checks = all_at_once([partial(asked, name, subject, question) for subject, question in found.items()])
    if depth is Depth.FULL and pair is not None:
        # Last: what the questions before this one left behind would be found, too.
        last: dict[str, Question] = {"pairs in flight": partial(in_flight.demand_none, credential, rows)}
        left = kind_of(credential).left_by_probes
        if left:
            last = {left: partial(_nothing_left, credential, pair), **last}
        checks += all_at_once([partial(asked, name, subject, question) for subject, question in last.items()])
    return checks


def needs(credential: Credential, current: Current | RekeyError) -> dict[str, Question]:
    """What only a full examination asks: it writes where no consumer reads, and takes longer."""
    others = [one for one in kind_of(credential).realms if one != credential.realm]
    found: dict[str, Question] = {
        **({"other environment": partial(_refused_elsewhere, credential, others, current)} if others else {}),
        **{f"{one} host": partial(control.refuses_made_up, credential, one) for one in (credential.realm, *others)},
        "vault": partial(_vault, credential),
        "other places of the vault": partial(vault_places.demand_none, credential),
        "maintenance": partial(questions.not_now, credential),
    }
    if snapshot_file.folder_of(credential) is not None:
        found["snapshot's folder"] = partial(snapshot_file.demand_writable, credential)
    if kind_of(credential).traits.minted_by is By.API:
        found["making a new pair"] = lambda: questions.free_slot(credential, _known(current).pair)
    found |= {f"write to {one.label}": partial(questions.consumer, one) for one in credential.consumers}
    found |= {f"other places of {one.label}": partial(other_places.demand_none, one) for one in credential.consumers}
    asked_of = writers.places(credential.consumers, credential.brakes)
    found |= {f"other writers of {one.label}": partial(writers.demand_none, one) for one in asked_of}
    found |= {f"account of {one}": partial(_runtime, credential, one, current) for one in credential.runtimes}
    return found


def _current(credential: Credential) -> Current | RekeyError:
    try:
        with estate.vault(credential.vault).get_client() as vault:
            return patiently(partial(pending.look_at_current, vault, credential.vault))
    except RekeyError as error:
        return error


def _known(current: Current | RekeyError) -> Current:
    if isinstance(current, RekeyError):
        raise Unproved("The vault did not tell the current pair.", _NO_PAIR)
    return current


def _account_of(credential: Credential, current: Current | RekeyError) -> Identity | RekeyError:
    if isinstance(current, RekeyError):
        return current
    try:
        held.demand_values(credential, current.pair)
        return patiently(partial(account_of, credential, current.pair))
    except Refused as error:
        # The vault may have been changed rather than the pair killed.
        return instead_of_a_death(credential, current.pair) or error
    except RekeyError as error:
        return error


def _opens(credential: Credential, current: Current | RekeyError, account: Identity | RekeyError) -> str:
    if isinstance(current, RekeyError):
        raise current
    if isinstance(account, RekeyError):
        raise account
    told = questions.account(credential, account)
    known = cadence.known_account(credential.name, recording.open_ledger())
    if known not in {None, account.subject}:
        raise StepError(
            f"The current pair opens account {account.subject}; when it was rotated it was {known}.",
            "Find out who changed the vault or the account. Whoever changed it knowingly rotates with reason "
            f"'{Reason.ACCOUNT_RESET}', after which the new account is the known one.",
        )
    return f"Pair {current.pair.fingerprint} {told}"


def account_of(credential: Credential, pair: Minted) -> Identity:
    """Whose the pair is. Raises the issuer's errors."""
    return issuer_of(credential).identify(credential.realm, pair)


def _refused_elsewhere(credential: Credential, others: Sequence[str], current: Current | RekeyError) -> str:
    pair, issuer, realm = _known(current).pair, issuer_of(credential), credential.realm
    answers = all_at_once([partial(issuer.accepts, one, pair) for one in others])
    for other, answer in zip(others, answers, strict=True):
        if answer is Answer.YES:
            raise StepError(
                f"{issuer.called}'s {other} host accepts the {realm} pair, so the hosts cannot be told apart.",
                f"Compare both addresses in the {issuer.called} block (Prefect UI, Blocks).",
            )
        if answer is Answer.UNKNOWN:
            raise Unproved(
                f"{issuer.called}'s {other} host does not say whether it refuses the {realm} pair.",
                f"Look at {issuer.called}'s status page; it is asked again in the next run.",
            )
    return f"{issuer.called}'s {' and '.join(others)} host refuses the {realm} pair."


def _copy(one: Consumer, current: Current | RekeyError, rows: list[Row], depth: Depth) -> Seen:
    return drift.of(one, _known(current), rows, depth)


def _brake(credential: Credential, one: Brake, rows: list[Row]) -> Seen:
    """Readable, and where the ledger expects it: released, unless rekey left it engaged or has just engaged it."""
    told = questions.brake(one)
    is_engaged = one.position().is_engaged
    ends = (row for row in reversed(rows) if row.action is Action.COMPLETED)
    left = next((row.facts.brakes_left_engaged or () for row in ends), ())
    expected = one.label in left or bool(deaths.unsettled(recording.open_ledger(), credential.name))
    if is_engaged and not expected:
        raise StepError(
            f"{one.label} is engaged: trading is stopped, and not by a rotation.",
            "Find out who stopped trading and why; release it by hand when that is over.",
        )
    return Seen(ENGAGED if is_engaged else RELEASED, told)


def _age(credential: Credential) -> Seen:
    age, now = cadence.age_of(credential, recording.open_ledger()), datetime.now(UTC)
    if age.since is None or age.due_at is None:
        raise Unproved(
            "rekey has never rotated it, so its age is unknown: it may be years old.",
            "Rotate it once: from then on the ledger knows. Until then write into its entry of the catalog when it was "
            "made, such as made_on = 2025-03-01.",
        )
    began = f"Made on {age.made_on}, as the catalog says" if age.made_on else f"Rotated on {age.since:%Y-%m-%d}"
    told = f"{began}, due on {age.due_at:%Y-%m-%d}"
    if age.is_overdue(now):
        raise StepError(
            f"{told}: overdue for {(now - age.due_at).days} days.", f"Start the rotation: deployment {credential.name}."
        )
    if age.is_due_soon(now):
        return Seen("due soon", f"{told}: due soon.")
    return Seen("fresh", f"{told}.")


def _entry(credential: Credential) -> Seen:
    """Whether the pair of a guarded credential may be typed in clear. That is told, and is no fault."""
    if credential.takes_plain:
        told = (
            "The new pair may be typed into Prefect's own form, which keeps it in clear text until the vault has it: "
        )
        return Seen("plain", f'{told}entry = "sealed" in the catalog takes only what the console or a terminal sealed.')
    return Seen("sealed", "The new pair is taken sealed only.")


def _vault(credential: Credential) -> str:
    """What staging a pair will write; nothing that a consumer reads is touched."""
    with estate.vault(credential.vault).get_client() as vault:
        syncs = vault_writers.of_the_vault(vault, credential)
        overwrite.prove_folder(vault, credential.vault)
    folder = pending.folder_of(credential.vault)
    return f"The vault takes, changes, returns and deletes a pair in {folder}. {syncs}".strip()


def _runtime(credential: Credential, document: str, current: Current | RekeyError) -> str:
    pair = _known(current).pair
    return questions.runtime(credential, document, account_of(credential, pair).subject)


def _nothing_left(credential: Credential, pair: Minted) -> str:
    return issuer_of(credential).demand_nothing_left(credential, pair)
