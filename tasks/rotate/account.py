"""What is kept of an account before a click: its identity, and for a live one the figures that validation compares."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from blocks.issuers.alpaca.block import Account, AlpacaClient, Order, Position
from blocks.model.credential import Credential
from blocks.model.rotation import Snapshot
from blocks.prefect_api import estate
from blocks.secret import Pair
from blocks.wire.parallel import together


def read_account(credential: Credential, pair: Pair) -> Snapshot:
    """Account, positions and the number of open orders, as this pair sees them. Raises Alpaca's errors."""
    with estate.alpaca().get_client(credential.environment) as client:
        return snapshot_of(credential, *all_of(client, pair))


def all_of(client: AlpacaClient, pair: Pair) -> tuple[Account, list[Position], list[Order]]:
    """Account, positions and open orders, asked at once."""
    return together(partial(client.account, pair), partial(client.positions, pair), partial(client.open_orders, pair))


def snapshot_of(
    credential: Credential, account: Account, positions: Sequence[Position], orders: Sequence[Order]
) -> Snapshot:
    """No money value of a paper account: its validation needs identity only."""
    live = credential.environment == "live"
    return Snapshot(
        account_id=account.id,
        account_number=account.account_number,
        created_at=account.created_at.isoformat(),
        currency=account.currency,
        open_orders=len(orders),
        positions=quantities(positions),
        equity=str(account.equity) if live else None,
        cash=str(account.cash) if live else None,
    )


def quantities(positions: Sequence[Position]) -> dict[str, str]:
    """Side and quantity by symbol."""
    return {one.symbol: f"{one.side} {one.qty}" for one in positions}
