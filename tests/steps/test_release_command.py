"""A release command that takes its time: what it keeps back is neither taken for missing nor set once more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from blocks.consumers.heroku.app import HerokuConsumer
from deployments.sandbox.estate import APPS, PAPER
from deployments.sandbox.heroku.releases import HerokuKnobs
from tasks.rotate.propagate import update_consumer
from tests.operator import Operator
from tests.steps.support import Clicked, alone, told

PROD = APPS["raptor-prod"]


@pytest.mark.usefixtures("_few_tries")
def test_values_that_heroku_shows_only_when_their_release_succeeded_are_not_set_again(
    operator: Operator, behind: Clicked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a release command runs the config vars are the old ones (heroku/cli#3345): that is not "not set"."""
    app = operator.estate.heroku.apps[PROD]
    app.knobs = HerokuKnobs(release_phase_s=3600, config_shown_late=True, unchanged_makes_release=True)
    (consumer,) = (
        one for one in behind.rotation.credential.consumers if isinstance(one, HerokuConsumer) and one.app == PROD
    )
    with monkeypatch.context() as patience:
        patience.setenv("REKEY_RELEASE_TIMEOUT_S", "0.2")
        # The second time, it was set already.
        for _ in range(2):
            message = told(alone(lambda: update_consumer(behind.rotation, consumer, behind.new)))
            assert f"{PROD}: the new pair is set, and its release v2 is pending after 0 s" in message
            assert f"Look at `heroku releases:output v2 -a {PROD}`, and go on here when it has ended." in message
    assert app.shown_variables()[PAPER[0]] == behind.old.key_id

    app.releases[-1] = replace(app.releases[-1], knobs=HerokuKnobs())
    state = alone(lambda: update_consumer(behind.rotation, consumer, behind.new))

    assert state.is_completed(), state.message
    assert len(app.releases) == 2
    assert app.shown_variables()[PAPER[0]] == behind.new.key_id
