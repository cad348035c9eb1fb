"""Which account a pair opens, asked of both Alpaca hosts, and whether it is the account of this rotation."""

from __future__ import annotations

from functools import partial
from typing import Literal

from prefect.logging import get_run_logger

from blocks.answer import Answer
from blocks.catalog import load_catalog
from blocks.errors import Transient
from blocks.issuers.alpaca.block import Account, Position
from blocks.ledger import cadence
from blocks.model.credential import Credential
from blocks.model.rotation import Rotation, Snapshot, Todo
from blocks.model.step import Step
from blocks.prefect_api import estate, recording
from blocks.proofs import Record
from blocks.secret import Pair
from blocks.settings import read_settings
from blocks.wire.parallel import together
from blocks.wire.poll import wait_for
from tasks.lookout import misrotation
from tasks.lookout.lookout import died_at
from tasks.rotate import equity, unknown_account
from tasks.rotate.looks import Finding

Environment = Literal["paper", "live"]


def other_of(environment: Environment) -> Environment:
    """The other host, which must refuse the pair."""
    return "live" if environment == "paper" else "paper"


def wrong_owner(rotation: Rotation, before: Snapshot | None, pair: Pair, record: Record) -> Finding | None:
    """Why the pair is not the new pair of this credential; None when it is.

    Raises Transient while Alpaca gives no clear answer on one of the hosts.
    """
    environment = rotation.credential.environment
    asks_equity = before is not None and before.equity is not None
    here, elsewhere, opened = _asked_on_both_hosts(environment, pair, with_positions=asks_equity)
    if elsewhere is Answer.YES and here is Answer.NO:
        with estate.alpaca().get_client(other_of(environment)) as client:
            _demand_refusal(other_of(environment), client.refuses_made_up_pair())
        return _wrong_host(rotation, pair)
    if here is Answer.NO and elsewhere is Answer.NO:
        return Finding(
            "Alpaca refuses this pair, on the paper and on the live host. One half was copied wrong or belongs to "
            "another pair, or Regenerate was clicked once more after copying. Copy both values again; if the dashboard "
            f"does not show them any more, click Regenerate again.{_hint(environment, pair)}"
        )
    if opened is None or elsewhere is not Answer.NO:
        raise Transient(
            f"Alpaca gives no clear answer about the new pair (own host {here.value}, other host {elsewhere.value}).",
            "The pair is safe in the vault's pending folder. Try again when Alpaca answers.",
        )
    account, positions, made_up_refused = opened
    _demand_refusal(environment, made_up_refused)
    finding = _wrong_account(rotation, before, account, pair)
    if finding is None and before is not None and asks_equity:
        finding = equity.compared(rotation, before, account, positions, pair, record)
    if finding is None and before is None:
        finding = _without_snapshot(rotation, account, pair, record)
    if finding is None:
        record.note(account_number=account.account_number)
        record.prove(
            f"Pair {pair.fingerprint} opens account {account.account_number} ({account.status}) "
            f"and is refused by the {other_of(environment)} host."
        )
    return finding


def expected_account(rotation: Rotation, before: Snapshot | None) -> str | None:
    """The number of the account that the new pair must open; None when nothing is known of it.

    A paper account that was reset has another number, so the ledger's does not bind it. A live one cannot be reset.
    """
    credential = rotation.credential
    if before is not None:
        return before.account_number
    # Afresh: the operator may have corrected it, as the form says to.
    number = load_catalog(read_settings().catalog).get(credential.name).account_number
    return number if number is not None or credential.environment == "paper" else _known_to_the_ledger(credential)


def _known_to_the_ledger(credential: Credential) -> str | None:
    return cadence.known_account(credential.name, recording.open_ledger())


def _without_snapshot(rotation: Rotation, account: Account, pair: Pair, record: Record) -> Finding | None:
    number = account.account_number
    if expected_account(rotation, None) is not None:
        record.prove(f"Account {number} has the number that was known; without a snapshot no more was compared.")
    elif rotation.credential.environment == "live":
        return unknown_account.doubt(rotation, account, pair, record)
    else:
        record.prove(f"Account {number} was not compared with anything: there is no snapshot.")
    return None


