"""One cell of the grid: a rotation that is killed at one point, started again, and meets one fault then."""

from __future__ import annotations

import random
from dataclasses import dataclass

from blocks.catalog import load_catalog
from blocks.settings import read_settings
from tests.chaos.contracts import play_of
from tests.chaos.faults import HANG, NONE, AfterRestart, fault_of
from tests.chaos.kill import Killer, armed
from tests.chaos.play import Play, Result, now
from tests.chaos.points import APPROVED, FRAIL, SEALED, Point
from tests.chaos.rows import ledger_file
from tests.operator import Operator

# Long enough for a machine that does other things as well; a fault's hang is met by this.
READ_TIMEOUT_S = 0.5


@dataclass(frozen=True, slots=True)
class Cell:
    """Which credential's rotation is killed where, and what goes wrong after the restart."""

    # Its name in the catalog; with `` sealed`` behind it when its form takes sealed entries alone, with `` approved``
    # when a second operator approves its plan, with `` frail`` when its applications fail with the dead pair.
    credential: str
    point: Point
    fault: str

    @property
    def name(self) -> str:
        """The credential's name in the catalog."""
        return self.credential.removesuffix(SEALED).removesuffix(APPROVED).removesuffix(FRAIL)

    def __str__(self) -> str:
        """As ``--only`` matches it; what is random in the cell follows from it."""
        return f"{self.credential} | {self.point} | {self.fault}"


def play(cell: Cell, operator: Operator) -> Result:
    """Rotate, kill, start again, and say how it went and which promise was broken."""
    if cell.credential.endswith(SEALED):
        demand(cell.name, 'entry = "sealed"')
    if cell.credential.endswith(APPROVED):
        demand(cell.name, 'proof = "passkey"\napprovals = 2')
    if cell.credential.endswith(FRAIL):
        for raptor in operator.estate.raptors.values():
            raptor.knobs.fails_with_a_dead_pair = True
    if cell.fault == HANG:
        operator.lose_patience(READ_TIMEOUT_S)
    one = play_of(operator, cell.name)
    if cell.credential.endswith(APPROVED):
        one.person.enrol_two()
    try:
        _killed(cell, one)
        restarted = now()
        fault = _fault(cell, operator)
        if not one.is_completed():
            one.attend(one.attempt())
        operator.estate.server.plan.clear()
        one.go_on()
    finally:
        one.end()
    return one.result(restarted, met=fault is None or fault.struck)


def demand(credential: str, fields: str) -> None:
    """Let this test's catalog say this of a credential, too."""
    place, table = read_settings().catalog, f"[credential.{credential}]\n"
    text = place.read_text()
    assert text.count(table) == 1
    place.write_text(text.replace(table, f"{table}{fields}\n"))


def _killed(cell: Cell, one: Play) -> None:
    consumers = len(load_catalog(read_settings().catalog).get(cell.name).consumers)
    # No secret: the same cell is to be the same again.
    killer = Killer(cell.point, consumers, ledger_file(), random.Random(str(cell)))  # noqa: S311
    with armed(killer, one.operator.estate.server.plan):
        killer.victim = attempt = one.attempt()
        one.attend(attempt, killer)
    if not killer.struck:
        one.violations.append("the point never came, so this cell proves nothing")
    one.violations += one.lost(attempt)


def _fault(cell: Cell, operator: Operator) -> AfterRestart | None:
    if cell.fault == NONE:
        return None
    fault = fault_of(cell.point, cell.fault, ledger_file())
    operator.estate.server.plan.add(fault)
    return fault
