"""Which calls may fail for good although nobody is asked to mend them: each with the reason why that is right."""

from __future__ import annotations

import re

from tests.faults.cell import Cell

# Patterns for a cell's name up to its length. Whatever else lasts has to be told to somebody by a form or a refusal.
_MAY_GO_ON = (
    # Accounts of other credentials, noted in case somebody regenerates their keys: no reason to stop this rotation.
    # The host's own answer to a made-up pair is asked by the same call: only a refusal leaves that proof whole.
    r"preflight: alpaca-paper GET /v2/(orders|positions) \| .+",
    r"preflight: alpaca-paper GET /v2/account \| 40[13]",
    # Whether the vault itself passes the folder on is then said not to have been looked at; health looks again.
    r"preflight: infisical GET /api/v1/(secret-syncs|workspace/\[\^/\]\+/integrations) \| .+",
    # Whether the market is open is then unknown, and the operator says yes to that in the form.
    r"await_readiness: alpaca-live GET /v2/clock \| .+",
    # The other host has to refuse the new pair, and with these it does. While the form waits, its own pair is looked
    # after: one refusal is no death, and two are told by Slack and stop the other credential's trading, not this one.
    r"(await_human_input|validate): alpaca-paper GET /v2/account \| 40[13]",
    # The check order is cancelled at Alpaca itself when the application cannot, and is seen gone there.
    r"verify: raptor-prod DELETE /api/trading/orders/\.\+ \| .+",
    # "No such order" is the answer of an account without one.
    r"verify: alpaca-live GET /v2/orders:by_client_order_id \| 404",
    # That a rotation is over is news, which asks nobody to do anything: trading must not wait for it. It is kept, and
    # watch tells it later; the run's page, its report and `rekey status` say it, too.
    r"resume: slack POST /api/chat\.postMessage \| .+",
    # What is written is applied, only the answer is lost: it is read back, and is there.
    r"\w+: infisical (PATCH|POST|DELETE) /api/v(1/folders|3/secrets/batch/raw) \| drop after",
    r"(pause|propagate|resume): heroku PATCH \S+/config-vars \| drop after",
    # The same of the check order: it is found by the ID that rekey gave it, or seen gone.
    r"verify: alpaca-live (POST|DELETE) \S+ \| drop after",
)


def may_go_on(cell: Cell) -> bool:
    """Whether a rotation may end without a word about this fault that lasts."""
    return any(re.fullmatch(pattern, f"{cell.call} | {cell.fault}") for pattern in _MAY_GO_ON)
