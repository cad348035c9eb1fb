"""Changes config vars of a Heroku app, and waits for a release that carries them and for dynos that run it.

The wait ends with a proof, never after a fixed time. Consumers and brakes are changed this way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import SecretStr

from blocks.answer import Answer
from blocks.consumers.heroku.models import Aside, Dyno
from blocks.errors import StepError
from blocks.ledger import lease
from blocks.proofs import still_waiting_for
from blocks.settings import read_settings
from blocks.wire.poll import boot_interval_s, wait_for

if TYPE_CHECKING:
    from blocks.consumers.heroku.client import HerokuClient

# A boot that takes 5 seconds is seen at most 0.1 s late; one that takes a minute costs some 300 requests for two apps.
BOOT_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Applied:
    """The release that carries the values, and whether it was made now."""

    version: int
    changed: bool
    # The dynos that this release did not restart.
    aside: Aside


def has(client: HerokuClient, app: str, values: Mapping[str, SecretStr]) -> bool:
    """Whether the app's config vars have these values now."""
    present = client.variables(app, tuple(values))
    return all(
        found is not None and found.get_secret_value() == values[name].get_secret_value()
        for name, found in present.items()
    )


def apply(
    client: HerokuClient,
    app: str,
    values: Mapping[str, SecretStr],
    what: str,
    *,
    timeout_s: float | None = None,
    harmless: bool = False,
    on_change: Callable[[], None] = lambda: None,
) -> Applied:
    """Set the values in one change unless they are set; then wait for their release and its dynos.

    ``what`` is how the values are called in messages ("the new pair"); ``timeout_s`` bounds each of the two waits (by
    default as long as a release may take); ``on_change`` is called when something has to be set. What is ``harmless``
    is changed also while nobody can tell whether this run has its lease still. Raises LeaseLost, StepError for a failed
    release or a crashed dyno, and when the proof does not come in time: that was patience enough, people have to look.
    """
    patience_s = read_settings().release_timeout_s if timeout_s is None else timeout_s
    # A brake is set before anything else is asked.
    changed = not has(client, app, values) and (harmless or not _on_their_way(client, app, values))
    if changed:
        lease.prove_unless_harmless(harmless=harmless)
        on_change()
        client.set_variables(app, values)
    version = _released(client, app, values, what, patience_s)
    return Applied(version, changed, Aside.of(_running(client, app, version, patience_s), version))


def told_of(app: str, aside: Aside, what: str) -> list[str]:
    """One sentence each about dynos that sleep and dynos that keep older variables, where there are some."""
    told = []
    if aside.asleep:
        told.append(
            f"{app} sleeps ({', '.join(aside.asleep)} idle, Eco): no process runs, and the next request starts it with "
            "the newest release."
        )
    if aside.apart:
        stop = " ".join(aside.apart)
        told.append(
            f"{', '.join(aside.apart)} of {app} was started before and does not know {what}: a release restarts no "
            f"one-off or scheduled dyno. End it with `heroku ps:stop {stop} -a {app}`."
        )
    return told


def _on_their_way(client: HerokuClient, app: str, values: Mapping[str, SecretStr]) -> bool:
    """Whether they were set already, and a release with them waits for its release command.

    Until that succeeded, config vars may show the values from before (heroku/cli#3345). Setting them once more would
    run the command once more.
    """
    newest = client.newest_release(app)
    return newest.status == "pending" and client.release_carries(app, newest.version, values) is Answer.YES


def _released(client: HerokuClient, app: str, values: Mapping[str, SecretStr], what: str, patience_s: float) -> int:
    """The version of the newest release, once it has succeeded and carries the values."""
    newest, carries = client.newest_release(app), False

    def succeeded() -> Answer:
        nonlocal newest, carries
        newest = client.newest_release(app)
        carries = client.release_carries(app, newest.version, values) is Answer.YES
        if not carries:
            # A release without the values is an older one: the new one is not listed yet.
            return Answer.UNKNOWN
        return {"succeeded": Answer.YES, "failed": Answer.NO}.get(newest.status, Answer.UNKNOWN)

    answer = wait_for(
        succeeded,
        timeout_s=patience_s,
        interval_s=boot_interval_s(read_settings().probe_interval_s),
        stop_on_no=True,
        report=still_waiting_for(f"a release of {app} with {what}"),
    )
    if answer is Answer.YES:
        return newest.version
    if newest.status == "failed":
        raise StepError(
            f"{app}: release v{newest.version} failed, so its dynos run an older one, which is not proved to have "
            f"{what}.",
            f"Look at `heroku releases:output v{newest.version} -a {app}` and mend it. Then make a new release "
            "(`heroku releases:retry`, or a deploy) and go on here.",
        )
    if carries:
        raise StepError(
            f"{app}: {what} is set, and its release v{newest.version} is {newest.status} after {patience_s:.0f} s: "
            "until its release command succeeded, the dynos run an older one.",
            f"Look at `heroku releases:output v{newest.version} -a {app}`, and go on here when it has ended.",
        )
    raise StepError(
        f"{app}: release v{newest.version} is {newest.status} and does not show {what} after {patience_s:.0f} s.",
        f"Look at `heroku releases -a {app}`: somebody may have released at the same time.",
    )


def _running(client: HerokuClient, app: str, version: int, patience_s: float) -> list[Dyno]:
    """The app's dynos, once those of its formation run the release."""
    found: list[Dyno] = []

    def note(dynos: list[Dyno]) -> None:
        found[:] = dynos

    expected = client.quantities(app)
    answer = wait_for(
        lambda: client.running(app, version, expected, seen=note),
        timeout_s=patience_s,
        interval_s=boot_interval_s(read_settings().probe_interval_s),
        stop_on_no=True,
        share=BOOT_SHARE,
        report=still_waiting_for(f"the dynos of {app} on release v{version}"),
    )
    if answer is Answer.NO:
        raise StepError(
            f"{app}: a dyno of release v{version} crashed while it started.",
            f"Look at `heroku logs -a {app}`, mend it with a new release, then go on here.",
        )
    if answer is not Answer.YES:
        raise StepError(
            f"{app}: not every dyno runs release v{version} after {patience_s:.0f} s.",
            f"Look at `heroku ps -a {app}`.",
        )
    return found
