"""The thin client of Alpaca's Trading API v2. It only asks, and places or cancels a check order. It never retries."""

from __future__ import annotations

import secrets
import string
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any, Self
from urllib.parse import quote

from pydantic import SecretStr

from blocks.answer import Answer
from blocks.errors import Missing, Refused, Rejected, VendorError
from blocks.exchange import ANSWER_BYTES, LIST_BYTES, READ_TIMEOUT_S
from blocks.http import Http
from blocks.parallel import together
from blocks.replies import Failure, Reply
from blocks.secret import Pair
from blocks.vendors.alpaca_models import (
    READ_ACCOUNT,
    VENDOR,
    Account,
    Clock,
    DeathProof,
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

KEY_ID_HEADER = "APCA-API-KEY-ID"
SECRET_HEADER = "APCA-API-SECRET-KEY"  # noqa: S105 - the header's name, not a secret
# The largest page that GET /v2/orders serves; its default is 50.
PAGE_SIZE = 500
MAX_PAGES = 100
PROOF_WITHIN_S = 60.0
_KEY_ID_ALPHABET = string.ascii_uppercase + "234567"
_SECRET_ALPHABET = string.ascii_letters + string.digits


class AlpacaClient:
    """Asks one host, as the pair that each call names. One request, one answer or one VendorError.

    Every method but ``accepts`` and ``is_dead`` raises Unreachable, RateLimited, Unclear, Refused (the pair is not
    accepted), Rejected, and Missing where it says so.
    """

    def __init__(self, base_url: str, environment: Environment, *, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        """``base_url`` without /v2. Raises CatalogError when it is not https and not loopback."""
        self._environment = environment
        self._http = Http(VENDOR, base_url, read_timeout_s=read_timeout_s, code_of=_code_of)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def account(self, pair: Pair) -> Account:
        """The account that the pair belongs to."""
        return account_from(READ_ACCOUNT, self._ask(READ_ACCOUNT, pair, "GET", "/v2/account").body)

    def accepts(self, pair: Pair) -> Answer:
        """Whether this host accepts the pair: 200 with an account id, or 401/403 with JSON. Never raises.

        Only GET /v2/account can say this: elsewhere a 403 is also how Alpaca refuses an order (OpenAPI 2.0.1).
        """
        try:
            body = self._ask("check pair", pair, "GET", "/v2/account").body
        except Refused:
            return Answer.NO
        except VendorError:
            return Answer.UNKNOWN
        return (
            Answer.YES if isinstance(body, dict) and isinstance(body.get("id"), str) and body["id"] else Answer.UNKNOWN
        )

    def refuses_made_up_pair(self) -> Answer:
        """Whether this host clearly refuses a pair that nobody was ever issued. Never raises.

        Without that its yes proves nothing, and its no says nothing of a real pair.
        """
        seen = self.accepts(_never_valid("PK"))
        return {Answer.NO: Answer.YES, Answer.YES: Answer.NO}.get(seen, Answer.UNKNOWN)

    def is_dead(self, old: Pair, new: Pair, *, within_s: float = PROOF_WITHIN_S) -> DeathProof:
        """Whether the old pair is dead, proved three ways on this host. Never raises.

        The new pair shows that the host answers, the never-valid one that it still refuses at all. Answers further
        apart than ``within_s`` seconds prove nothing.
        """
        at, started = datetime.now(UTC), time.monotonic()
        made_up = _never_valid(new.key_id[:2])
        seen = together(partial(self.accepts, old), partial(self.accepts, new), partial(self.accepts, made_up))
        in_time = time.monotonic() - started <= within_s
        return DeathProof(_verdict(seen) if in_time else Answer.UNKNOWN, *seen, at)

    def open_orders(self, pair: Pair) -> list[Order]:
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

    def order(self, pair: Pair, order_id: str) -> Order:
        """One order. Raises Missing when this account has none with that id."""
        operation = "read order"
        return order_from(operation, self._ask(operation, pair, "GET", f"/v2/orders/{quote(order_id, safe='')}").body)

    def order_by_client_id(self, pair: Pair, client_order_id: str) -> Order | None:
        """The order that was placed under our own id, or None. Ask this before an order is placed a second time."""
        operation = "find order"
        params = {"client_order_id": client_order_id}
        try:
            reply = self._ask(operation, pair, "GET", "/v2/orders:by_client_order_id", params=params)
        except Missing:
            return None
        return order_from(operation, reply.body)

    def place_limit_order(
        self, pair: Pair, *, symbol: str, side: str, qty: Decimal, limit_price: Decimal, client_order_id: str
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
            raise _restated(refused, Rejected, "rejected", "Look at the order's symbol and price in the catalog.")
        raise refused

    def cancel_order(self, pair: Pair, order_id: str) -> None:
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

    def cancel_all_orders(self, pair: Pair) -> None:
        """Ask for every open order to be cancelled, in one request. It says nothing about the outcome either.

        Cancelling hundreds one by one would use the account's allowance up, which the trading application shares.
        """
        self._ask("cancel all orders", pair, "DELETE", "/v2/orders")

    def positions(self, pair: Pair) -> list[Position]:
        """Every open position."""
        operation = "list positions"
        body = self._ask(operation, pair, "GET", "/v2/positions", largest=LIST_BYTES).body
        return [position_from(operation, row) for row in listed(operation, body)]

    def clock(self, pair: Pair) -> Clock:
        """Whether the market is open, and when that changes."""
        operation = "read clock"
        return clock_from(operation, self._ask(operation, pair, "GET", "/v2/clock").body)

    def _ask(
        self,
        operation: str,
        pair: Pair,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        largest: int = ANSWER_BYTES,
    ) -> Reply:
        headers = _headers(operation, pair)
        try:
            return self._http.ask(operation, method, path, params=params, json=json, headers=headers, largest=largest)
        except (Refused, Missing) as error:
            problem = error
        if isinstance(problem, Missing):
            # Alpaca's own 404 of an order has a code; a gateway's, of an address that is none of Alpaca's, has none.
            remedy = (
                "Look at the account's orders in Alpaca's dashboard."
                if problem.code
                else f"Compare the {self._environment} address in the Alpaca block (Prefect UI, Blocks) with Alpaca's "
                "documentation."
            )
            raise _restated(problem, Missing, problem.fault, remedy)
        raise _restated(
            problem,
            Refused,
            f"the pair {pair.fingerprint} is not accepted for {self._environment} trading",
            "Compare its key ID with the one in Alpaca's dashboard. A pair that was regenerated since, one of another "
            "account and one of the other environment are all refused like this.",
        )


def _headers(operation: str, pair: Pair) -> dict[str, SecretStr | str]:
    # Not left to the HTTP library: it would put the value into its own exception.
    for half in (pair.key_id, pair.secret.get_secret_value()):
        if not half or not half.isascii() or not half.isprintable() or " " in half:
            raise Rejected(
                vendor=VENDOR,
                operation=operation,
                fault="the pair is empty or holds a character that no Alpaca key has; nothing was sent",
                remedy="Copy key ID and secret again, with the dashboard's copy buttons.",
            )
    return {KEY_ID_HEADER: pair.key_id, SECRET_HEADER: pair.secret}


def _code_of(failure: Failure) -> str | None:
    code = failure.body.get("code") if isinstance(failure.body, dict) else None
    return str(code) if isinstance(code, int) and not isinstance(code, bool) else None


def _restated(error: VendorError, kind: type[VendorError], fault: str, remedy: str) -> VendorError:
    return kind(
        vendor=error.vendor,
        operation=error.operation,
        fault=fault,
        status=error.status,
        code=error.code,
        request_id=error.request_id,
        remedy=remedy,
    )


def _never_valid(prefix: str) -> Pair:
    """A pair in today's shape (26 and 44 characters, seen 2026-11-21) that nobody ever issued."""
    key_id = prefix + "".join(secrets.choice(_KEY_ID_ALPHABET) for _ in range(24))
    return Pair(key_id, SecretStr("".join(secrets.choice(_SECRET_ALPHABET) for _ in range(44))))


def _verdict(seen: tuple[Answer, Answer, Answer]) -> Answer:
    return {
        (Answer.NO, Answer.YES, Answer.NO): Answer.YES,
        (Answer.YES, Answer.YES, Answer.NO): Answer.NO,
    }.get(seen, Answer.UNKNOWN)
