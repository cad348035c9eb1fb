"""What people and machines do in the middle of a rotation, mistakes among it."""

from __future__ import annotations

import threading
import time

import httpx
from prefect.client.orchestration import get_client
from prefect.states import Cancelled
from pydantic import SecretStr

from blocks.issuers.alpaca import unknown
from blocks.issuers.alpaca.pair import Pair
from deployments.sandbox.faults import Fault, FaultKind
from tests.at_prefect import Form
from tests.chaos.moments import APPLIED, NO_VENDORS
from tests.chaos.run import POLL_S, Run
from tests.chaos.world import ENVIRONMENTS, World
from tests.faults import invariants

NEW, OLD, SAME = "the new pair", "the old pair", "the same again"
NEW_SECRET, NEW_KEY_ID = "the new secret with the old key ID", "the new key ID with the old secret"
OTHER, STRANGER = "a pair of the other environment", "a pair of an account of which rekey does not know"
ENTRIES = (NEW, NEW, NEW, OLD, SAME, NEW_SECRET, NEW_KEY_ID, OTHER, STRANGER)
ANOTHER_PAIR = "enter another pair"
VENDORS = ("infisical", "heroku", "alpaca-paper", "alpaca-live", "raptor-prod", "mq-a", "slack")
IMPATIENT_S = 1.0
# How long a process that lost its lease is watched after it was thawed.
THAWED_S = 2.0
_LOGIN = ("/login", "/auth.test", "/conversations.open")


def answer(world: World, credential: str, entry: str, choice: int) -> None:
    """Fill in the form that is shown, also one of a run that is dead."""
    found = world.shown(credential)
    if found is None:
        return
    run, form = found
    world.operator.form = form
    try:
        if "confirm" in form.fields:
            world.operator.be_ready()
        elif "key_id" in form.fields:
            _enter(world, run, form, entry)
        else:
            _decide(world, run, form, choice)
    except httpx.HTTPStatusError:
        # Prefect shows the run as ended by now.
        return


def two_people(world: World, credential: str) -> None:
    """Each presses Regenerate, and both submit at the same moment."""
    found = world.shown(credential)
    if found is None or "key_id" not in found[1].fields:
        return
    run, form = found
    world.operator.form = form
    pairs = [world.press(ENVIRONMENTS[credential]) for _ in range(2)]
    people = [threading.Thread(target=world.submit, args=(run, form, pair)) for pair in pairs]
    for one in people:
        one.start()
    for one in people:
        one.join()


def resume_without_a_form(world: World, credential: str) -> None:
    """Press Resume where Prefect lets a run be resumed with nothing typed."""
    found = world.shown(credential)
    if found is not None:
        world.operator.api.post(f"/flow_runs/{found[1].run_id}/resume", json={})


def cancel(world: World, credential: str) -> None:
    """Cancel the run in Prefect: the worker kills its process and says so."""
    run = next((one for one in world.of(credential) if one.is_alive), None)
    if run is None:
        return
    run.kill()
    run.attempt.ended()
    run_id = world.id_of(run)
    if run_id:
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(run_id, Cancelled(), force=True)


def fail(world: World, vendor: str, kind: FaultKind, times: int | None) -> None:
    """Let requests to a vendor fail, for a while or until it is mended."""
    if kind is FaultKind.HANG and not world.impatient:
        world.operator.lose_patience(IMPATIENT_S)
        world.impatient = True
    world.estate.server.plan.add(Fault(vendor, kind, status=503, retry_after_s=1, times=times))


