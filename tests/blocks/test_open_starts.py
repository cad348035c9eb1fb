"""Which rotations are open, whatever a catalog names. In SQLite and in PostgreSQL alike."""

from __future__ import annotations

from pydantic import SecretStr

from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action, Row

PAPER, LIVE = "alpaca-paper", "alpaca-live"


def written(ledger: Ledger, action: Action, credential: str, rotation: str) -> Row:
    """One row."""
    return ledger.append(action, rotation=rotation, credential=credential, actor="a run")


def test_of_each_credential_the_newest_start_is_open_until_its_rotation_ends(url: SecretStr) -> None:
    ledger = Ledger(url)
    assert ledger.open_starts() == []
    written(ledger, Action.STARTED, PAPER, "r-1")
    written(ledger, Action.STARTED, LIVE, "r-2")
    again = written(ledger, Action.STARTED, PAPER, "r-1")
    written(ledger, Action.HELD, PAPER, "r-1")
    written(ledger, Action.COMPLETED, LIVE, "r-2")
    newest = written(ledger, Action.STARTED, LIVE, "r-3")

    assert ledger.open_starts() == [again, newest]
    assert ledger.open_starts() == [ledger.open_start(PAPER), ledger.open_start(LIVE)]

    written(ledger, Action.ABORTED, PAPER, "r-1")
    assert ledger.open_starts() == [newest]
