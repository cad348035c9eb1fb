"""What `rekey status` says while somebody spoils the catalog."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from tests.steps.support import SHIPPED


def test_where_trading_stands_is_said_by_the_ledger_while_the_catalog_cannot_be_read(
    run: Callable[..., tuple[int, str, str]], ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody merges it just now: it said nothing of the rotation for which trading stood still."""
    catalog = tmp_path / "catalog.toml"
    catalog.write_text(f"<<<<<<< HEAD\n{SHIPPED.read_text()}")
    monkeypatch.setenv("REKEY_CATALOG", str(catalog))
    wrong = f"rekey: The catalog {catalog} is not valid TOML"
    assert run("status")[2].startswith(wrong)
    assert "Whether a rotation is open, and whether trading is stopped, is unknown." in run("status")[2]
    begun: dict[str, Any] = {"rotation": "r-live", "credential": "alpaca-live", "actor": "somebody"}
    ledger.append(Action.STARTED, **begun, context={"flow_run_id": "no-run"})
    pause: dict[str, object] = {"step": "pause", "outcome": "noted", "proofs": []}
    for facts in (
        {"engaged_before": {"a brake": False}, "paused_at": datetime.now(UTC).isoformat()},
        {"brakes_proved": True},
    ):
        ledger.append(Action.STEP, **begun, context={**pause, **facts})

    for words in (["status"], ["status", "--json"]):
        code, out, err = run(*words)
        assert (code, out) == (1, "")
        assert err.startswith(wrong)
        assert re.search(r"rotations are open: alpaca-live \(trading: stopped since \S+ UTC, for \d+ s now\)\.", err)
        assert err.endswith("Correct that line.\n")
    ledger.append(Action.ABORTED, **begun, context={})
    assert "No rotation is open." in run("status")[2]
