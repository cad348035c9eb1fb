"""The pages of what is no pair of keys: in its own words, and without what is not so for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from deployments.sandbox.estate import ONLY_HERE, Estate
from tests.console.acting import logged_in, post
from tests.console.conftest import RUN, Served
from tests.console.prefect_twin import LOGIN, RUNNING, PrefectTwin
from tests.steps.support import SHIPPED

POSTMARK, STRIPE, HEROKU, PAPER = "postmark-server", "stripe-test", "heroku-rekey", "alpaca-paper"
PAGE, TAKE = "/rotations/r-1", "/rotations/r-1/take"
TWO_LINES = "Preflight found 1 problem; no key was touched.\n1. The vault is full."


@pytest.fixture
def everything(
    alone: None,  # noqa: ARG001  # it sets the environment
    ledger: Ledger,
    serve: Callable[[], Served],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Served:
    """A console of the sandbox's catalog, which has credentials of every issuer."""
    path = tmp_path / "catalog.toml"
    with Estate() as estate:
        path.write_text(estate.catalog(SHIPPED.read_text() + ONLY_HERE.read_text()))
    monkeypatch.setenv("REKEY_CATALOG", str(path))
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", LOGIN)
    ledger.append(Action.PROTECTED, rotation="", credential="all credentials", actor="somebody", context={})
    running = serve()
    running.shows("Nothing waits for a person")
    return running


def start_page(served: Served, name: str) -> str:
    """The page before a rotation, for somebody who may start it."""
    answer = served.browser.get(f"/credentials/{name}/start", headers=logged_in(served, "ops"))
    return " ".join(answer.text.split())


@pytest.mark.parametrize(("name", "thing"), [(POSTMARK, "token"), (STRIPE, "key"), (PAPER, "pair")])
def test_before_a_start_it_is_said_what_a_person_is_asked_for(everything: Served, name: str, thing: str) -> None:
    text = start_page(everything, name)

    assert f"Then it asks for the new {thing}; nothing is stopped for it." in text
    assert f"account reset: also when its current {thing} is dead already" in text
    assert "before a form here tells you to" in text


def test_before_a_start_nobody_is_sent_to_wait_for_a_form_that_never_comes(everything: Served) -> None:
    text = start_page(everything, HEROKU)

    assert "Heroku's API makes the new token and ends the old one" in text
    assert "nobody is asked unless a step cannot go on" in text
    assert "Then it asks" not in text
    assert "form here" not in text


@pytest.mark.parametrize(
    ("name", "told"), [(HEROKU, "rekey lets Heroku make the new token"), (POSTMARK, "rekey asks for the new token")]
)
def test_only_where_a_person_makes_the_new_one_it_is_asked_for(everything: Served, name: str, told: str) -> None:
    everything.start(name)

    everything.shows(told, PAGE)


def test_who_decided_what_is_told_in_the_word_of_what_was_entered(everything: Served) -> None:
    everything.start(POSTMARK)
    everything.step("await_human_input", POSTMARK, fingerprint="ab", operator="somebody")

    everything.shows("somebody, entered the new token (token ab)", PAGE)


def test_an_old_key_that_outlives_its_rotation_is_told_with_its_date(everything: Served) -> None:
    everything.start(STRIPE)
    everything.step("preflight", STRIPE)
    dies = {"old": "ab", "old_dies_at": "2099-01-02T00:10:27+00:00"}
    everything.ledger.append(Action.OLD_KEPT, rotation="r-1", credential=STRIPE, actor="rekey", context=dies)
    everything.step("resume", STRIPE, action=Action.COMPLETED)

    everything.shows("<dd>dies by 2099-01-02 00:10:27 UTC, which is not proved yet</dd>", PAGE)
    assert "lived when preflight asked" not in everything.text(PAGE)
    everything.ledger.append(Action.OLD_DIED, rotation="r-1", credential=STRIPE, actor="rekey", context={"old": "ab"})
    everything.shows("<dd>dead, proved at ", PAGE)


def test_of_one_that_ended_the_headline_is_short_and_the_step_that_failed_says_so(everything: Served) -> None:
    everything.start(POSTMARK)
    everything.step("preflight", POSTMARK, outcome="failed", problem=TWO_LINES)
    context = {"reason": TWO_LINES}
    everything.ledger.append(Action.ABORTED, rotation="r-1", credential=POSTMARK, actor="rekey", context=context)

    everything.shows("and no key was replaced.</h1>", PAGE)
    text = everything.text(PAGE)
    assert f'<p class="lines">{TWO_LINES}</p>' in text
    assert f'href="/credentials/{POSTMARK}/start">Start it again</a>' in text
    assert '<strong>preflight</strong> <span class="word">did not work</span>' in text


def test_of_one_that_was_closed_after_a_new_key_was_accepted_nobody_says_that_none_was_replaced(
    everything: Served,
) -> None:
    everything.start(POSTMARK)
    everything.step("validate", POSTMARK, accepted="ab")
    context = {"reason": "the vendor is gone", "closed": "by hand", "operator": "ops"}
    everything.ledger.append(Action.ABORTED, rotation="r-1", credential=POSTMARK, actor="ops", context=context)

    everything.shows("before all was done.</h1>", PAGE)
    assert "no key was replaced" not in everything.text(PAGE)


def test_a_form_that_was_answered_is_not_asked_for_again(everything: Served, prefect_twin: PrefectTwin) -> None:
    """What was entered may be looked at for minutes: nobody is told that the form comes."""
    prefect_twin.show(RUN, "paused-1", "Delete it", {"properties": {}})
    everything.start(POSTMARK)
    everything.wait("retire", POSTMARK, awaited="the old token to be deleted")
    everything.shows(f"{POSTMARK}: delete the old token", "/")
    cookie = logged_in(everything, "ops")
    assert post(everything, TAKE, {"instead_of": ""}, **cookie).status_code == 200
    prefect_twin._states[RUN] = RUNNING
    everything.shows(f"({RUNNING})", "/")

    text = everything.browser.get(PAGE, headers=cookie).text

    assert "Prefect shows no form now: what was entered is being read." in text
    assert "data-watch" in text
    assert "comes in a moment" not in text


def test_a_prefect_that_is_slow_is_nothing_to_mend_and_is_asked_again(
    everything: Served, prefect_twin: PrefectTwin
) -> None:
    prefect_twin.show(RUN, "paused-1", "Make one", {"properties": {}})
    everything.start(POSTMARK)
    everything.wait(credential=POSTMARK)
    everything.shows(f"{POSTMARK}: enter the new token", "/")
    cookie = logged_in(everything, "ops")
    assert post(everything, TAKE, {"instead_of": ""}, **cookie).status_code == 200
    prefect_twin.quick.clear()
    try:
        text = everything.browser.get(PAGE, headers=cookie).text
    finally:
        prefect_twin.quick.set()

    assert "no answer in time" in text
    assert "This page asks again by itself." in text
    assert "data-watch" in text
    assert "PREFECT_API_AUTH_STRING" not in text
    assert "base URL" not in text
