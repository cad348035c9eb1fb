"""How an app is before anything is written to it: what would keep it from running, or from answering, with a new pair.

Heroku tells all of that beforehand. Learned only after the old pair is dead, it costs the time in which it is mended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from blocks.consumers.heroku.models import SHORT_LIVED
from blocks.errors import StepError, Transient

if TYPE_CHECKING:
    from blocks.consumers.heroku.client import HerokuClient


def troubles(client: HerokuClient, app: str, *, is_asked: bool) -> list[StepError]:
    """Each trouble by itself. ``is_asked``: the app's own page is a proof, so it has to be reached.

    Raises Heroku's errors.
    """
    found = [in_maintenance(client, app)] if is_asked else []
    return [one for one in [*found, _release(client, app), _dynos(client, app)] if one is not None]


def in_maintenance(client: HerokuClient, app: str) -> StepError | None:
    """The error for an app that serves nobody because somebody said so. Its dynos run all the same."""
    if not client.is_in_maintenance(app):
        return None
    return StepError(
        f"{app} is in maintenance mode: Heroku answers in its place (HTTP 503), so nothing can be proved by its page.",
        f"Ask who switched it on; when it may end: `heroku maintenance:off -a {app}`.",
    )


def _release(client: HerokuClient, app: str) -> StepError | None:
    newest = client.newest_release(app)
    called = f"The newest release v{newest.version} of {app}"
    look = f"`heroku releases:output v{newest.version} -a {app}`"
    if newest.status == "failed":
        return StepError(
            f"{called} failed, so its dynos run an older one; a new pair is one more release, which runs the same "
            "release command.",
            f"Look at {look}, mend it, and make a release that succeeds (`heroku releases:retry -a {app}`, or a "
            "deploy).",
        )
    if newest.status == "pending":
        return Transient(f"{called} is pending: its release command runs still.", f"Look at {look}.")
    return None


def _dynos(client: HerokuClient, app: str) -> StepError | None:
    crashed = [one.name for one in client.dynos(app) if one.state == "crashed" and one.type not in SHORT_LIVED]
    if not crashed:
        return None
    return StepError(
        f"{app} is not well: {', '.join(crashed)} crashed, and may crash with a new pair, too.",
        f"Look at `heroku logs -a {app}`, and mend it; `heroku ps:restart -a {app}` starts it again.",
    )
