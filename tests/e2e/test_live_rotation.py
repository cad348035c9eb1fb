"""The main job with real money behind it: trading stops, the pair is replaced and proved, trading goes on."""

from __future__ import annotations

from deployments.sandbox.estate import LIVE, LIVE_RUNTIMES, PAPER
from tests.operator import Operator
from tests.steps.support import vault_lists

KILL_SWITCH = "TRADING_LIVE_DISABLED"


def test_a_live_rotation_stops_trading_and_lets_it_go_on_with_the_new_pair(operator: Operator) -> None:
    estate = operator.estate
    before = estate.vault_values()
    estate.infisical.knobs.rate_limits = True

    outcome = operator.rotate(Operator.be_ready, Operator.regenerate_live, credential="alpaca-live")

    assert outcome.state.is_completed(), outcome.message
    # Two thirds of what a server of 2024 allows in a minute, in which no person is that quick.
    assert vault_lists(estate) <= 26
    after = estate.vault_values()
    assert after[LIVE[0]] == estate.live.current_key_id != before[LIVE[0]]
    assert {name: after[name] for name in PAPER} == {name: before[name] for name in PAPER}
    for app in LIVE_RUNTIMES.values():
        running = estate.heroku.serving(app) or {}
        assert {name: running[name] for name in LIVE} == {name: after[name] for name in LIVE}
        assert running[KILL_SWITCH] == "0"
        # Brake on, pair, brake off.
        assert len(estate.heroku.apps[app].releases) == 4
    assert len(estate.heroku.apps["raxx-api-staging"].releases) == 1
    completed = operator.ledger.rows()[-1].context
    assert completed["account_number_verified"] == estate.live.number
    assert completed["downtime_seconds"] > 0
    assert completed["trading_paused_at"] < completed["trading_resumed_at"]
    assert operator.ledger.verify() is None