def _demand_refusal(environment: Environment, refused: Answer) -> None:
    """A host that does not clearly refuse a made-up pair proves nothing by its yes. Raises Transient."""
    if refused is not Answer.YES:
        said = "accepts" if refused is Answer.NO else "gives no clear answer about"
        raise Transient(
            f"Alpaca's {environment} host accepts the new pair, but it also {said} a pair that nobody was issued: its "
            "yes proves nothing.",
            "The pair is safe in the vault's pending folder. Look at Alpaca's status page, and compare the "
            f"{environment} address in the Alpaca block (Prefect UI, Blocks); rekey tries again.",
        )


def identity_problem(before: Snapshot, account: Account) -> str | None:
    """How the account differs from the snapshot's; None when it is the same one."""
    pairs = (
        ("id", before.account_id, account.id),
        ("account number", before.account_number, account.account_number),
        ("creation time", before.created_at, account.created_at.isoformat()),
        ("currency", before.currency, account.currency),
    )
    differing = [f"{name} {now} instead of {then}" for name, then, now in pairs if then != now]
    return ", ".join(differing) or None


def _accepts(environment: Environment, pair: Pair) -> Answer:
    with estate.alpaca().get_client(environment) as client:
        return client.accepts(pair)


def _accepts_yet(environment: Environment, pair: Pair) -> Answer:
    with estate.alpaca().get_client(environment) as client:
        return client.accepts_yet(pair)


def _asked_on_both_hosts(
    environment: Environment, pair: Pair, *, with_positions: bool
) -> tuple[Answer, Answer, tuple[Account, list[Position], Answer] | None]:
    """What its own host and the other one say, once one of them says yes or the time for that is over.

    A fresh pair may need some seconds to become active (not documented, so it is polled). Until one host accepts it,
    the other one's refusal proves nothing: so the other host is asked once more after that, and its own host meanwhile
    for the account that it opens, and whether it still refuses a made-up pair.
    """
    settings = read_settings()
    here = elsewhere = Answer.UNKNOWN
    asked = 0

    def active() -> Answer:
        nonlocal here, elsewhere, asked
        asked += 1
        here = _accepts_yet(environment, pair)
        elsewhere = _accepts_yet(other_of(environment), pair) if here is not Answer.YES else Answer.UNKNOWN
        if asked == 2:
            get_run_logger().info(
                "Alpaca does not accept pair %s yet; asking for up to %.0f s.",
                pair.fingerprint,
                settings.activation_timeout_s,
            )
        return Answer.YES if Answer.YES in {here, elsewhere} else Answer.UNKNOWN

    wait_for(active, timeout_s=settings.activation_timeout_s, interval_s=settings.probe_interval_s)
    if here is not Answer.YES:
        # Each was refused once at a time until now, and one refusal proves nothing.
        here, elsewhere = together(partial(_accepts, environment, pair), partial(_accepts, other_of(environment), pair))
    if here is not Answer.YES:
        return here, elsewhere, None
    with estate.alpaca().get_client(environment) as client:
        elsewhere, account, positions, refused = together(
            partial(_accepts, other_of(environment), pair),
            partial(client.account, pair),
            partial(client.positions, pair) if with_positions else _no_positions,
            client.refuses_made_up_pair,
        )
    return here, elsewhere, (account, positions, refused)


def _no_positions() -> list[Position]:
    return []


def _hint(environment: Environment, pair: Pair) -> str:
    """The prefix is no gate, but it helps to see what happened."""
    likely = {"PK": "paper", "AK": "live"}.get(pair.key_id[:2])
    if likely in {None, environment}:
        return ""
    return f" Its key ID begins with {pair.key_id[:2]}, as {likely} keys do: look at the switcher first."


