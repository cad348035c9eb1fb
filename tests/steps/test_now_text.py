"""What the page of a run says is computed from the rows of its rotation alone."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blocks.answer import Answer
from blocks.ledger import progress, trading
from blocks.ledger.history import History
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action, Row
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from tasks.person import now_text
from tasks.person.now_text import Moment
from tests.steps.live import live_rotation
from tests.steps.now_rows import AT, LINKS
from tests.steps.support import shipped

# Written by pause before anything is changed.
NOTE = {"step": "pause", "outcome": "noted", "engaged_before": {"brake": False}, "paused_at": AT.isoformat()}

PROVED = {"step": "pause", "outcome": "noted", "brakes_proved": True}

LOST = {**PROVED, "brakes_proved": False}

ENGAGED = {**NOTE, "engaged_before": {"brake": True}}

NOTHING_TO_PAUSE = {"step": "pause", "brakes_proved": False}

RESUMED = {"step": "resume", "outcome": "noted", "resumed_at": AT.isoformat()}


def rows_of(*contexts: dict[str, Any]) -> list[Row]:
    """Rows of steps that were done, unless they say otherwise."""
    whole = [{"outcome": "done", **one} for one in contexts]
    return [Row(n, AT, "r-test", "alpaca-paper", Action.STEP, "rekey", one, "", "") for n, one in enumerate(whole)]


def paper(**changed: Any) -> Rotation:
    """A rotation of a credential without brakes."""
    return replace(live_rotation(), credential=shipped(), **changed)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([{"step": "preflight"}, {"step": "validate", "accepted": "ab"}], ["preflight", "validate"]),
        # What was refused is not done, and a pair that is entered anew begins at validate again.
        ([{"step": "preflight"}, {"step": "validate", "rejected": "ab"}], ["preflight"]),
        ([{"step": "validate", "accepted": "ab"}, {"step": "store"}, {"step": "await_human_input"}], []),
        ([{"step": "validate", "accepted": "ab"}, {"step": "hold", "another_pair": True}], []),
        ([{"step": "validate", "accepted": "ab"}, {"step": "hold", "another_pair": False}], ["validate"]),
        ([{"step": "store", "outcome": "failed"}], []),
        ([{"step": "propagate", "subject": "heroku a"}], ["propagate (heroku a)"]),
    ],
)
def test_done_is_what_was_done_with_the_accepted_pair(steps: list[dict[str, Any]], expected: list[str]) -> None:
    assert progress.done(History.fold(rows_of(*steps))) == expected


@pytest.mark.parametrize(
    ("rotation", "moment", "expected"),
    [
        ({}, {"old_pair": Answer.YES, "asked_at": AT}, "lives: Alpaca accepted it at "),
        ({}, {"old_pair": Answer.NO, "asked_at": AT}, "unknown: Alpaca refused it once at "),
        ({}, {"old_pair": Answer.UNKNOWN, "asked_at": AT}, "unknown: Alpaca gave no clear answer at "),
        ({}, {}, "lived when preflight asked, at "),
        ({"old_is_dead": True}, {}, "dead: Alpaca refused it when this run began"),
        ({"accepted_before": "ab"}, {}, "unknown: the new pair is accepted, and retire will prove"),
    ],
)
def test_of_the_old_pair_is_told_what_was_proved(
    rotation: dict[str, Any], moment: dict[str, Any], expected: str
) -> None:
    told = now_text.old_pair(paper(**rotation), History.fold(rows_of({"step": "preflight"})), [], Moment(AT, **moment))

    assert told.startswith(expected)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], "not stopped by this rotation"),
        ([NOTE], "**unknown**: rekey began to stop it at "),
        ([NOTE, PROVED], "**stopped since "),
        ([NOTE, {"step": "pause"}], "**stopped since "),
        ([NOTE, {"step": "pause"}, LOST], "**unknown** since "),
        ([NOTE, {"step": "pause"}, LOST, {"step": "store"}], "**unknown** since "),
        ([NOTE, {"step": "pause"}, LOST, PROVED], "**stopped since "),
        # They are somebody else's: that the variables are set is no proof that they stop trading.
        ([ENGAGED], "**unknown**: the brakes were engaged before this rotation"),
        ([ENGAGED, PROVED], "stopped by somebody else"),
        ([ENGAGED, PROVED, LOST], "**unknown** since "),
        # Heroku did not say whose they are, so none was engaged: nobody stopped trading.
        ([LOST], "**unknown** since "),
        ([NOTE, {"step": "pause"}, RESUMED], "on again since "),
        # Another pair is to come, and the brakes that were released are not proved to be on again.
        ([NOTE, {"step": "pause"}, RESUMED, {"step": "hold", "another_pair": True}], "**unknown** since "),
        # Pause had nothing to do while trading was on, and then the verified pair was disproved.
        (
            [NOTE, {"step": "pause"}, RESUMED, NOTHING_TO_PAUSE, {"step": "verify", "disproved": True}],
            "**unknown** since ",
        ),
    ],
)
def test_trading_stands_only_where_that_was_proved(ledger: Ledger, steps: list[dict[str, Any]], expected: str) -> None:
    rotation = live_rotation()
    for step in steps:
        context = {"outcome": "done", **step}
        ledger.append(Action.STEP, rotation=rotation.id, credential="alpaca-live", actor="rekey", context=context)

    told = trading.told(rotation.credential, History.fold(ledger.rows()), [])

    assert told.startswith(expected)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"brakes_proved": True}, "**stopped since "),
        ({"brakes_proved": False}, "**unknown** since "),
        ({}, "**unknown**: rekey began to stop it at "),
    ],
)
def test_what_was_proved_when_the_death_was_told_counts_until_pause_comes_to_it(
    ledger: Ledger, said: dict[str, Any], expected: str
) -> None:
    context = {"killed": "alpaca-live", "engaged_before": {"brake": False}, "paused_at": AT.isoformat(), **said}
    ledger.append(Action.DIED, rotation="", credential="alpaca-live", actor="rekey", context=context)

    live, killed = live_rotation(), ledger.rows()
    told = trading.told(live.credential, History(), killed)

    assert told.startswith(expected)
    # Whoever reads that it is stopped reads for how long.
    stands = expected.startswith("**stopped")
    assert bool(re.search(r", for .+ now$", trading.told_now(live.credential, History(), killed))) is stands
    page = now_text.page(live, History(), killed, Moment(datetime.now(UTC)), LINKS)
    assert bool(re.search(r", for .+ when this was written", page)) is stands


def test_a_run_that_ends_before_its_rotation_says_what_to_do_next(ledger: Ledger) -> None:
    assert ledger.rows() == []

    told = now_text.page(paper(), History.fold(rows_of({"step": "preflight"})), [], Moment(AT, ended=True), LINKS)

    assert told.startswith("# Start the rotation of alpaca-paper again: this run ended, and it goes on where it stood.")
    assert "| Brakes | nothing to pause: it has none |" in told
    assert "| Form | in [the run]" in told


@pytest.mark.parametrize(
    ("helps", "expected"),
    [
        ("", "# Nothing to do: the rotation of alpaca-paper is over, and no key was replaced."),
        ("Start it anew.", r"# Start it anew. No key was replaced."),
    ],
)
def test_a_rotation_that_is_over_says_what_to_do_and_shows_no_form(ledger: Ledger, helps: str, expected: str) -> None:
    rotation = paper()
    context = {"reason": "...", "what_would_help": helps}
    ledger.append(Action.ABORTED, rotation=rotation.id, credential="alpaca-paper", actor="rekey", context=context)

    told = now_text.page(rotation, History.fold(ledger.rows()), [], Moment(AT), LINKS)

    assert told.startswith(f"{expected}\n")
    assert "Resume" not in told


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.4, "0 s"), (59, "59 s"), (446, "7 min 26 s"), (7260, "2 h 1 min"), (-3, "0 s")]
)
def test_a_time_is_told_as_people_say_it(seconds: float, expected: str) -> None:
    assert trading.lasted(seconds) == expected


def test_another_day_is_named() -> None:
    # Not AT: the tests may have begun yesterday.
    assert trading.clock(datetime.now(UTC)).count("-") == 0
    assert trading.clock(AT - timedelta(days=2)).count("-") == 2


@pytest.mark.parametrize("step", list(progress.DOES))
def test_what_a_step_does_says_nothing_of_what_an_issuer_may_not_have(step: Step) -> None:
    """Also a vendor that the catalog describes may have brakes, and tells of no orders."""
    assert "order" not in progress.does(live_rotation().credential, step, "A vendor", by_api=False)
