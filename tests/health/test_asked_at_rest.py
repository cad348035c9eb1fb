"""Watch asks many credentials at once whether their pairs live, and looks closely only where that is in doubt."""

from __future__ import annotations

import logging
import threading

import pytest

from blocks.wire.parallel import all_at_once
from deployments.sandbox.faults import Fault, FaultKind
from tasks.watch import ask_at_rest
from tasks.watch.ask_at_rest import in_doubt
from tests.health.sudden_deaths import deaths, watched
from tests.health.support import LIVE, PAPER
from tests.operator import Operator
from tests.steps.support import alone


def doubted() -> list[str]:
    """What a run finds in doubt."""
    found: list[list[str]] = []
    assert alone(lambda: found.append(in_doubt())).is_completed()
    return found[0]


def test_a_pair_that_lives_is_asked_once_and_is_in_no_doubt(operator: Operator) -> None:
    journal = operator.estate.server.journal
    journal.clear()

    assert doubted() == []

    assert [len(journal.of(f"alpaca-{realm}")) for realm in ("paper", "live")] == [1, 1]


def test_one_that_is_refused_is_looked_at_closely_and_alone(operator: Operator) -> None:
    operator.regenerate_live()
    assert doubted() == [LIVE]

    operator.regenerate()
    assert doubted() == [PAPER, LIVE]


def test_no_clear_answer_is_no_doubt_and_is_said(operator: Operator, caplog: pytest.LogCaptureFixture) -> None:
    operator.estate.server.plan.add(Fault("alpaca-live", FaultKind.ANSWER, status=503, times=None))

    with caplog.at_level(logging.WARNING):
        assert doubted() == []

    assert "Alpaca does not say whether the pair of alpaca-live lives." in caplog.text


def test_a_vault_that_does_not_answer_hides_no_other_pair(operator: Operator, caplog: pytest.LogCaptureFixture) -> None:
    operator.regenerate()
    operator.regenerate_live()
    # Whichever of both is asked first.
    operator.estate.server.plan.add(Fault("infisical", FaultKind.ANSWER, path=".*secrets.*", status=500, times=1))

    with caplog.at_level(logging.WARNING):
        found = doubted()

    assert len(found) == 1
    assert "is unknown: " in caplog.text


@pytest.mark.usefixtures("deployments")
def test_what_was_told_of_a_death_is_looked_at_until_it_is_over(operator: Operator) -> None:
    operator.regenerate_live()
    watched()

    assert [row.credential for row in deaths(operator)] == [LIVE]
    assert doubted() == [LIVE]


def test_who_cannot_be_asked_in_time_is_told_and_is_no_death(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ask_at_rest, "WITHIN_S", -1)
    operator.regenerate_live()

    with caplog.at_level(logging.WARNING):
        assert doubted() == []

    assert "Whether the pair of alpaca-live lives was not asked: others took too long." in caplog.text


@pytest.mark.parametrize(("at_once", "most"), [(3, 3), (None, 12), (100, 12)])
def test_no_more_are_asked_at_a_time_than_may_be(at_once: int | None, most: int) -> None:
    lock, now, seen, together = threading.Lock(), [0], [0], threading.Barrier(most)

    def question() -> None:
        with lock:
            now[0] += 1
            seen[0] = max(seen[0], now[0])
        # Fewer would wait here for ever.
        together.wait(timeout=30)
        with lock:
            now[0] -= 1

    all_at_once([question] * 12, at_once=at_once)

    assert seen[0] <= (at_once or most)