def _wrong_host(rotation: Rotation, pair: Pair) -> Finding:
    environment = rotation.credential.environment
    other = other_of(environment)
    with estate.alpaca().get_client(other) as client:
        number = client.account(pair).account_number
    owner = _owner(rotation, other, number)
    told, todo = _still_to_do(
        rotation,
        f"The {environment} pair is still to be made: set the switcher to {environment.capitalize()} and click "
        "Regenerate there.",
    )
    return Finding(
        f"This is a {other.upper()} pair: it opens {other} account {number}{f' of {owner.name}' if owner else ''}. "
        f"{_became_of(owner, pair, f'the {other} keys that were in use', f'runs {other} trading now')} {told}",
        todo=todo,
        misplaced=True,
        owner=owner,
    )


def _wrong_account(rotation: Rotation, before: Snapshot | None, account: Account, pair: Pair) -> Finding | None:
    expected = expected_account(rotation, before)
    difference = identity_problem(before, account) if before else None
    owner = _owner(rotation, rotation.credential.environment, account.account_number)
    if difference or expected not in {None, account.account_number} or (expected is None and owner):
        belongs = f"It belongs to {owner.name}. " if owner else ""
        instead = f"{account.account_number} instead of {expected}" if expected else account.account_number
        right = f"account {expected}" if expected else f"the account of {rotation.credential.name}"
        told, todo = _still_to_do(rotation, f"Choose {right} in the dashboard and click Regenerate there.")
        return Finding(
            f"This pair opens another account: {difference or instead}. "
            f"{belongs}{_became_of(owner, pair, 'the keys of that account', 'uses them')} "
            f"{told}{_moved(rotation, before, account)}",
            todo=todo,
            misplaced=True,
            owner=owner,
        )
    if not account.healthy:
        flags = f" ({', '.join(account.flags)})" if account.flags else ""
        return Finding(
            f"The pair is right, but Alpaca says that account {account.account_number} is {account.status}{flags}. "
            "Clear that with Alpaca, then enter the same pair again.",
            todo=Todo.ENTER_AGAIN,
        )
    return None


def _became_of(owner: Credential | None, pair: Pair, killed: str, whoever: str) -> str:
    """What became of the keys that were in use there: dead, unless just these were pasted."""
    in_use, unknown = misrotation.is_in_use(owner, pair) if owner else (Answer.NO, "")
    if owner is not None and in_use is Answer.YES:
        return f"It is the pair of {owner.name} that is in use: nothing was regenerated by mistake."
    if unknown:
        return f"{unknown} If it is not, regenerating it killed {killed}, so tell whoever {whoever}."
    return f"Regenerating it killed {killed}, so tell whoever {whoever}."


def _still_to_do(rotation: Rotation, click: str) -> tuple[str, Todo]:
    """What is left to do for this credential itself: ``click``, unless its own keys were regenerated as well."""
    if died_at(rotation) is None:
        return click, Todo.REGENERATE
    return f"The keys of {rotation.credential.name} were regenerated as well: enter that pair.", Todo.ENTER


def _moved(rotation: Rotation, before: Snapshot | None, account: Account) -> str:
    """What to do when only the ledger's number binds a live credential, and it really has another account now."""
    credential = rotation.credential
    if before is not None or credential.account_number is not None or credential.environment == "paper":
        return ""
    return (
        f" If {account.account_number} really is the account of {credential.name} from now on, write "
        f'account_number = "{account.account_number}" into its entry in the catalog and enter the pair again.'
    )


def _owner(rotation: Rotation, environment: Environment, account_number: str) -> Credential | None:
    """The other credential of the catalog whose account this is.

    It is bound to it, or was seen in it when preflight looked, or else when it was rotated last.
    """
    seen = _accounts_seen(rotation)
    for one in load_catalog(read_settings().catalog).siblings(rotation.credential.name):
        if one.environment != environment:
            continue
        known = one.account_number or seen.get(one.name) or _known_to_the_ledger(one)
        if known == account_number:
            return one
    return None


def _accounts_seen(rotation: Rotation) -> dict[str, str]:
    """Account numbers of the other credentials by their names, oldest run first, as preflight noted them."""
    seen: dict[str, str] = {}
    for row in recording.step_rows(rotation.id, Step.PREFLIGHT):
        for name, account in row.context.get("siblings", {}).items():
            seen.setdefault(name, account["account_number"])
    return seen
