"""Snapshot: the account as it is before the click, so that the new pair can be shown to open the same one.

Looks first at the ledger: a continued rotation keeps the snapshot of its first run, because the old pair may be dead
by now. Keeps no money value: paper validation needs identity only.
"""

from __future__ import annotations

from prefect import task

from blocks import estate, recording
from blocks.recording import Record, recorded
from blocks.rotation import Rotation, Snapshot
from tasks import policy
from tasks.preflight import current_pair

STEP = "snapshot"


@task(name=STEP, **policy.STEP)
def snapshot(rotation: Rotation) -> Snapshot | None:
    """Read account, all pages of open orders and positions with the current pair.

    None when the old pair was dead before the rotation began: then no account can be compared.
    """
    earlier = recording.step_rows(rotation.id, STEP)
    if earlier and earlier[0].context.get("account_id"):
        return Snapshot.from_context(earlier[0].context)
    with recorded(rotation, STEP) as record:
        if rotation.forced:
            record.prove("No snapshot: the old pair is dead. The new pair's account is reported, not compared.")
            return None
        return _taken(rotation, record)


def _taken(rotation: Rotation, record: Record) -> Snapshot:
    pair = current_pair(rotation.credential)
    with estate.alpaca().get_client(rotation.credential.environment) as client:
        account = client.account(pair)
        orders = client.open_orders(pair)
        positions = client.positions(pair)
    taken = Snapshot(
        account_id=account.id,
        account_number=account.account_number,
        created_at=account.created_at.isoformat(),
        currency=account.currency,
        open_orders=len(orders),
        positions={one.symbol: f"{one.side} {one.qty}" for one in positions},
    )
    record.note(**taken.as_context())
    record.prove(
        f"Account {account.account_number}: {len(orders)} open orders, {len(positions)} positions. "
        "A new pair must open this account."
    )
    return taken
