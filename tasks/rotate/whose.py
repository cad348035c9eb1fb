"""Whose an entered pair is, asked of every realm of its issuer, and whether it is the new pair of this credential."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from blocks.answer import Answer
from blocks.catalog import load_catalog
from blocks.errors import Transient
from blocks.issuers.interface import Issuer
from blocks.issuers.terms import Doubt, Identity, Wrong
from blocks.ledger import cadence
from blocks.model.credential import Credential
from blocks.model.rotation import Rotation, Snapshot, Todo
from blocks.model.step import Step
from blocks.model.words import words_for
from blocks.prefect_api import recording
from blocks.prefect_api.issuers import issuer_of, overlaps
from blocks.proofs import Record
from blocks.secret import Minted
from blocks.settings import read_settings
from tasks.lookout import misrotation
from tasks.lookout.lookout import died_at
from tasks.rotate import doubt
from tasks.rotate.realms import asked_everywhere


@dataclass(frozen=True, slots=True)
class Elsewhere(Wrong):
    """The pair works, and belongs to something else: to another credential of the catalog, if one is known."""

    owner: Credential | None = None


def looks_wrong(issuer: type[Issuer], pair: Minted, old: str, *, is_dead: bool = False) -> Wrong | None:
    """What is wrong with this pair before anybody is asked; None when it can be a new pair.

    ``old`` is the old pair's fingerprint, ``is_dead`` whether it is known to be dead.
    """
    if pair.fingerprint == old and is_dead:
        told = "That is the old pair, which is dead. Copy the new one from the dashboard page, which still shows it."
        return Wrong(told, todo=Todo.ENTER, worth_keeping=False)
    if pair.fingerprint == old:
        click = words_for(issuer.thing).click
        return Wrong(
            f"That is the old pair: its secret is the one that is in use now. {click[0].upper()}{click[1:]} and copy "
            "what is shown.",
            todo=Todo.REGENERATE,
            worth_keeping=False,
        )
    return issuer.looks_wrong(pair)


def wrong_owner(rotation: Rotation, before: Snapshot | None, pair: Minted, record: Record) -> Wrong | None:
    """Why the pair is not the new pair of this credential; None when it is.

    Raises Transient while its issuer gives no clear answer in one of its realms.
    """
    issuer, realm = issuer_of(rotation.credential), rotation.credential.realm
    found = asked_everywhere(issuer, realm, pair, closely=issuer.compares_closely(before))
    others = [name for name, answer in found.elsewhere.items() if answer is Answer.YES]
    if found.here is Answer.NO and others:
        _demand_refusal(issuer, others[0], issuer.refuses_made_up(others[0]))
        return _wrong_realm(rotation, issuer, others[0], pair)
    if found.here is Answer.NO and set(found.elsewhere.values()) <= {Answer.NO}:
        return issuer.refused_everywhere(realm, pair)
    if found.seen is None or set(found.elsewhere.values()) - {Answer.NO}:
        told = ", ".join(
            [f"own host {found.here.value}", *(f"other host {one.value}" for one in found.elsewhere.values())]
        )
        raise Transient(
            f"{issuer.called} gives no clear answer about the new pair ({told}).",
            f"The pair is safe in the vault's pending folder. Try again when {issuer.called} answers.",
        )
    _demand_refusal(issuer, realm, found.made_up_refused)
    seen = found.seen
    wrong = _wrong_subject(rotation, issuer, before, seen, pair)
    if wrong is None:
        wrong = issuer.misfit(rotation.credential, pair, datetime.now(UTC))
    if wrong is None:
        wrong = _doubtful(rotation, issuer, before, seen, pair, record)
    if wrong is None:
        record.note(account_number=seen.subject)
        elsewhere = f" and is refused by the {' and the '.join(found.elsewhere)} host" if found.elsewhere else ""
        record.prove(f"Pair {pair.fingerprint} opens account {seen.subject} ({seen.status}){elsewhere}.")
    return wrong


def expected_account(rotation: Rotation, before: Snapshot | None) -> str | None:
    """The number of the account that the new pair must open; None when nothing is known of it.

    A paper account that was reset has another number, so the ledger's does not bind it. A live one cannot be reset.
    """
    credential = rotation.credential
    if before is not None:
        return before.subject
    # Afresh: the operator may have corrected it, as the form says to.
    number = load_catalog(read_settings().catalog, as_it_is=True).get(credential.name, is_open=True).subject
    return number if number is not None or not credential.guarded else _known_to_the_ledger(credential)


def identity_problem(issuer: type[Issuer], before: Snapshot, seen: Identity) -> str | None:
    """How it differs from the snapshot's; None when it is the same one."""
    known = before.as_context()
    differing = [
        f"{word} {seen.facts[name]} instead of {known[name]}"
        for name, word in issuer.fixed.items()
        if seen.facts[name] != known[name]
    ]
    return ", ".join(differing) or None


def _doubtful(
    rotation: Rotation, issuer: Issuer, before: Snapshot | None, seen: Identity, pair: Minted, record: Record
) -> Wrong | None:
    """What only a person can say of the right account, or of one of which nothing is known."""
    found = issuer.compared(before, seen, record) if before is not None else _unknown(rotation, issuer, seen, record)
    return doubt.settled(rotation, found, pair, record) if found is not None else None


def _unknown(rotation: Rotation, issuer: Issuer, seen: Identity, record: Record) -> Doubt | None:
    if expected_account(rotation, None) is not None:
        record.prove(f"Account {seen.subject} has the number that was known; without a snapshot no more was compared.")
        return None
    found = issuer.unknown(rotation.credential, seen)
    if found is None:
        record.prove(f"Account {seen.subject} was not compared with anything: there is no snapshot.")
    return found


