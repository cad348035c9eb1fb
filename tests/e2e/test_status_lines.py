"""What `rekey status` prints of one rotation, line by line; and what the demo prints for whoever asks for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from blocks.ledger.decisions import Decided
from blocks.model.words import words_for
from deployments.cli.exit_codes import Standing
from deployments.cli.status import Status, lines_of
from deployments.local.demo import _exports
from deployments.local.places import Places
from deployments.local.prefect_environment import prefect_environment

NOW = datetime(2026, 11, 28, 10, tzinfo=UTC)
HELD = "It is held: 1 of 2 consumers have it. Missing:\n1. heroku raxx-desk\nCorrect that."
STATUS = Status(
    "postmark-server",
    Standing.NEEDS_PEOPLE,
    "nothing to pause: it has none",
    "r-1",
    (),
    HELD,
    NOW,
    "rekey",
    "",
    "PAUSED",
)


def test_a_line_end_within_a_fact_is_a_space() -> None:
    """The terminal shows a control character as what it is, and people read a backslash and an n."""
    told = dict(lines_of(STATUS))

    assert told["now"] == "It is held: 1 of 2 consumers have it. Missing: 1. heroku raxx-desk Correct that."


def test_what_somebody_entered_is_called_as_its_issuer_calls_it() -> None:
    decided = (Decided(NOW, "Sam", "entered the new pair (pair ab)", "by passkey"),)

    told = dict(lines_of(replace(STATUS, decided=decided, words=words_for("token"))))

    assert "Sam, entered the new token (token ab) (by passkey)" in told["decided"]


def test_health_at_a_terminal_of_the_demo_finds_the_environment_of_its_worker(tmp_path: Path) -> None:
    """Else it says that a worker would not outlive an outage of Prefect, where only the terminal would not."""
    places = Places.made(tmp_path)

    lines = [*_exports(prefect_environment(places, 4200), places)]

    assert "export PREFECT_CLIENT_MAX_RETRIES=10" in lines
    assert "export PREFECT_CLIENT_RETRY_EXTRA_CODES=500,504" in lines
