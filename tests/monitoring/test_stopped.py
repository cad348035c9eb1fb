"""Since when trading stands still counts from the alarm, and goes on after a rotation that was closed by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blocks.catalog import load_catalog
from blocks.ledger import history, stopped
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.settings import ROOT

LIVE = load_catalog(ROOT / "deployments" / "catalog.toml").get("alpaca-live")
LABELS = [one.label for one in LIVE.brakes]
AT = datetime.now(UTC) - timedelta(hours=3)
OFF, ON = dict.fromkeys(LABELS, False), dict.fromkeys(LABELS, True)
Write = Callable[..., None]


@pytest.fixture
def write(ledger: Ledger) -> Write:
    """One row of the live pair, of a rotation."""

    def written(action: Action, rotation: str = "", **facts: Any) -> None:
        ledger.append(action, rotation=rotation, credential=LIVE.name, actor="rekey", context=facts)

    return written


def since(ledger: Ledger) -> str | None:
    """Since when it stands still, by the ledger; and nothing of it is unknown."""
    start = ledger.open_start(LIVE.name)
    found = stopped.of(ledger, LIVE, history.of(ledger, start.rotation) if start else None)
    assert not found.is_unknown
    return found.since


def died(write: Write, at: datetime = AT, **facts: Any) -> None:
    """Its pair died by itself, and the brakes went on."""
    write(Action.DIED, killed=LIVE.name, dead="ab", paused_at=at.isoformat(), brakes_proved=True, **facts)


def stops(write: Write, rotation: str, before: dict[str, bool], at: datetime = AT) -> None:
    """A rotation begins, and stops trading."""
    write(Action.STARTED, rotation, reason="scheduled", flow_run_id="1")
    noted = {"step": "pause", "paused_at": at.isoformat(), "engaged_before": before}
    write(Action.STEP, rotation, outcome="noted", **noted)
    write(Action.STEP, rotation, outcome="done", step="pause", brakes_proved=True)


def test_a_death_counts_before_any_rotation_and_while_that_waits_for_somebody(ledger: Ledger, write: Write) -> None:
    died(write, engaged_before=OFF)
    assert since(ledger) == AT.isoformat()

    write(Action.STARTED, "r-1", reason="account reset", flow_run_id="1")
    write(Action.STEP, "r-1", step="await_readiness", outcome="waiting", awaited="you to be ready", form="f")
    assert since(ledger) == AT.isoformat()

    write(Action.ABORTED, "r-1", reason="preflight failed")
    assert since(ledger) == AT.isoformat()


def test_a_death_that_was_none_leaves_its_brakes_on_until_somebody_releases_them(ledger: Ledger, write: Write) -> None:
    died(write, engaged_before=OFF)
    write(Action.RECOVERED)
    assert since(ledger) == AT.isoformat()

    write(Action.HEALTH_CHECKED, outcome="ok", released=LABELS)

    assert since(ledger) is None


def test_one_that_was_closed_by_hand_counts_until_its_brakes_are_found_released(ledger: Ledger, write: Write) -> None:
    stops(write, "r-1", OFF)
    assert stopped.own_brakes(ledger, LIVE.name, "r-1") == ", ".join(LABELS)
    write(Action.ABORTED, "r-1", closed="by hand")
    assert since(ledger) == AT.isoformat()
    # Another one begins, finds them on, and ends before it changed anything.
    write(Action.STARTED, "r-2", reason="scheduled", flow_run_id="2")
    assert since(ledger) == AT.isoformat()
    write(Action.ABORTED, "r-2", reason="preflight failed")
    write(Action.HEALTH_CHECKED, outcome="failed", released=LABELS[1:])
    assert since(ledger) == AT.isoformat()

    write(Action.HEALTH_CHECKED, outcome="ok", released=LABELS)

    assert since(ledger) is None


def test_a_rotation_that_engaged_them_anew_counts_for_itself(ledger: Ledger, write: Write) -> None:
    stops(write, "r-1", OFF)
    write(Action.ABORTED, "r-1", closed="by hand")
    later = AT + timedelta(hours=1)
    stops(write, "r-2", OFF, later)
    assert since(ledger) == later.isoformat()
    write(Action.STEP, "r-2", step="resume", outcome="noted", resumed_at=datetime.now(UTC).isoformat())
    write(Action.ABORTED, "r-2", reason="Nobody clicked.")

    assert since(ledger) is None


@pytest.mark.parametrize("before", [OFF, ON])
def test_a_completed_rotation_took_them_over(ledger: Ledger, write: Write, before: dict[str, bool]) -> None:
    stops(write, "r-1", OFF)
    write(Action.ABORTED, "r-1", closed="by hand")
    stops(write, "r-2", before)
    write(Action.COMPLETED, "r-2", brakes_left_engaged=[])

    assert since(ledger) is None


def test_brakes_that_were_never_proved_are_unknown_also_after_the_end(ledger: Ledger, write: Write) -> None:
    write(Action.STARTED, "r-1", reason="scheduled", flow_run_id="1")
    write(Action.STEP, "r-1", outcome="noted", step="pause", paused_at=AT.isoformat(), engaged_before=OFF)
    write(Action.ABORTED, "r-1", closed="by hand")
    assert stopped.of(ledger, LIVE, None) == stopped.Stopped(is_unknown=True)

    write(Action.HEALTH_CHECKED, outcome="ok", released=LABELS)

    assert stopped.of(ledger, LIVE, None) == stopped.Stopped()
