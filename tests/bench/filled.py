"""A ledger with many rows of other rotations, and one live rotation that stands between pause and resume.

Written at once and with a whole chain: one by one, fifty thousand would take minutes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import Any

from pydantic import SecretStr

from blocks.ledger.chain import GENESIS, canonical, digest
from blocks.ledger.database import engine_for, table, transaction
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.secret import fingerprint

ROTATION = "r-now"
CREDENTIAL = "alpaca-live"
OLD, NEW = (fingerprint(SecretStr(one)) for one in ("the old one", "the new one"))
# Whose the other rotations are. The first quarter of them is of the credential that is rotated now.
OTHERS = ("alpaca-paper", "another-paper", "another-live")
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)

# Action and context of a row.
_Step = tuple[Action, dict[str, Any]]


def ledger_of(url: SecretStr, others: int) -> Ledger:
    """A ledger with so many rows of other rotations, and after them those of the rotation that goes on now."""
    ledger = Ledger(url)
    earlier = [*islice(_of((CREDENTIAL,)), others // 4), *islice(_of(OTHERS), others - others // 4)]
    rows = [*earlier, *((ROTATION, CREDENTIAL, one) for one in _until_verified("run-now", OLD, NEW))]
    with transaction(engine_for(url)) as connection:
        connection.execute(table.insert(), list(_chained(rows)))
    return ledger


def _of(credentials: tuple[str, ...]) -> Iterator[tuple[str, str, _Step]]:
    for number in count():
        credential = credentials[number % len(credentials)]
        old, new = (fingerprint(SecretStr(f"{credential} {one}")) for one in (number, number + len(credentials)))
        for step in _whole(f"run-{credential}-{number}", old, new):
            yield f"r-{credential}-{number}", credential, step


def _chained(rows: list[tuple[str, str, _Step]]) -> Iterator[dict[str, Any]]:
    previous = GENESIS
    for sequence, (rotation, credential, (action, context)) in enumerate(rows, start=1):
        at, actor = (_BEGAN + timedelta(minutes=sequence)).isoformat(), "rekey (run somebody)"
        facts = [sequence, at, rotation, credential, action.value, actor, context, previous]
        now = digest(facts)
        names = ("sequence", "at", "rotation", "credential", "action", "actor", "context", "previous", "hash")
        yield dict(zip(names, [*facts[:6], canonical(json.loads(canonical(context))), previous, now], strict=True))
        previous = now


def _whole(run: str, old: str, new: str) -> Iterator[_Step]:
    """The rows of a live rotation from its start to its end."""
    yield from _until_verified(run, old, new)
    yield Action.STEP, {"step": "resume", "outcome": "noted", "resumed_at": _BEGAN.isoformat(), "proofs": []}
    yield _done("resume", left=[])
    yield Action.COMPLETED, {"old": old, "new": new, "brakes_left_engaged": [], "brakes_unknown_before": []}


def _until_verified(run: str, old: str, new: str) -> Iterator[_Step]:
    account: dict[str, Any] = {
        "account_id": "an-id",
        "account_number": "123456789",
        "created_at": "2024",
        "currency": "USD",
    }
    account |= {"open_orders": 0, "positions": {}, "equity": "100000.00", "cash": "100000.00"}
    yield Action.STARTED, {"flow_run_id": run, "reason": "scheduled", "continued": False}
    yield _done("preflight", old=old, siblings={"alpaca-paper": account}, own_account=account)
    yield _waiting("await_readiness", run, "ready")
    yield _done("await_readiness", operator="Robin Operator", choice="ready")
    before = {"production/DISABLE_LIVE_TRADING": False}
    yield (
        Action.STEP,
        {"step": "pause", "outcome": "noted", "engaged_before": before, "paused_at": _BEGAN.isoformat(), "proofs": []},
    )
    yield _done("pause")
    yield _done("snapshot", **account)
    yield _waiting("await_human_input", run, "pair")
    yield (
        Action.STEP,
        {"step": "await_human_input", "outcome": "noted", "old_died_at": _BEGAN.isoformat(), "proofs": []},
    )
    yield _done("await_human_input", run=run, form=f"{run}-pair", fingerprint=new, operator="Robin Operator")
    yield _done("validate", accepted=new, account_number="123456789")
    yield _done("store")
    for label in ("heroku:production", "heroku:worker", "github:raxx/desk", "slack:#trading"):
        yield _done("propagate", subject=label)
    yield _done("verify", account_number="123456789", suspended=False)
    yield _done("retire", old_pair="dead")


def _done(step: str, **facts: Any) -> _Step:
    told = ["One proof, as long as they are in the ledger of a real rotation.", "Another proof of the same length."]
    hosts = ["api.alpaca.example", "vault.example"]
    return Action.STEP, {"step": step, "outcome": "done", "seconds": 1.25, "proofs": told, "hosts": hosts, **facts}


def _waiting(step: str, run: str, form: str) -> _Step:
    shown = {"form": f"{run}-{form}", "run": run, "where": f"https://prefect.example/runs/{run}", "told": True}
    return Action.STEP, {"step": step, "outcome": "waiting", "seconds": 0, "awaited": "the new pair", **shown}
