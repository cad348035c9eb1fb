"""Which applications trade real money, with which release, and whether its pair was verified: asked of the estate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import pairwise

from pydantic import SecretStr

from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Row
from blocks.prefect_api.recording import DONE
from blocks.secret import fingerprint
from deployments.sandbox.estate import LIVE, LIVE_RUNTIMES, Estate
from deployments.sandbox.heroku.releases import SandboxRelease
from deployments.sandbox.raptor.app import KILL_SWITCH

# Moments with the fingerprint of the pair that was verified then.
Verified = set[tuple[datetime, str]]
_NEVER_ENDED = datetime.max.replace(tzinfo=UTC)


def running() -> tuple[str, ...]:
    """The applications that trade real money."""
    return tuple(LIVE_RUNTIMES.values())


def on_in(estate: Estate) -> list[str]:
    """The applications whose dynos trade now."""
    return [app for app in running() if (estate.heroku.serving(app) or {}).get(KILL_SWITCH) != "1"]


def trades(release: SandboxRelease) -> bool:
    """Whether its dynos trade. Whatever is not the engaged value does not stop them."""
    return release.variables.get(KILL_SWITCH) != "1"


def mark(release: SandboxRelease) -> str:
    """The fingerprint of its pair."""
    return fingerprint(SecretStr(release.variables.get(LIVE[1], "")))


def verified(rows: Iterable[Row]) -> Verified:
    """When verify was done, and for which pair: the one that the same rotation's validate accepted last before."""
    accepted: dict[str, str] = {}
    found: Verified = set()
    for row in rows:
        context = row.context
        if context.get("outcome") != DONE:
            continue
        if context.get("step") == "validate" and context.get("accepted"):
            accepted[row.rotation] = str(context["accepted"])
        elif context.get("step") == "verify" and row.rotation in accepted:
            found.add((row.at, accepted[row.rotation]))
    return found


def is_verified(release: SandboxRelease, known: Verified, before: datetime) -> bool:
    """Whether its very pair was verified before that moment."""
    return any(at < before and name == mark(release) for at, name in known)


def unverified(estate: Estate, ledger: Ledger, stopped_at: datetime | None) -> list[str]:
    """Trading with a pair that was not verified before: with another one than the first at any time, with any later.

    ``stopped_at`` is since when no application may trade before its pair is verified.
    """
    known = verified(ledger.rows())
    return [found for app in running() for found in _of_app(estate, app, known, stopped_at)]


def _of_app(estate: Estate, app: str, known: Verified, stopped_at: datetime | None) -> Iterator[str]:
    releases = estate.heroku.apps[app].releases
    for one, until in _lives(releases):
        if not trades(one):
            continue
        if mark(one) != mark(releases[0]) and not is_verified(one, known, one.created_at):
            yield f"release v{one.version} of {app} carries a pair that was not verified, with trading on"
        elif stopped_at is not None and until > stopped_at:
            since = max(one.created_at, stopped_at)
            if not is_verified(one, known, since):
                yield f"{app} trades with release v{one.version} after the stop, before its pair was verified"


def _lives(releases: list[SandboxRelease]) -> Iterator[tuple[SandboxRelease, datetime]]:
    """Each release with the moment that ended it."""
    for one, following in pairwise([*releases, None]):
        assert one is not None
        yield one, following.created_at if following else _NEVER_ENDED
