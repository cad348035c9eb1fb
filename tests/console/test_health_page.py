"""Every credential, and what all of them share, what is not well first."""

from __future__ import annotations

from blocks.ledger.row import Action
from tests.console.conftest import Served


def test_health_shows_first_what_is_not_well(served: Served) -> None:
    for credential, outcome in (("alpaca-paper", "ok"), ("alpaca-live", "failed")):
        served.ledger.append(
            Action.HEALTH_CHECKED, rotation="", credential=credential, actor="rekey",
            context={"outcome": outcome, "depth": "light", "copies": {"heroku raxx-api-prod": "equal"}},
        )  # fmt: skip

    served.shows('class="trouble">failed</td>', "/health")

    text = served.text("/health")
    assert text.index("/credentials/alpaca-live") < text.index("/credentials/alpaca-paper")
    assert "heroku raxx-api-prod: equal" in text
    assert text.index('scope="row">all credentials<') < text.index("/credentials/alpaca-paper"), "it is unknown"
    shared = {"outcome": "failed", "depth": "light", "states": {"worker": "ok", "people on call": "failed"}}
    served.ledger.append(
        Action.HEALTH_CHECKED, rotation="", credential="all credentials", actor="rekey", context=shared
    )
    served.shows("people on call: failed", "/health")
    assert "worker: ok" not in served.text("/health")
    assert "/credentials/all" not in served.text("/health")
    assert "slack D0AJ7K184TV: not looked at" in text
