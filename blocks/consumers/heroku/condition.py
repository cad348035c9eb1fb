"""How an app is before anything is written to it: what would keep it from running, or from answering, with a new pair.

Heroku tells all of that beforehand. Learned only after the old pair is dead, it costs the time in which it is mended.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from blocks.consumers.heroku.models import SHORT_LIVED, Dyno, Release
from blocks.errors import StepError, Transient

if TYPE_CHECKING:
    from blocks.consumers.heroku.client import HerokuClient


def troubles(app: str, newest: Release, dynos: Iterable[Dyno], *, is_hidden: bool) -> list[StepError]:
    """Each trouble by itself. ``is_hidden``: its page is a proof, and Heroku answers in its place."""
    found = [_hidden(app) if is_hidden else None, _release(app, newest), _dynos(app, dynos)]
    return [one for one in found if one is not None]


def in_maintenance(client: HerokuClient, app: str) -> StepError | None:
    """The error for an app that serves nobody because somebody said so. Its dynos run all the same."""
    return _hidden(app) if client.is_in_maintenance(app) else None


def _hidden(app: str) -> StepError:
    return StepError(
        f"{app} is in maintenance mode: Heroku answers in its place (HTTP 503), so nothing can be proved by its page.",
        f"Ask who switched it on; when it may end: `heroku maintenance:off -a {app}`.",
    )


def _release(app: str, newest: Release) -> StepError | None:
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


def _dynos(app: str, dynos: Iterable[Dyno]) -> StepError | None:
    crashed = [one.name for one in dynos if one.state == "crashed" and one.type not in SHORT_LIVED]
    if not crashed:
        return None
    return StepError(
        f"{app} is not well: {', '.join(crashed)} crashed, and may crash with a new pair, too.",
        f"Look at `heroku logs -a {app}`, and mend it; `heroku ps:restart -a {app}` starts it again.",
    )
