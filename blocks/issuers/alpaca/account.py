"""An account as an identity, and what is kept of it before a click: for a live one also the figures that are compared.

Of a paper account no money value is kept: its validation needs identity only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from blocks.issuers.alpaca.client import AlpacaClient
from blocks.issuers.alpaca.models import Account, Order, Position
from blocks.issuers.terms import Identity
from blocks.model.rotation import Snapshot
from blocks.secret import Minted
from blocks.wire.parallel import together

# What never changes of an account, by its name in the ledger, and how people call it.
FIXED = {
    "account_id": "id",
    "account_number": "account number",
    "created_at": "creation time",
    "currency": "currency",
}
SUSPENDED_BY_OWNER = 'Trading is suspended by the account\'s owner ("Trades suspended" at Alpaca).'


@dataclass(frozen=True, slots=True)
class Opened(Identity):
    """The account that a pair opens, and what it holds where somebody asked for that."""

    account: Account | None = None
    positions: tuple[Position, ...] = ()


def opened(account: Account, positions: Sequence[Position] = ()) -> Opened:
    """An account in the words that every issuer has."""
    return Opened(
        subject=account.account_number,
        facts=facts_of(account),
        status=account.status,
        obstacles=account.flags,
        is_well=account.healthy,
        is_suspended=account.suspended,
        account=account,
        positions=tuple(positions),
    )


def facts_of(account: Account) -> dict[str, str]:
    """What never changes of it."""
    return {
        "account_id": account.id,
        "account_number": account.account_number,
        "created_at": account.created_at.isoformat(),
        "currency": account.currency,
    }


def snapshot_of(
    account: Account, positions: Sequence[Position], orders: Sequence[Order], *, with_money: bool
) -> Snapshot:
    """What is kept of it. Money is US dollars, as Alpaca writes them."""
    facts = {name: value for name, value in facts_of(account).items() if name != "account_number"}
    return Snapshot(
        subject=account.account_number,
        in_flight=len(orders),
        facts={
            **facts,
            "positions": quantities(positions),
            "equity": str(account.equity) if with_money else None,
            "cash": str(account.cash) if with_money else None,
        },
    )


def without_money(before: Snapshot) -> Snapshot:
    """What can still be compared after trading went on."""
    return replace(before, facts={**before.facts, "equity": None, "cash": None})


def money_of(before: Snapshot) -> tuple[Decimal, Decimal, Mapping[str, str]] | None:
    """Equity, cash, and the quantities that were held; None where no money was kept."""
    equity, cash = before.facts.get("equity"), before.facts.get("cash")
    if equity is None:
        return None
    return Decimal(str(equity)), Decimal(str(cash)), dict(before.facts.get("positions") or {})


def quantities(positions: Sequence[Position]) -> dict[str, str]:
    """Side and quantity by symbol."""
    return {one.symbol: f"{one.side} {one.qty}" for one in positions}


def all_of(client: AlpacaClient, pair: Minted) -> tuple[Account, list[Position], list[Order]]:
    """Account, positions and open orders, asked at once. Raises Alpaca's errors."""
    return together(partial(client.account, pair), partial(client.positions, pair), partial(client.open_orders, pair))
