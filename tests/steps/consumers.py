"""Who holds which pair in the estate."""

from __future__ import annotations

from deployments.sandbox.estate import APPS, Estate
from deployments.sandbox.heroku.apps import SandboxApp
from deployments.sandbox.heroku.releases import HerokuKnobs

PROD, STAGING = APPS.values()


def with_knobs(estate: Estate, app: str, knobs: HerokuKnobs) -> SandboxApp:
    """Let the next release of this app go like that."""
    estate.heroku.apps[app].knobs = knobs
    return estate.heroku.apps[app]