def _known_to_the_ledger(credential: Credential) -> str | None:
    return cadence.known_account(credential.name, recording.open_ledger())


def _demand_refusal(issuer: Issuer, realm: str, refused: Answer) -> None:
    """A host that does not clearly refuse a made-up pair proves nothing by its yes. Raises Transient."""
    if refused is not Answer.YES:
        said = "accepts" if refused is Answer.NO else "gives no clear answer about"
        name = issuer.called
        raise Transient(
            f"{name}'s {realm} host accepts the new pair, but it also {said} a pair that nobody was issued: its "
            "yes proves nothing.",
            f"The pair is safe in the vault's pending folder. Look at {name}'s status page, and compare "
            f"{issuer.address_in(realm)}; rekey tries again.",
        )


def _wrong_realm(rotation: Rotation, issuer: Issuer, other: str, pair: Minted) -> Elsewhere:
    realm = rotation.credential.realm
    number = issuer.identify(other, pair).subject
    owner = _owner(rotation, other, number)
    told, todo = _still_to_do(rotation, f"The {realm} pair is still to be made: {issuer.switch_to(realm)}.")
    became = _became_of(rotation, owner, pair, f"the {other} keys that were in use", f"runs {other} trading now")
    return Elsewhere(
        f"This is a {other.upper()} pair: it opens {other} account {number}{f' of {owner.name}' if owner else ''}. "
        f"{became} {told}",
        todo=todo,
        misplaced=True,
        owner=owner,
    )


def _wrong_subject(
    rotation: Rotation, issuer: Issuer, before: Snapshot | None, seen: Identity, pair: Minted
) -> Wrong | None:
    expected = expected_account(rotation, before)
    difference = identity_problem(type(issuer), before, seen) if before else None
    owner = _owner(rotation, rotation.credential.realm, seen.subject)
    if difference or expected not in {None, seen.subject} or (expected is None and owner):
        belongs = f"It belongs to {owner.name}. " if owner else ""
        instead = f"{seen.subject} instead of {expected}" if expected else seen.subject
        right = f"account {expected}" if expected else f"the account of {rotation.credential.name}"
        click = words_for(issuer.thing).click
        told, todo = _still_to_do(rotation, f"Choose {right} in the dashboard and {click} there.")
        return Elsewhere(
            f"This pair opens another account: {difference or instead}. "
            f"{belongs}{_became_of(rotation, owner, pair, 'the keys of that account', 'uses them')} "
            f"{told}{_moved(rotation, before, seen)}",
            todo=todo,
            misplaced=True,
            owner=owner,
        )
    if not seen.is_well:
        return Wrong(
            f"The pair is right, but {issuer.called} says that account {seen.subject} is {seen.told}. "
            f"Clear that with {issuer.called}, then enter the same pair again.",
            todo=Todo.ENTER_AGAIN,
        )
    return None


def _became_of(rotation: Rotation, owner: Credential | None, pair: Minted, killed: str, whoever: str) -> str:
    """What became of the keys that were in use there: dead, unless just these were pasted, or both live."""
    in_use, unknown = misrotation.is_in_use(owner, pair) if owner else (Answer.NO, "")
    if owner is not None and in_use is Answer.YES:
        return f"It is the pair of {owner.name} that is in use: nothing was regenerated by mistake."
    if overlaps(rotation.credential):
        return "Making it ended nothing there: where nobody needs it, delete it."
    if unknown:
        return f"{unknown} If it is not, regenerating it killed {killed}, so tell whoever {whoever}."
    return f"Regenerating it killed {killed}, so tell whoever {whoever}."


def _still_to_do(rotation: Rotation, click: str) -> tuple[str, Todo]:
    """What is left to do for this credential itself: ``click``, unless its own keys were regenerated as well."""
    if died_at(rotation) is None:
        return click, Todo.REGENERATE
    return f"The keys of {rotation.credential.name} were regenerated as well: enter that pair.", Todo.ENTER


def _moved(rotation: Rotation, before: Snapshot | None, seen: Identity) -> str:
    """What to do when only the ledger's number binds a live credential, and it really has another account now."""
    credential = rotation.credential
    if before is not None or credential.subject is not None or not credential.guarded:
        return ""
    return (
        f" If {seen.subject} really is the account of {credential.name} from now on, write "
        f'account_number = "{seen.subject}" into its entry in the catalog and enter the pair again.'
    )


def _owner(rotation: Rotation, realm: str, subject: str) -> Credential | None:
    """The other credential of the catalog whose account this is.

    It is bound to it, or was seen in it when preflight looked, or else when it was rotated last.
    """
    seen = _accounts_seen(rotation)
    for one in load_catalog(read_settings().catalog).siblings(rotation.credential.name):
        if (one.issuer, one.realm) != (rotation.credential.issuer, realm):
            continue
        known = one.subject or seen.get(one.name) or _known_to_the_ledger(one)
        if known == subject:
            return one
    return None


def _accounts_seen(rotation: Rotation) -> dict[str, str]:
    """Account numbers of the other credentials by their names, oldest run first, as preflight noted them."""
    seen: dict[str, str] = {}
    for checked in recording.history_of(rotation).of(Step.PREFLIGHT):
        for name, account in (checked.siblings or {}).items():
            seen.setdefault(name, Snapshot.from_context(account).subject)
    return seen
