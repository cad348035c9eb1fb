"""The other apps of the account, and which of a consumer's names they have among their config vars.

One question for the list and one for each app, so a full health run asks them once for all credentials.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blocks.consumers.interface import Elsewhere
from blocks.errors import Missing, Refused, Unproved

if TYPE_CHECKING:
    from blocks.consumers.heroku.client import HerokuClient

# Heroku's requests are counted by account: these are left to a rotation, whose polling needs them.
RESERVE = 500
# Each is a question.
MOST_APPS = 200


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The names of the config vars of each app, and what was not looked at, each with the reason."""

    names: Mapping[str, frozenset[str]]
    unlisted: tuple[str, ...]


def look(heroku: HerokuClient) -> Neighbours:
    """Ask for all of them. Raises Unproved when requests run short, and Heroku's errors."""
    every = heroku.apps()
    found: dict[str, frozenset[str]] = {}
    # Heroku keeps the variables of review apps and of tests with the pipeline, and not with an app.
    unlisted = ["other accounts", "review apps and tests of pipelines"]
    for app in every[:MOST_APPS]:
        if heroku.remaining is not None and heroku.remaining < RESERVE:
            raise Unproved(
                f"Heroku's allowance of requests is nearly used up ({heroku.remaining} left).",
                "Find out who uses it: health asks no more, so that a rotation still can.",
            )
        try:
            found[app] = heroku.names_set(app)
        except (Refused, Missing) as error:
            unlisted.append(f"{app} ({error.fault})")
    if len(every) > MOST_APPS:
        unlisted.append(f"{len(every) - MOST_APPS} more apps (there are more than {MOST_APPS})")
    return Neighbours(found, tuple(unlisted))


def elsewhere(all_apps: Neighbours, named: Collection[str], names: Collection[str]) -> Elsewhere:
    """What of that holds one of these names, but in the apps that entries of the catalog have ``named``."""
    others = {app: sorted(has & set(names)) for app, has in sorted(all_apps.names.items()) if app not in named}
    found = [f"{app} ({', '.join(there)})" for app, there in others.items() if there]
    told = "Heroku has apps with config vars of the same names, and no entry of the catalog names them: "
    told += f"{'; '.join(found)}. Such an app may use them, and keeps the old pair."
    nowhere = "No other app that the token may see has config vars of these names."
    return Elsewhere(told if found else "", nowhere, f"Not looked at: {', '.join(all_apps.unlisted)}.")
