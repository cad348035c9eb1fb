"""The page of one rotation."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blocks.ledger.row import Action
from blocks.operators import enrolment, registration
from blocks.operators.passkeys import Site
from deployments.rehearsal.authenticator import Authenticator
from tests.console.conftest import RUN, Served

LIVE = "alpaca-live"
PAGE = "/rotations/r-1"
FIRST, SECOND = "heroku raxx-api-prod", "heroku raxx-mq-a"


def states(text: str) -> dict[str, str]:
    """Each step of the page with its word."""
    return dict(re.findall(r"<summary><strong>(\w+)</strong> <span class=\"word\">([^<]+)</span>", text))


def copies(text: str) -> dict[str, str]:
    """Each copy of the page with what is said of it."""
    return dict(re.findall(r"<li><strong>(\w+ [^<]+)</strong>: ([^<(]+?)(?: \(\d\d:\d\d:\d\d UTC\))?</li>", text))


def as_far_as_the_pair(served: Served) -> None:
    """A live rotation whose pair was accepted and stored."""
    served.start(LIVE)
    for step in ("preflight", "await_readiness", "pause", "snapshot"):
        served.step(step, LIVE)
    served.wait(credential=LIVE)
    served.step(
        "await_human_input", LIVE, fingerprint="ab", operator="somebody", old_died_at="2026-11-28T10:00:00+00:00"
    )
    served.step("validate", LIVE, accepted="ab")
    served.step("store", LIVE)


def test_each_step_says_how_it_is(served: Served) -> None:
    as_far_as_the_pair(served)

    served.shows("store", PAGE)

    assert states(served.text(PAGE)) == {
        "preflight": "done",
        "await_readiness": "done",
        "pause": "done",
        "snapshot": "done",
        "await_human_input": "done",
        "validate": "done",
        "store": "done",
        "propagate": "next",
        "verify": "to come",
        "retire": "to come",
        "resume": "to come",
    }


def test_a_step_that_did_not_work_says_so(served: Served) -> None:
    as_far_as_the_pair(served)
    served.step("propagate", LIVE, outcome="failed", subject=FIRST, problem="Heroku: no answer.")

    text = served.text(PAGE)

    assert states(text)["propagate"] == "did not work"
    assert copies(text) == {FIRST: "did not work: Heroku: no answer.", SECOND: "not yet"}


def test_a_form_is_told_at_its_step(served: Served) -> None:
    served.start()
    served.step("preflight")
    served.wait()

    assert states(served.text(PAGE))["await_human_input"] == "waits for a person"


def test_after_another_pair_is_wanted_nothing_of_the_first_is_done(served: Served) -> None:
    as_far_as_the_pair(served)
    served.step("hold", LIVE, another_pair=True, operator="somebody", choice="enter another pair")

    found = states(served.text(PAGE))

    assert {found[one] for one in ("validate", "store", "propagate")} == {"to come"}
    assert found["await_human_input"] == "next"


def test_each_copy_says_how_far_it_is_and_the_outage_ends_with_the_last_one(served: Served) -> None:
    as_far_as_the_pair(served)
    assert "not every copy is new yet" in served.text(PAGE)

    served.step("propagate", LIVE, subject=FIRST)

    text = served.text(PAGE)
    # An outage is seen from afar.
    assert '<div class="bar stopped">' in text
    assert copies(text) == {FIRST: "has the new pair", SECOND: "not yet"}
    assert states(text)["propagate"] == "began"
    assert "not every copy is new yet" in text

    served.step("propagate", LIVE, subject=SECOND)

    text = served.text(PAGE)
    assert states(text)["propagate"] == "done"
    assert "not every copy is new yet" not in text
    assert '<div class="bar calm">' in text

    served.step("verify", LIVE)

    assert set(copies(served.text(PAGE)).values()) == {"has the new pair, and verify is done"}


def test_a_page_of_what_is_over_says_who_decided_what(served: Served) -> None:
    as_far_as_the_pair(served)
    served.step("resume", LIVE, action=Action.COMPLETED)

    text = served.text(PAGE)

    assert '<h1 class="now">Rotated: done since' in text
    assert 'somebody, entered the new pair (pair ab) <span class="small">nobody checked who</span>' in text
    assert "not every copy is new yet" not in text
    assert "Resume" not in text


def test_why_it_is_rotated_is_as_of_its_newest_start(served: Served) -> None:
    """Its pair died while somebody was to be ready."""
    served.start()
    assert "<dd>scheduled</dd>" in served.text("/rotations/r-1")

    served.step("", action=Action.STARTED, flow_run_id=RUN, reason="account reset")

    assert "<dd>account reset, begun as scheduled</dd>" in served.text("/rotations/r-1")


def test_the_page_of_a_credential_is_that_of_its_newest_rotation(served: Served) -> None:
    served.start()
    served.start(rotation="r-2")

    answer = served.browser.get("/credentials/alpaca-paper")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/rotations/r-2")


@pytest.mark.parametrize("path", ["/rotations/r-none", "/credentials/alpaca-live", "/credentials/none", "/none"])
def test_what_is_not_there_is_said(served: Served, path: str) -> None:
    answer = served.browser.get(path)

    assert answer.status_code == 404
    assert "Nothing here" in answer.text
    assert "To the inbox" in answer.text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=80), st.sampled_from(["/", "/rotations/", "/credentials/", "/static/", "/live/", "//", "/%"]))
def test_no_address_is_an_error_of_the_console(served: Served, rest: str, folder: str) -> None:
    """Whatever is asked for: a page, a sentence, or no HTTP at all."""
    path = f"{folder}{rest.encode('unicode_escape').decode()}"

    answer = served.browser.get(f"{served.url}{path}" if path.startswith("/") else served.url)

    assert answer.status_code < 500
    assert "Traceback" not in answer.text


def test_where_prefects_form_takes_no_answer_nobody_is_sent_there(served: Served) -> None:
    served.start("alpaca-live")
    served.wait(credential="alpaca-live")
    served.shows("its form is there, too", "/rotations/r-1")
    site = Site.of(served.url)
    token, link = enrolment.invite(served.ledger, "Sam", "superadmin", "claimed by somebody")
    response = Authenticator(site).register(registration.enrolling(link).challenge)

    registration.register(served.ledger, site, token, response, "blue key")

    served.shows("proves who they are by a passkey", "/rotations/r-1")
    page = served.text("/rotations/r-1")
    assert "Its run in Prefect" in page
    assert "its form is there, too" not in page


def test_who_approved_which_plan_is_shown_and_its_step_only_where_there_is_one(served: Served) -> None:
    served.start(LIVE)
    served.step("preflight", LIVE)
    served.shows("preflight", PAGE)
    assert "approve" not in states(served.text(PAGE))
    served.step("approve", LIVE, operator="Kim", approver="Kim", asked_by="Sam", plan="a" * 64)

    served.shows("Kim, after Sam (plan aaaaaaaaaaaaaaaa)", PAGE)
    assert states(served.text(PAGE))["approve"] == "done"
