"""A rotation that will not go on is closed at the terminal, by its name and with a reason."""

from __future__ import annotations

from typing import Any

import pytest

from blocks.ledger.lease import Lease, held
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.settings import read_settings
from deployments.cli.main import main


def test_an_unfinished_rotation_is_closed_by_hand_with_name_and_reason(
    ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger.append(Action.STARTED, rotation="r-1", credential="alpaca-paper", actor="a person")
    close = ["ledger", "close", "alpaca-paper", "--operator", "somebody", "--reason", "done by hand"]
    assert main(close) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "Delete nothing in the vault's rekey/ folder yet: what is there may be the only copy." in told
    assert "First let `rekey health --credential alpaca-paper` prove that what is in the vault's own folder" in told
    assert ledger.open_start("alpaca-paper") is None
    assert (ledger.rows()[-1].actor, ledger.rows()[-1].context["reason"]) == (
        "claimed by somebody",
        "done by hand",
    )
    assert main(close) == 1
    assert "No rotation of alpaca-paper is open." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("rows", "left"),
    [
        ([{"engaged_before": {"brake of one": False, "brake of two": False}}], "brake of one, brake of two"),
        ([{"engaged_before": {"brake of one": True, "brake of two": False}}], "brake of two"),
        ([{"engaged_before": {"brake of one": True}}], None),
        (
            [
                {"engaged_before": {"brake of one": False}},
                {"resumed_at": "2026-11-21T12:00:00+00:00"},
                # The verified pair was disproved, so trading was stopped again.
                {"step": "verify", "disproved": True},
            ],
            "brake of one",
        ),
        # The paper keys were regenerated instead: that says nothing of the brakes of this one.
        (
            [{"engaged_before": {"brake of one": False}}, {"killed": "alpaca-paper", "engaged_before": {}}],
            "brake of one",
        ),
        ([{"engaged_before": {"brake of one": False}}, {"resumed_at": "2026-11-21T12:00:00+00:00"}], None),
        ([], None),
    ],
)
def test_closing_by_hand_names_the_brakes_that_stay_on(
    ledger: Ledger, capsys: pytest.CaptureFixture[str], rows: list[dict[str, Any]], left: str | None
) -> None:
    """Nothing releases them any more, and nobody else says that trading stands still."""
    ledger.append(Action.STARTED, rotation="r-1", credential="alpaca-live", actor="a person")
    for context in rows:
        action = Action.MISROTATION if "killed" in context else Action.STEP
        row = {"step": "pause", **context}
        ledger.append(action, rotation="r-1", credential="alpaca-live", actor="a person", context=row)

    assert main(["ledger", "close", "alpaca-live", "--operator", "somebody", "--reason", "done by hand"]) == 0

    told = " ".join(capsys.readouterr().out.split())
    sentence = f"This rotation stopped trading by {left}, and that is not released: release it by hand."
    assert (sentence in told) == (left is not None)
    assert ("stopped trading" in told) == (left is not None)


def test_a_rotation_whose_run_is_alive_is_not_closed_by_hand(
    ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = "00000000-0000-4000-8000-000000000000"
    ledger.append(Action.STARTED, rotation="r-1", credential="alpaca-paper", actor="a person")
    lease = Lease(read_settings().ledger_url, "alpaca-paper")
    lease.take(run_id, None)
    with held(lease, print, read_settings().lease_s):
        assert main(["ledger", "close", "alpaca-paper", "--operator", "somebody", "--reason", "by hand"]) == 1
    assert f"The run of this rotation lives: http://127.0.0.1:4200/v2/runs/flow-run/{run_id}." in (
        capsys.readouterr().err
    )
    assert ledger.open_start("alpaca-paper") is not None
