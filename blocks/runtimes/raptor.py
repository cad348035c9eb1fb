"""Raptor, the trading API that runs on Heroku: what the running process itself says of its keys and its brake.

A config var proves what was stored, a release what was deployed; only the process can say which account it reaches.
The calls of the operating procedure (SOP) are the contract: ``GET /api/trading/account`` (paper, ``.alpaca_status``),
the same with ``?mode=live`` (``.status``, ``.account_number``), ``POST`` and ``DELETE /api/trading/orders``,
``GET /health/trading``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self
from urllib.parse import quote

from pydantic import ConfigDict, Field, SecretStr

from blocks.answer import Answer, LiveEnabled
from blocks.errors import Unclear, VendorError
from blocks.issuers.terms import Application
from blocks.runtimes.interface import RunningAccount, Runtime, RuntimeClient, unheard
from blocks.runtimes.raptor_errors import (
    ADVICE_ON_LOGS,
    CAUSES,
    KEYS_REFUSED,
    TRADING_DISABLED,
    code_of,
    in_raptors_terms,
)
from blocks.wire.exchange import READ_TIMEOUT_S, ReadTimeout
from blocks.wire.http import Http
from blocks.wire.replies import Reply

VENDOR = "Raptor"
# One of the realms of the issuer whose pair it runs with.
Mode = str

# Alpaca's enum without ACTIVE (OpenAPI, 2026-11-21). A word that is not listed is unknown, because members get added.
_NOT_ACTIVE = frozenset(
    {
        "INACTIVE",
        "PAPER_ONLY",
        "ONBOARDING",
        "SUBMISSION_FAILED",
        "SUBMITTED",
        "ACCOUNT_UPDATED",
        "APPROVAL_PENDING",
        "REJECTED",
        "ACCOUNT_CLOSED",
        "APPROVED",
        "ACCOUNT_CLOSED_PENDING",
        "ACTION_REQUIRED",
        "LIMITED",
    }
)


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """An order that Alpaca took through Raptor."""

    order_id: str


class RaptorClient(RuntimeClient):
    """A client for one running instance. Close it, or use it as a context manager."""

    not_well = _NOT_ACTIVE
    keys_refused = KEYS_REFUSED

    def __init__(
        self, url: str, token: SecretStr | None = None, *, read_timeout_s: float = READ_TIMEOUT_S, name: str = ""
    ) -> None:
        """``token`` goes as a bearer token where the instance asks for one; ``name`` tells instances apart."""
        self._vendor = f"{VENDOR} {name}".strip()
        headers = {"Authorization": SecretStr(f"Bearer {token.get_secret_value()}")} if token else {}
        self._http = Http(
            self._vendor, url, headers=headers, read_timeout_s=read_timeout_s, code_of=code_of, causes=CAUSES
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def identity(self, realm: str) -> RunningAccount:
        """The account that the process reaches with the keys it runs with.

        Raises Unclear with code ``alpaca_unauthorized`` when Alpaca refuses those keys, and Unclear for a missing
        status; VendorError otherwise.
        """
        # Paper is the SOP's very call, which names no mode.
        params = {"mode": "live"} if realm == "live" else None
        reply = self._ask(f"read {realm} account", "GET", "/api/trading/account", params=params)
        body = reply.body if isinstance(reply.body, dict) else {}
        # `status` beside `alpaca_status` may speak of Raptor itself, so the more exact name wins.
        status = body.get("alpaca_status") or body.get("status")
        number = body.get("account_number")
        if not isinstance(status, str) or not (number is None or isinstance(number, str)):
            raise self._unclear(f"read {realm} account", "no account status in the answer", reply)
        return RunningAccount(status=status, account_number=number)

    def place_order(self, order: Mapping[str, str | int | float], *, mode: Mode, client_order_id: str) -> PlacedOrder:
        """Place an order through the process. ``order`` has Alpaca's fields (symbol, qty, side, type, ...).

        Raises Rejected with the code for every business refusal, 403 included: ``trading_disabled`` is the brake's,
        a number such as 40310000 or 42210000 is Alpaca's own and so comes from keys that Alpaca takes (ask
        ``is_business_code``: a gateway may repeat the status as its code); it never is 40110000, which means refused
        keys and raises Refused. After Unreachable or Unclear the order may exist: look it up at
        Alpaca by its client order id before repeating.
        """
        operation = f"place {mode} order"
        body = {**order, "mode": mode, "client_order_id": client_order_id}
        reply = self._ask(operation, "POST", "/api/trading/orders", json=body)
        answer = reply.body if isinstance(reply.body, dict) else {}
        order_id = answer.get("order_id") or answer.get("id")
        if not isinstance(order_id, str):
            raise self._unclear(operation, "no order id in the answer", reply)
        return PlacedOrder(order_id=order_id)

    def cancel_order(self, order_id: str, mode: Mode) -> None:
        """Ask for cancellation. Accepted is not canceled: look at Alpaca. Raises Missing, Rejected (already final)."""
        path = f"/api/trading/orders/{quote(order_id, safe='')}"
        self._ask(f"cancel {mode} order", "DELETE", path, params={"mode": mode})

    def trading_health(self, route: str = "/health/trading", field: str = "live_enabled") -> LiveEnabled:
        """Whether the process would place live orders. Never raises: all but a strict true or false is UNKNOWN."""
        try:
            reply = self._ask("read trading health", "GET", route)
        except VendorError as error:
            return unheard(error)
        enabled = reply.body.get(field) if isinstance(reply.body, dict) else None
        if not isinstance(enabled, bool):
            return LiveEnabled(Answer.UNKNOWN, f"{self._vendor}: the health page has no {field} that is true or false.")
        return LiveEnabled(Answer.YES if enabled else Answer.NO)

    def _ask(
        self, operation: str, method: str, path: str, *, params: Mapping[str, str] | None = None, json: Any = None
    ) -> Reply:
        try:
            return self._http.ask(operation, method, path, params=params, json=json)
        except VendorError as caught:
            error = caught
        raise in_raptors_terms(error)

    def _unclear(self, operation: str, fault: str, reply: Reply) -> Unclear:
        return Unclear(
            vendor=self._vendor,
            operation=operation,
            fault=fault,
            status=reply.status,
            remedy=ADVICE_ON_LOGS,
            transient=False,
        )


@dataclass(frozen=True, slots=True)
class RaptorApplication:
    """One instance of Raptor, by the name of its block."""

    name: str
    connect: Callable[[], RaptorClient]

    def place_order(self, order: Mapping[str, str | int], *, mode: str, client_order_id: str) -> str:
        """Place an order through it; return the order's ID. Raises Raptor's errors."""
        with self.connect() as raptor:
            return raptor.place_order(order, mode=mode, client_order_id=client_order_id).order_id

    def cancel_order(self, order_id: str, mode: str) -> None:
        """Ask for cancellation. Raises Raptor's errors."""
        with self.connect() as raptor:
            raptor.cancel_order(order_id, mode)

    def is_braked(self, error: VendorError) -> bool:
        """Whether it refuses because trading is disabled there."""
        return error.code == TRADING_DISABLED

    def lacks_keys(self, error: VendorError) -> bool:
        """Whether it says that its keys are not accepted."""
        return error.code in KEYS_REFUSED


class Raptor(Runtime):
    """One running instance of the trading API; one block document each (raptor-prod, raptor-staging)."""

    model_config = ConfigDict(hide_input_in_errors=True)

    takes_orders: ClassVar[bool] = True
    addresses: ClassVar[Mapping[str, str]] = {"url": "raptor"}

    _block_type_name = "Raptor"
    _block_type_slug = "raptor"
    # No logo and no page: it is an application of one's own.
    _description = "A running instance of the trading API: which account it reaches, and whether live trading is on."

    url: str = Field(title="Address", description="Such as https://api.raxx.app; http on a loopback address only.")
    token: SecretStr | None = Field(
        default=None, title="Bearer token", description="Only where the instance asks for one."
    )
    read_timeout_s: ReadTimeout = READ_TIMEOUT_S

    def get_client(self) -> RaptorClient:
        """A client for this instance."""
        name = self._block_document_name or ""
        return RaptorClient(self.url, self.token, read_timeout_s=self.read_timeout_s, name=name)

    @classmethod
    def application(cls, name: str, load: Callable[[], Self]) -> Application:
        """The instance, through which orders are placed. Its block is loaded only then."""
        return RaptorApplication(name, lambda: load().get_client())
