"""What waits for a person, and how every credential is."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blocks.ledger.lease import Lease
from blocks.ledger.row import Action
from blocks.settings import read_settings
from tests.console.conftest import RUN, Served

EVIL = "<script>alert(1)</script> \x1b[2J \u202e"


def test_it_says_what_to_do_and_what_it_costs(served: Served) -> None:
    served.start("alpaca-live")
    served.step(
        "pause",
        "alpaca-live",
        outcome="noted",
        engaged_before={"TRADING_LIVE_DISABLED on raxx-api-prod": False},
        paused_at="2026-11-28T10:00:00+00:00",
    )
    served.step("pause", "alpaca-live", brakes_proved=True)
    served.wait(credential="alpaca-live")

    served.shows("alpaca-live: enter the new pair")

    text = served.text()
    assert "1 rotation waits for a person" in text
    assert "Trading: stopped since 2026-11-28 10:00:00 UTC" in text or "Trading: stopped since 10:00:00 UTC" in text
    assert '<time datetime="2026-11-28T10:00:00+00:00" data-since="2026-11-28T10:00:00+00:00"></time>' in text
    assert f"/runs/flow-run/{RUN}" in text
    assert "Paused" not in text


@pytest.mark.parametrize(
    ("step", "awaited", "told"),
    [
        ("await_readiness", "you to be ready", "say whether you are ready"),
        ("await_human_input", "the new pair", "enter the new pair"),
        ("snapshot", "your decision about open orders", "decide what to do with the open orders"),
        ("equity", "your yes to another equity", "say whether the new equity is right"),
        ("hold", "a decision", "decide how to go on"),
        ("something newer", "a colour", "answer its form: it waits for a colour"),
    ],
)
def test_every_form_is_named_by_its_decision(served: Served, step: str, awaited: str, told: str) -> None:
    served.start()
    served.wait(step, awaited=awaited)

    served.shows(f"alpaca-paper: {told}")


def test_the_oldest_comes_first(served: Served) -> None:
    for credential in ("alpaca-live", "alpaca-paper"):
        served.start(credential, f"r-{credential}")
        served.wait(credential=credential, rotation=f"r-{credential}")

    served.shows("2 rotations wait for a person")

    text = served.text()
    assert text.index("alpaca-live: enter") < text.index("alpaca-paper: enter")


def test_where_trading_stands_still_comes_before_what_is_older(served: Served) -> None:
    served.start("alpaca-paper", "r-1")
    served.wait()
    served.start("alpaca-live", "r-2")
    served.step(
        "pause",
        "alpaca-live",
        "r-2",
        outcome="noted",
        engaged_before={"TRADING_LIVE_DISABLED on raxx-api-prod": False},
        paused_at="2026-11-28T10:00:00+00:00",
    )
    served.step("pause", "alpaca-live", "r-2", brakes_proved=True)
    served.wait(credential="alpaca-live", rotation="r-2")

    served.shows("2 rotations wait for a person")

    text = served.text()
    assert text.index("alpaca-live: enter") < text.index("alpaca-paper: enter")


def test_whose_form_is_about_to_come_is_not_started_again(served: Served) -> None:
    """Its run lives: it was held a moment ago, and asks."""
    served.start()
    served.step("validate", accepted="ab")
    served.step("", action=Action.HELD, reason="A consumer is missing.")

    served.shows("alpaca-paper: wait a moment: it was held, and tries again or asks")
    assert "Its run is about to ask what is to be done" in served.text()

    assert "start the rotation again: no form" not in served.text()
    assert "Close it by hand" not in served.text("/rotations/r-1")
    served.step("hold", operator="somebody", choice="retry this step")
    served.shows("Its run does what was chosen")
    assert "alpaca-paper: wait a moment" in served.text()


def test_a_held_credential_is_held_in_the_table_whatever_health_found_before(served: Served) -> None:
    served.start()
    health: dict[str, Any] = {"outcome": "ok", "depth": "light", "states": {}, "copies": {}}
    served.step("", action=Action.HEALTH_CHECKED, **health)
    served.shows(">ok<")
    served.step("", action=Action.HELD, reason="A consumer is missing.")
    served.wait("hold", awaited="a decision")

    served.shows("held since ")

    (cell,) = re.findall(r'data-label="state" class="trouble">(held since [^<]*)<', served.text())
    assert re.fullmatch(r"held since [0-9:]{8} UTC: role \S+ must act", cell)


def test_what_goes_on_by_itself_waits_for_nobody(served: Served) -> None:
    served.start()
    served.step("preflight")

    served.shows("Goes on by itself")

    assert "Nothing waits for a person" in served.text()
    assert "alpaca-paper: nothing to do, it goes on by itself" in served.text()


def test_a_run_that_is_silent_needs_people(served: Served) -> None:
    """Nobody is sent to a form that takes no answer."""
    served.start()
    served.wait()
    served.shows("alpaca-paper: enter the new pair")

    lease = Lease(read_settings().ledger_url, "alpaca-paper")
    seen = lease.look()
    lease.take(RUN, seen)
    lease.release()

    served.shows("alpaca-paper: start the rotation again: no form of it takes an answer")
    text = served.text()
    assert "No run of it lives: start the rotation again" in text
    assert "enter the new pair" not in text


def test_what_somebody_wrote_is_shown_and_never_obeyed(served: Served) -> None:
    served.start()
    served.wait("something newer", awaited=EVIL)
    served.shows("alpaca-paper: answer its form")

    text = served.text()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_ledger_that_cannot_be_read_is_told_at_the_top_and_the_rest_is_said_to_be_old(served: Served) -> None:
    served.start()
    served.wait()
    served.shows("enter the new pair")

    file = Path(str(served.ledger.engine.url.database))
    file.rename(file.with_suffix(".gone"))
    file.write_bytes(b"no database" * 1000)

    served.shows("<strong>Not up to date.</strong>")
    assert "alpaca-paper: enter the new pair" in served.text()


def test_a_page_that_cannot_be_read_says_why(served: Served) -> None:
    served.start()
    served.wait()
    served.shows("enter the new pair")
    file = Path(str(served.ledger.engine.url.database))
    file.write_bytes(b"no database" * 1000)

    answer = served.browser.get("/rotations/r-1")

    assert answer.status_code == 503
    assert "This page cannot be read now" in answer.text
    assert "ledger" in answer.text


def test_an_empty_ledger_is_no_proof_that_nothing_is_open(
    alone: None,  # noqa: ARG001  # it sets the environment
    serve: Callable[[], Served],
) -> None:
    """It may be the wrong one, and Prefect was not asked."""
    empty = serve()

    empty.shows("so nothing is known of any rotation")

    assert "What waits is not known" in empty.text()
    assert "Nothing waits" not in empty.text()


def test_a_new_row_is_shown_within_a_moment_and_only_its_credential_is_read_again(served: Served) -> None:
    served.start("alpaca-live", "r-2")
    served.wait(credential="alpaca-live", rotation="r-2")
    served.shows("alpaca-live: enter the new pair")
    served.step("x", "alpaca-live", "r-2", Action.ABORTED)

    served.shows("Nothing waits for a person")

    assert "alpaca-live: " not in served.text()


def test_an_open_incident_says_how_far_it_is(served: Served) -> None:
    suspects = [
        {"credential": one, "why": ["it is named"], "by_person": True} for one in ("alpaca-live", "alpaca-paper")
    ]
    facts = {"incident": "i-1", "reason": EVIL, "suspects": suspects}
    served.ledger.append(
        Action.INCIDENT_OPENED, rotation="", credential="all credentials", actor="claimed by Robin", context=facts
    )
    served.shows("Incident i-1: 2 of 2 have to be rotated")
    assert "<script>alert" not in served.text()
    served.start("alpaca-live")
    served.shows("<strong>alpaca-live</strong>: being rotated")

    closed = {"incident": "i-1", "reason": "found"}
    served.ledger.append(
        Action.INCIDENT_CLOSED, rotation="", credential="all credentials", actor="claimed by Robin", context=closed
    )
    served.start("alpaca-paper", "r-2")
    served.shows("alpaca-paper: nothing to do")
    assert "Incident i-1" not in served.text()
