"""The thin client of Alpaca's Trading API v2. It only asks, and places or cancels a check order."""

from __future__ import annotations

import secrets
import string
from decimal import Decimal
from urllib.parse import quote

from pydantic import SecretStr

from blocks.answer import Answer
from blocks.errors import Missing, Refused, Rejected, VendorError
from blocks.issuers.alpaca.models import (
    READ_ACCOUNT,
    Account,
    Clock,
    Environment,
    Order,
    Position,
    account_from,
    clock_from,
    is_business_code,
    listed,
    order_from,
    position_from,
    unclear,
)
from blocks.issuers.alpaca.pair import Pair
from blocks.issuers.alpaca.session import REFUSALS, AlpacaSession, restated
from blocks.secret import Minted
from blocks.wire.client import Client
from blocks.wire.exchange import LIST_BYTES, READ_TIMEOUT_S

# The largest page that GET /v2/orders serves; its default is 50.
PAGE_SIZE = 500
MAX_PAGES = 100
_KEY_ID_ALPHABET = string.ascii_uppercase + "234567"
_SECRET_ALPHABET = string.ascii_letters + string.digits


class AlpacaClient(Client):
    """Asks one host, as the pair that each call names. One answer or one VendorError.

    Every method but those that say "Never raises" raises Unreachable, RateLimited, Unclear, Refused (the pair was not
    accepted REFUSALS times in a row), Rejected, and Missing where it says so.
    """

    def __init__(self, base_url: str, environment: Environment, *, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        """``base_url`` without /v2. Raises CatalogError when it is not https and not loopback."""
        self._session = AlpacaSession(base_url, environment, read_timeout_s=read_timeout_s)
        self._ask = self._session.ask

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def account(self, pair: Minted) -> Account:
        """The account that the pair belongs to."""
        return account_from(READ_ACCOUNT, self._ask(READ_ACCOUNT, pair, "GET", "/v2/account").body)

    def accepts(self, pair: Minted) -> Answer:
        """Whether this host accepts the pair: 200 with an account id, or 401/403 with JSON REFUSALS times in a row.

        An acceptance in between is a yes, anything else in between is unknown. Never raises. Only GET /v2/account can
        say this: elsewhere a 403 is also how Alpaca refuses an order (OpenAPI 2.0.1).
        """
        return self._accepts(pair, REFUSALS)

    def accepts_yet(self, pair: Minted) -> Answer:
        """Whether this one time the host accepts the pair: its no proves nothing, so ask again. Never raises."""
        return self._accepts(pair, 1)

    def _accepts(self, pair: Minted, refusals: int) -> Answer:
        try:
            body = self._ask("check pair", pair, "GET", "/v2/account", refusals=refusals).body
        except Refused:
            return Answer.NO
        except VendorError:
            return Answer.UNKNOWN
        return (
            Answer.YES if isinstance(body, dict) and isinstance(body.get("id"), str) and body["id"] else Answer.UNKNOWN
        )

    def open_orders(self, pair: Minted) -> list[Order]:
        """Every open order, oldest first, the legs of multi-leg orders each as one of its own.

        Raises Unclear when the pages do not end: an incomplete list must not look like a short one.
        """
        operation = "list open orders"
        params = {"status": "open", "limit": str(PAGE_SIZE), "direction": "asc", "nested": "false"}
        orders: dict[str, Order] = {}
        for _ in range(MAX_PAGES):
            body = self._ask(operation, pair, "GET", "/v2/orders", params=params, largest=LIST_BYTES).body
            page = [order_from(operation, row) for row in listed(operation, body)]
            known = len(orders)
            orders |= {order.id: order for order in page}
            if len(page) < PAGE_SIZE:
                return list(orders.values())
            if len(orders) == known:
                raise unclear(operation, "the same page came twice")
            params["after_order_id"] = page[-1].id
        raise unclear(operation, f"more than {MAX_PAGES * PAGE_SIZE} orders are open")

    def order(self, pair: Minted, order_id: str) -> Order:
        """One order. Raises Missing when this account has none with that id."""
        operation = "read order"
        return order_from(operation, self._ask(operation, pair, "GET", f"/v2/orders/{quote(order_id, safe='')}").body)

    def order_by_client_id(self, pair: Minted, client_order_id: str) -> Order | None:
        """The order that was placed under our own id, or None. Ask this before an order is placed a second time."""
        operation = "find order"
        params = {"client_order_id": client_order_id}
        try:
            reply = self._ask(operation, pair, "GET", "/v2/orders:by_client_order_id", params=params)
        except Missing:
            return None
        return order_from(operation, reply.body)

    def place_limit_order(
        self, pair: Minted, *, symbol: str, side: str, qty: Decimal, limit_price: Decimal, client_order_id: str
    ) -> Order:
        """Place a limit order for the day. After Unreachable or Unclear look with ``order_by_client_id`` first.

        Raises Rejected with Alpaca's code when the account may not place it: the pair itself was accepted then.
        """
        operation = "place order"
        order = {
            "symbol": symbol,
            "side": side,
            "qty": format(qty, "f"),
            "type": "limit",
            "time_in_force": "day",
            "limit_price": format(limit_price, "f"),
            "client_order_id": client_order_id,
        }
        try:
            return order_from(operation, self._ask(operation, pair, "POST", "/v2/orders", json=order).body)
        except Refused as error:
            refused = error
        # 403 with 40310000 is how Alpaca says "no buying power" or "wash trade"; gateways send no such code.
        if is_business_code(refused.code, refused.status):
            raise restated(refused, Rejected, "rejected", "Look at the order's symbol and price in the catalog.")
        raise refused

    def cancel_order(self, pair: Minted, order_id: str) -> None:
        """Ask for an order to be cancelled. It says nothing about the outcome: read the order until it is terminal.

        204 means "accepted", 404 and 422 mean that there is nothing to cancel any more. None of them is an error.
        """
        try:
            self._ask("cancel order", pair, "DELETE", f"/v2/orders/{quote(order_id, safe='')}")
        except Missing:
            return
        except Rejected as error:
            if error.status != 422:
                raise

    def cancel_all_orders(self, pair: Minted) -> None:
        """Ask for every open order to be cancelled, in one request. It says nothing about the outcome either.

        Cancelling hundreds one by one would use the account's allowance up, which the trading application shares.
        """
        self._ask("cancel all orders", pair, "DELETE", "/v2/orders")

    def positions(self, pair: Minted) -> list[Position]:
        """Every open position."""
        operation = "list positions"
        body = self._ask(operation, pair, "GET", "/v2/positions", largest=LIST_BYTES).body
        return [position_from(operation, row) for row in listed(operation, body)]

    def clock(self, pair: Minted) -> Clock:
        """Whether the market is open, and when that changes."""
        operation = "read clock"
        return clock_from(operation, self._ask(operation, pair, "GET", "/v2/clock").body)


def never_valid(prefix: str) -> Pair:
    """A pair in today's shape (26 and 44 characters, seen 2026-11-21) that nobody ever issued."""
    key_id = prefix + "".join(secrets.choice(_KEY_ID_ALPHABET) for _ in range(24))
    return Pair(key_id, SecretStr("".join(secrets.choice(_SECRET_ALPHABET) for _ in range(44))))
