"""What settles a pair that died outside of its own rotation: a completed rotation, or that it lives again."""

from __future__ import annotations

from typing import Any

from blocks.ledger import deaths as ledger_deaths
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action

PAPER, LIVE = "alpaca-paper", "alpaca-live"


def told(ledger: Ledger, action: Action, credential: str = LIVE, **context: Any) -> None:
    """One more row about the live pair; a mis-rotation belongs to the rotation that noticed it, paper's."""
    ledger.append(action, rotation="r-1", credential=credential, actor="somebody", context=context)


def by_death(ledger: Ledger) -> None:
    """The live pair's death was seen beside paper's form."""
    told(ledger, Action.MISROTATION, PAPER, killed=LIVE, noticed="death", dead="a" * 12)


def unsettled(ledger: Ledger) -> list[Action]:
    """What is open still."""
    return [row.action for row in ledger_deaths.unsettled(ledger, LIVE)]


def test_a_misrotation_that_is_taken_back_is_settled(ledger: Ledger) -> None:
    by_death(ledger)
    told(ledger, Action.WITHDRAWN, PAPER, revived=PAPER)
    assert unsettled(ledger) == [Action.MISROTATION], "that was about another pair"

    told(ledger, Action.WITHDRAWN, PAPER, revived=LIVE)

    assert unsettled(ledger) == []
    by_death(ledger)
    assert unsettled(ledger) == [Action.MISROTATION]


def test_a_death_that_was_none_is_settled(ledger: Ledger) -> None:
    told(ledger, Action.DIED, killed=LIVE, dead="a" * 12)
    told(ledger, Action.RECOVERED, PAPER, lives="b" * 12)
    assert unsettled(ledger) == [Action.DIED], "that was about another pair"

    told(ledger, Action.RECOVERED, lives="a" * 12)

    assert unsettled(ledger) == []


def test_a_pair_that_was_put_aside_is_settled_by_its_rotation_alone(ledger: Ledger) -> None:
    """Noticed twice, by death and by the new pair: an old one that seems to live again was regenerated all the same."""
    by_death(ledger)
    told(ledger, Action.MISROTATION, PAPER, killed=LIVE, noticed="typed", fingerprint="c" * 12)
    told(ledger, Action.WITHDRAWN, PAPER, revived=LIVE)
    told(ledger, Action.RECOVERED, lives="a" * 12)

    assert unsettled(ledger) == [Action.MISROTATION, Action.MISROTATION]

    told(ledger, Action.COMPLETED)
    assert unsettled(ledger) == []


def test_the_first_alarm_is_about_the_pair_that_is_dead_now(ledger: Ledger) -> None:
    """What had been found before an older alarm says nothing of the brakes before this one."""
    assert ledger_deaths.first_alarm([]) is None
    by_death(ledger)
    told(ledger, Action.MISROTATION, PAPER, killed=LIVE, noticed="typed", fingerprint="c" * 12)
    rows = ledger_deaths.unsettled(ledger, LIVE)
    assert ledger_deaths.first_alarm(rows) == rows[0]

    told(ledger, Action.DIED, killed=LIVE, dead="d" * 12)

    rows = ledger_deaths.unsettled(ledger, LIVE)
    assert ledger_deaths.first_alarm(rows) == rows[2]


def test_a_death_that_was_told_twice_was_found_as_it_was_told_first(ledger: Ledger) -> None:
    """The second one finds the brakes that rekey engaged for the first."""
    by_death(ledger)
    told(ledger, Action.DIED, killed=LIVE, dead="a" * 12)

    rows = ledger_deaths.unsettled(ledger, LIVE)
    assert ledger_deaths.first_alarm(rows) == rows[0]
