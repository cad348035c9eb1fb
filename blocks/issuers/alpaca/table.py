"""``[credential.NAME.alpaca]``: what only a credential of Alpaca says in the catalog."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from blocks.entry import Entry
from blocks.model import containment
from blocks.model.own_table import OwnTable, Place

if TYPE_CHECKING:
    from blocks.model.credential import Credential


class CheckOrder(Entry):
    """The order that proves write authority. It is placed, seen and cancelled."""

    kind: Literal["limit", "market", "none"] = Field(
        default="limit",
        description="`limit`, which cannot fill at its price; `market`, which fills and leaves a position (paper only, "
        "as in its operating procedure); `none`, needed where no consumer has a `runtime`",
    )
    symbol: str = Field(default="AAPL", description="what is ordered")
    quantity: int = Field(default=1, ge=1, description="how many")
    limit_price: str = Field(
        default="1.00",
        pattern=r"^\d+(\.\d{1,2})?$",
        description="US dollars; keep it far below the market, so that it cannot fill",
    )


class AlpacaTable(OwnTable):
    """What only Alpaca's credentials have. It may be missing."""

    also_in_verification: ClassVar[tuple[str, ...]] = ("check_order",)

    check_order: CheckOrder = CheckOrder()

    def problems(self, *, guarded: bool, takes_orders: bool) -> Iterable[tuple[Place, str | None]]:
        """A check order needs a consumer with a ``runtime``; with real money it is a limit order of at most 5 USD."""
        order = self.check_order
        if order.kind != "none" and not takes_orders:
            yield (), 'no consumer has a runtime to place the check order through: set check_order.kind = "none"'
        if guarded and order.kind == "market":
            yield (
                (),
                'a market order would buy with real money: check_order.kind is "limit" or "none" for live',
            )
        if guarded and order.kind == "limit":
            cost = containment.problem_with_cost(order.quantity, order.limit_price)
            yield self.place_of("check_order", "limit_price"), cost


def check_order_of(credential: Credential) -> CheckOrder:
    """The check order of a credential of Alpaca's. Raises TypeError for one of another issuer."""
    if not isinstance(credential.own, AlpacaTable):
        raise TypeError(f"{credential.name} is no credential of Alpaca's")
    return credential.own.check_order
