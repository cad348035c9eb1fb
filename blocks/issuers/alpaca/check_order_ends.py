"""What is told of a check order that did not end as it should."""

from __future__ import annotations

from blocks.errors import Rejected, StepError, VendorError
from blocks.issuers.alpaca.models import Order

# In the place of Alpaca's number, when no order is taken because the account's owner says so.
SUSPENDED = "suspended"


def bought(final: Order) -> StepError:
    """It was filled, which nobody wanted."""
    return StepError(
        f"Alpaca: check order {final.id} was FILLED: {final.filled_qty or final.qty} {final.symbol} were bought with "
        f"the new pair (it is {final.status} now).",
        "Sell them in Alpaca's dashboard if they are not wanted, and lower limit_price of the check order in the "
        "catalog. Then retry: the order is not placed again.",
    )


def ended_by_itself(final: Order) -> StepError:
    """It was over before rekey cancelled it."""
    return StepError(
        f"Alpaca: check order {final.id} was placed with the new pair and then ended as {final.status}.",
        "Look at it in Alpaca's dashboard: why did it not stay open until rekey cancelled it? Then retry: the order is "
        "not placed again.",
    )


def suspended(problem: VendorError) -> Rejected:
    """No order is taken, because the account's owner says so."""
    return Rejected(
        vendor=problem.vendor,
        operation=problem.operation,
        fault="trading is suspended by the account's owner",
        status=problem.status,
        code=SUSPENDED,
        request_id=problem.request_id,
    )
