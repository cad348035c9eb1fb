"""What a cell is judged by, made by hand: rows of a ledger, and faults that strike."""

from __future__ import annotations

from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.prefect_api.recording import DONE
from tests.faults.calls import call
from tests.faults.cell import Cell
from tests.faults.faults import LASTING, fault_of
from tests.faults.suspects import Trial

PATH = "/apps"


class Scene:
    """A ledger that is written by hand, and faults that strike when they are told to."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def trial(self, step: str) -> Trial:
        """A cell of that step that is being played."""
        one = call(step, "heroku", "GET", PATH)
        return Trial(Cell(one, "500", LASTING), fault_of(one, "500", LASTING, self.ledger), is_set=True)

    def row(self, step: str, outcome: str, **context: object) -> None:
        """What the ledger says of that step."""
        self.ledger.append(
            Action.STEP,
            rotation="one",
            credential="alpaca-live",
            actor="rekey",
            context={"step": step, "outcome": outcome, **context},
        )

    def done(self, *steps: str) -> None:
        """These steps are done, one after another."""
        for step in steps:
            self.row(step, DONE)

    def strike(self, trial: Trial) -> None:
        """A request meets the fault."""
        assert trial.fault.matches("heroku", "GET", PATH)
