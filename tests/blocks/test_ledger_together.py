"""Several processes write the same ledger: no row is lost, the chain stays whole, and one start wins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import SecretStr

from blocks.errors import StepError
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.wire.parallel import all_at_once
from tests.chaos.attempt import forked

TIMEOUT_S = 20.0
PROCESSES = 3
ROWS_EACH = 12


def append_rows(url: str, who: int, barrier: Any, _: Any) -> None:
    """Append rows, each through a ledger that is opened for it: as a step does."""
    barrier.wait(TIMEOUT_S)
    for number in range(ROWS_EACH):
        Ledger(SecretStr(url)).append(
            Action.STEP, rotation=f"r-{who}", credential="alpaca-paper", actor="somebody", context={"number": number}
        )


def start_once(url: str, who: int, barrier: Any, told: Any) -> None:
    """Start a rotation at the same moment as the others do."""
    ledger = Ledger(SecretStr(url))
    newest = ledger.newest_start("alpaca-paper")
    barrier.wait(TIMEOUT_S)
    try:
        ledger.start(rotation=f"r-{who}", credential="alpaca-paper", actor="a run", context={}, only_after=newest)
    except StepError as refused:
        told.put(refused.problem)
    else:
        told.put("started")


def together(work: Callable[..., None], url: SecretStr) -> list[str]:
    """Run it in processes that begin at the same moment; return what they told."""
    context = forked()
    barrier, told = context.Barrier(PROCESSES), context.Queue()
    runs = [context.Process(target=work, args=(url.get_secret_value(), who, barrier, told)) for who in range(PROCESSES)]
    for run in runs:
        run.start()
    for run in runs:
        run.join(TIMEOUT_S)
    assert [run.exitcode for run in runs] == [0] * PROCESSES
    return [told.get(timeout=1) for _ in runs] if work is start_once else []


def test_processes_that_append_at_the_same_time_lose_no_row_and_keep_the_chain(url: SecretStr) -> None:
    """Also the first one ever: all of them find that there is no table yet."""
    together(append_rows, url)

    ledger = Ledger(url)
    assert ledger.verify() is None
    assert len(ledger.rows()) == PROCESSES * ROWS_EACH
    for who in range(PROCESSES):
        assert [row.context["number"] for row in ledger.rows(rotation=f"r-{who}")] == list(range(ROWS_EACH))


def test_only_one_of_several_starts_at_the_same_moment_wins(url: SecretStr) -> None:
    told = together(start_once, url)

    assert told.count("started") == 1
    assert told.count("Another run started to rotate alpaca-paper at the same moment.") == PROCESSES - 1
    assert len(Ledger(url).rows()) == 1


def test_threads_of_one_step_append_at_the_same_time(url: SecretStr) -> None:
    """Consumers are updated in parallel, and each records what it did."""
    ledger = Ledger(url)

    def append() -> None:
        Ledger(url).append(Action.STEP, rotation="r-1", credential="alpaca-paper", actor="somebody")

    all_at_once([append] * 8)

    assert len(ledger.rows()) == 8
    assert ledger.verify() is None
