"""What is asked of the ledger while trading stands still, over more and more rows of other rotations.

Ratios compare figures of one run: a question whose time grows with what others did costs downtime.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from blocks.catalog import load_catalog
from blocks.ledger import deaths
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.model.rotation import Reason, Rotation
from blocks.prefect_api import heads, recording
from blocks.settings import ROOT
from tasks.brakes import brakes, standstill
from tasks.lookout import lookout, way_back
from tasks.person import tell_end, tell_form
from tasks.rotate import whose
from tasks.run import entries
from tests.bench import filled
from tests.bench.output import say

ROWS = [0, 5_000, 50_000]
TIMES = 7
# Asked by resume once trading goes on, so it costs no downtime.
AFTERWARDS = "what was entered elsewhere"


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of each question by its name, with so many rows of other rotations."""

    rows: int
    seconds: dict[str, float]


def measure(folder: Path, rows: int) -> Measured:
    """Ask each of them several times; medians."""
    url = SecretStr(f"sqlite:///{folder / f'questions-{rows}.db'}")
    ledger = filled.ledger_of(url, rows)
    catalog = ROOT / "deployments" / "catalog.toml"
    credential = load_catalog(catalog).get(filled.CREDENTIAL)
    rotation = Rotation(
        filled.ROTATION, credential, Reason.SCHEDULED, "run-now", "rekey", datetime.now(UTC), old=filled.OLD
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REKEY_LEDGER_URL", url.get_secret_value())
        patch.setenv("REKEY_CATALOG", str(catalog))
        return Measured(rows, {name: _median(ask) for name, ask in _questions(ledger, rotation)})


def report(measured: list[Measured]) -> None:
    """One line a question, and how it grows; the sum at the end."""
    say("\nQuestions asked of the ledger between pause and resume, over rows of other rotations (median, ratio)")
    say(f"  {'question':34s}" + "".join(f"{one.rows:>13,} rows" for one in measured))
    for name in measured[0].seconds:
        if name != AFTERWARDS:
            say(_line(name, [one.seconds[name] for one in measured]))
    say(_line("each of them once", [sum(one.seconds.values()) - one.seconds[AFTERWARDS] for one in measured]))
    say(_line(f"{AFTERWARDS} *", [one.seconds[AFTERWARDS] for one in measured]))
    say("  * asked when the brakes are off: it looks through what was entered for all credentials since")


def _line(name: str, seconds: list[float]) -> str:
    return f"  {name:34s}" + "".join(f"{1000 * one:9.1f} ms {one / seconds[0]:5.1f}x" for one in seconds)


def _median(ask: Callable[[], object]) -> float:
    # The first one compiles its statement.
    return statistics.median([_timed(ask) for _ in range(TIMES + 1)][1:])


def _timed(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began


def _questions(ledger: Ledger, rotation: Rotation) -> Iterator[tuple[str, Callable[[], object]]]:
    name = rotation.credential.name
    yield "is a ledger there", recording.open_ledger
    yield "the rotation's own rows", lambda: recording.history_of(rotation)
    yield "whether trading stands", lambda: tell_end.trading(rotation)
    yield "whether the brakes are over", lambda: brakes.are_over(rotation)
    yield "whether they are proved", lambda: standstill.is_known_to_be_lost(rotation)
    yield "what killed its pair", lambda: deaths.unsettled(recording.open_ledger(), name)
    yield "when the old pair died", lambda: lookout.died_at(rotation)
    yield "whether it may be ended", lambda: way_back.is_open(rotation)
    yield "what waits to be judged", lambda: entries.not_judged_yet(rotation)
    yield "what was put aside for it", lambda: entries.put_aside(rotation)
    yield "its forms", lambda: entries.forms_of(rotation)
    yield "whether its form was told", lambda: tell_form.was_told(rotation)
    yield "whose account a pair opens", lambda: whose.expected_account(rotation, None)
    yield "whether a sibling is rotated", lambda: recording.open_ledger().open_start("alpaca-paper")
    yield "which head goes with a message", lambda: heads.to_post(recording.open_ledger())
    yield AFTERWARDS, lambda: entries.entered_elsewhere(rotation, [filled.OLD, filled.NEW])
    yield "one row more", lambda: _one_more(ledger, rotation)


def _one_more(ledger: Ledger, rotation: Rotation) -> None:
    context = {"step": "verify", "outcome": "noted", "proofs": []}
    ledger.append(
        Action.STEP, rotation=rotation.id, credential=rotation.credential.name, actor=rotation.actor, context=context
    )
