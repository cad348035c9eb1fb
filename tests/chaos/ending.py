"""The end of an example: every fault is mended, everything lives, and people finish what was begun."""

from __future__ import annotations

import time

from blocks.ledger.row import Action
from blocks.model.rotation import Reason
from deployments.rehearsal import proof
from tests.at_prefect import Form
from tests.chaos import invariants
from tests.chaos.events import their_account
from tests.chaos.invariants import ESTATE, LITTER, LOSS, PAIR, RECORD
from tests.chaos.run import Run
from tests.chaos.world import ENVIRONMENTS, World

RETRY, ANOTHER_PAIR, END = "retry this step", "enter another pair", "stop here, "
MOST_STARTS = 4
MOST_RETRIES = 2
CONVERGE_TIMEOUT_S = 300.0


def finish(world: World) -> list[str]:
    """Bring every rotation that was begun to its end; what does not hold then."""
    world.estate.server.plan.clear()
    for run in world.runs:
        run.kill()
        run.attempt.ended()
    begun = [one for one in ENVIRONMENTS if any(world.of(one))]
    # Whatever the ledger does not tell any more.
    anew = set(begun) if world.tampered else set()
    for _ in range(MOST_STARTS):
        # One rotation may find that the other credential's keys were regenerated.
        for credential in ENVIRONMENTS:
            if credential in anew or not _is_finished(world, credential):
                _rotate(world, credential)
                anew.discard(credential)
        if all(_is_finished(world, one) for one in ENVIRONMENTS):
            break
    return world.violations + _afterwards(world)


def _rotate(world: World, credential: str) -> None:
    run = world.start(credential)
    told = _attended(world, run)
    if "account reset" in told:
        # What the refusal advises.
        told = _attended(world, world.start(credential, Reason.ACCOUNT_RESET))
    if told:
        world.violations.append(f"{ESTATE}: {credential} is not rotated: {told}")


def _attended(world: World, run: Run) -> str:
    """Answer what it asks; why it ended otherwise than completed."""
    answered: list[str] = []
    retries = 0
    deadline = time.monotonic() + CONVERGE_TIMEOUT_S
    while run.is_alive and time.monotonic() < deadline:
        form = world.form_of(run)
        if form is None or form.key in answered:
            time.sleep(0.05)
            continue
        answered.append(form.key)
        world.operator.form = form
        if "confirm" in form.fields:
            world.operator.be_ready()
        elif "key_id" in form.fields:
            _enter(world, run, form)
        else:
            retries += 1
            _decide(world, run, form, retries)
    run.kill()
    run.attempt.ended()
    if run.attempt.completed:
        return ""
    state = (world.operator.run_named(run.name) or {}).get("state") or {}
    return f"{state.get('name')}: {state.get('message')}"


def _enter(world: World, run: Run, form: Form) -> None:
    environment = ENVIRONMENTS[run.credential]
    newest = world.clipboard.get(environment)
    if newest is None or not world.lives(environment, newest) or newest.same_as(world.in_use(environment)):
        newest = world.press(environment)
    elif _is_known(world, run.credential):
        world.violations.append(f"{LOSS}: the pair that was submitted is asked for again: {_first_line(form)}")
    world.submit(run, form, newest)


def _is_known(world: World, credential: str) -> bool:
    """Whether the newest pair was submitted for this credential, and nobody chose to enter another one since."""
    since = world.another_pair.get(credential, 0)
    newest = world.clipboard[ENVIRONMENTS[credential]]
    return not world.tampered and any(
        one.credential == credential and one.pair.same_as(newest) for one in world.submitted[since:]
    )


def _decide(world: World, run: Run, form: Form, retries: int) -> None:
    choices = form.fields["choice"]["enum"]
    account = their_account(world, form)
    if account is not None:
        choice = account
    elif retries <= MOST_RETRIES:
        choice = RETRY
    else:
        choice = next(one for one in (ANOTHER_PAIR, *choices) if one in choices and one.startswith((ANOTHER_PAIR, END)))
        world.another_pair[run.credential] = len(world.submitted)
    world.operator.choose(choice)


def _is_finished(world: World, credential: str) -> bool:
    """It was rotated if that was begun, nothing is open, and what is in use is what the dashboard shows."""
    ledger = world.operator.ledger
    rotated = any(row.action is Action.COMPLETED for row in ledger.rows(credential=credential))
    if ledger.open_start(credential) is not None or (any(world.of(credential)) and not rotated):
        return False
    environment = ENVIRONMENTS[credential]
    seen = proof.observe(world.estate, environment)
    return seen.dashboard_key_id == seen.places["vault"][0] and world.lives(environment, world.in_use(environment))


def _afterwards(world: World) -> list[str]:
    found = [f"{PAIR}: {one}" for one in invariants.mixed(world.estate)]
    found += [f"{LITTER}: {one}" for one in invariants.left(world.operator, map(world.id_of, world.runs))]
    for credential, environment in ENVIRONMENTS.items():
        seen = proof.observe(world.estate, environment)
        if any(world.of(credential)):
            found += [f"{ESTATE}: {one}" for one in _unlike(world, seen)]
            found += [f"{RECORD}: {one}" for one in _recorded(world, credential)]
    return found


def _unlike(world: World, seen: proof.Observation) -> list[str]:
    pair = seen.places["vault"]
    claims = {
        f"another pair than the vault's is in {place}": found != pair
        for place, found in seen.places.items()
        # GitHub never had one before the first rotation.
        if found != (None, None)
    }
    claims["the vault holds another key than the dashboard shows"] = pair[0] != seen.dashboard_key_id
    claims["a check order is open"] = seen.open_orders > 0
    # A stranger's pair is kept on purpose, as long as the ledger tells what it is.
    claims[f"{seen.pending} names are left in the vault's pending folder"] = seen.pending > 2 * len(world.strangers)
    return [told for told, is_so in claims.items() if is_so]


def _recorded(world: World, credential: str) -> list[str]:
    rows = world.operator.ledger.rows(credential=credential)
    completed = [row.context for row in rows if row.action is Action.COMPLETED]
    if not completed:
        return [f"{credential} was never completed"]
    pair = world.in_use(ENVIRONMENTS[credential])
    return [] if completed[-1].get("new") == pair.fingerprint else ["the ledger calls another pair the new one"]


def _first_line(form: Form) -> str:
    return " ".join(form.description.split("\n\n", 2)[:2])