def thaw(world: World, credential: str, skip: int, *, writes: bool, answered: bool) -> None:
    """Freeze its run at a later request, for longer than the lease, then let it go on.

    Another one takes its rotation over meanwhile, and may be answered. Then the one that was frozen changes nothing.
    """
    run = _frozen(world, credential, skip, writes=writes)
    if not run.frozen:
        # It came to its end before.
        return
    world.start(credential)
    world.rest()
    if answered:
        answer(world, credential, NEW, 0)
        world.rest()
    frozen = world.id_of(run)
    taken_over = frozen and world.holder_of_lease(credential) != frozen
    entries, releases = len(world.estate.server.journal.entries), _releases(world)
    run.thaw()
    deadline = time.monotonic() + THAWED_S
    while run.is_alive and time.monotonic() < deadline:
        time.sleep(POLL_S)
    if taken_over:
        world.violations += _written(world, entries, releases)
        # One that waits in its form would wait on.
        run.kill()


def _frozen(world: World, credential: str, skip: int, *, writes: bool) -> Run:
    """The run that is frozen already, otherwise the one that lives: at its moment, or in the form to which it comes."""
    run = next((one for one in world.of(credential) if one.frozen and one.is_alive), None)
    if run is not None:
        return run
    run = world.one_that_lives(credential)
    world.doom(run, skip, APPLIED, writes=writes, freeze=True)
    if world.form_of(run) is not None:
        answer(world, credential, NEW, 0)
    world.rest()
    run.freeze()
    world.spare(run)
    return run


def _enter(world: World, run: Run, form: Form, entry: str) -> None:
    environment = ENVIRONMENTS[run.credential]
    old = world.in_use(environment)
    if entry == NEW:
        pair = _new(world, run)
    elif entry == SAME:
        pair = world.submitted[-1].pair if world.submitted else old
    elif entry == OTHER:
        pair = world.press("paper" if environment == "live" else "live")
    elif entry == STRANGER:
        key_id, secret = world.estate.other_paper.regenerate()
        pair = Pair(key_id, SecretStr(secret))
    elif entry == OLD:
        pair = old
    else:
        new = _new(world, run)
        halves = (old.key_id, new.secret) if entry == NEW_SECRET else (new.key_id, old.secret)
        pair = Pair(*halves)
    if world.submit(run, form, pair) and entry == STRANGER:
        world.strangers.add(pair.fingerprint)


def _new(world: World, run: Run) -> Pair:
    """Of the newest click, unless that one was entered already."""
    environment = ENVIRONMENTS[run.credential]
    newest = world.clipboard.get(environment)
    if newest is None or world.was_submitted(newest):
        if run.acts and environment == "live":
            # The form tells to click now, so trading is stopped.
            world.violations += [f"I2: {one}" for one in invariants.while_held(world.estate, "")]
        newest = world.press(environment)
    return newest


def _decide(world: World, run: Run, form: Form, choice: int) -> None:
    choices = form.fields["choice"]["enum"]
    chosen = their_account(world, form) or choices[choice % len(choices)]
    if run.acts and run.credential == "alpaca-live":
        world.violations += [f"I2: {one}" for one in invariants.while_held(world.estate, form.description)]
    if chosen == ANOTHER_PAIR:
        world.another_pair[run.credential] = len(world.submitted)
    world.operator.choose(chosen)


def their_account(world: World, form: Form) -> str | None:
    """What people answer to the question whether an account is theirs, which they know; None to any other form."""
    if unknown.YES not in form.fields["choice"].get("enum", ()):
        return None
    return unknown.YES if f"**{world.estate.live.number}**" in form.description else unknown.NO


def _releases(world: World) -> dict[str, int]:
    return {name: len(app.releases) for name, app in world.estate.heroku.apps.items()}


def _written(world: World, entries: int, releases: dict[str, int]) -> list[str]:
    """What changed at a vendor since then."""
    found = [
        f"I6: a run that lost its lease wrote {one.method} {one.path} to {one.vendor}"
        for one in world.estate.server.journal.entries[entries:]
        if one.method != "GET" and one.vendor not in {*NO_VENDORS, "heroku", "slack"} and not one.path.endswith(_LOGIN)
    ]
    return found + [
        f"I6: a run that lost its lease made release v{release.version} of {name}"
        for name, number in releases.items()
        for release in world.estate.heroku.apps[name].releases[number:]
    ]
