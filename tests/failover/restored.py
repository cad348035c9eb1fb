"""Everything is lost in the middle of a live rotation, and restored from a backup; only vendors are still there."""

from __future__ import annotations

import shutil
from pathlib import Path

from deployments.production.here import Here
from deployments.production.production import WORKERS, Production
from deployments.sandbox.estate import Estate
from tests.failover.attendant import SUBMITTED
from tests.failover.cells import Cell
from tests.failover.play import Play, Result, prepare

ASKED_AGAIN = "the form was asked again for the pair that was entered after the backup"


class Restored(Play):
    """One cell. Its production is another one after the loss."""

    def __init__(self, production: Production, cell: Cell, backup: Path) -> None:
        super().__init__(production, cell)
        self._backup = backup

    def _form_is_shown(self) -> None:
        self.production.back_up(self._backup)
        super()._form_is_shown()

    def _strike(self) -> None:
        first = self.production
        first.lose_everything()
        second = Production(first.here.again(self._backup / "secrets"), first.estate, self._backup)
        second.__enter__()
        self.production = second
        self.person.forget()

    def play(self) -> Result:
        """Until it is completed. What the backup does not know may be asked for again."""
        result = super().play()
        if SUBMITTED in result.violations:
            result.violations = [one for one in result.violations if one != SUBMITTED]
            result.told.append(ASKED_AGAIN)
        return result


def played(cell: Cell, home: Path) -> Result:
    """In a production of its own, whose files are in this folder."""
    backup = home.with_name(f"{home.name}-backup")
    for folder in (home, backup):
        shutil.rmtree(folder, ignore_errors=True)
    with Estate() as estate:
        production = Production(Here.made(home, WORKERS), estate)
        production.__enter__()
        play: Play | None = None
        try:
            prepare(production)
            play = Restored(production, cell, backup)
            return play.play()
        finally:
            (play.production if play else production).__exit__()
            shutil.rmtree(backup, ignore_errors=True)
