"""A live rotation of which every answer is signed by a passkey and whose pair Prefect never has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, expect

from blocks.ledger.ledger import Action
from blocks.operators import enrolment, offline
from blocks.operators.registry import SUPERADMIN
from deployments.local.local_console import LocalConsole
from deployments.rehearsal import proof
from tests.browser.conftest import Rekey
from tests.browser.pages import CONFIRM, LIVE_SWITCHER, RUN_MS, Dashboard
from tests.browser.person import Person, somebody
from tests.console.test_enrol_in_the_browser import AUTHENTICATOR

LIVE, PAPER = "[credential.alpaca-live]\n", "[credential.alpaca-paper]\n"
UNPROVED = 'proof = "none"\n'
SIGN = "Sign with your passkey, and submit"


@pytest.fixture(scope="module")
def console(rekey: Rekey) -> Iterator[LocalConsole]:
    """The console of this rekey; its live credential asks for a passkey, and takes sealed entries alone.

    Once somebody is enrolled, the defaults ask for a proof: the other tests say that they want none.
    """
    path = rekey.places.catalog
    before = path.read_text(encoding="utf-8")
    assert before.count(LIVE) == before.count(PAPER) == 1
    signed = before.replace(LIVE, f'{LIVE}proof = "passkey"\nentry = "sealed"\n').replace(PAPER, PAPER + UNPROVED)
    path.write_text(signed, encoding="utf-8")
    # Before the console begins, which looks again for a ledger that is not there only after seconds.
    rekey.ledger.append(Action.PROTECTED, rotation="", credential="all credentials", actor="somebody", context={})
    try:
        with LocalConsole(rekey.places, rekey.console_port, rekey.local.environment) as running:
            running.start()
            yield running
    finally:
        path.write_text(before.replace(LIVE, LIVE + UNPROVED).replace(PAPER, PAPER + UNPROVED), encoding="utf-8")


def with_authenticator(person: Person) -> CDPSession:
    """Chromium's own virtual authenticator, at hand of this person."""
    devtools = person.context.new_cdp_session(person.page)
    devtools.send("WebAuthn.enable")
    options: dict[str, Any] = {"options": AUTHENTICATOR}
    devtools.send("WebAuthn.addVirtualAuthenticator", options)
    return devtools


def test_every_answer_is_signed_and_what_came_past_the_console_is_refused(
    browser: Browser, rekey: Rekey, console: LocalConsole
) -> None:
    before = proof.observe(rekey.estate, "live")
    with somebody(browser, rekey, console, "Sam") as person:
        with_authenticator(person)
        link, _ = enrolment.invite(rekey.ledger, "Sam", SUPERADMIN, "claimed by somebody")
        person.page.goto(f"{console.url}/enrol/{link.get_secret_value()}")
        person.write("What you call the authenticator", "laptop")
        person.page.keyboard.press("Enter")
        expect(person.page.get_by_text("1 of 2 authenticators registered: laptop")).to_be_visible()
        person.page.goto(console.url)

        person.start("alpaca-live")
        expect(person.page.get_by_text("whoever answers proves who they are by a passkey")).to_be_visible()
        run_id = str(person.page.get_by_role("link", name="Its run in Prefect").get_attribute("href")).rpartition("/")[
            2
        ]
        person.switch_on("I am logged in at the Alpaca dashboard")
        person.switch_on("I have the second factor at hand")
        person.write(CONFIRM, "alpaca-live")
        # Somebody with access to Prefect's API, and without a passkey.
        past = {"confirm": "alpaca-live", "at_the_dashboard": True, "second_factor": True, "operator": "Sam"}
        answer = rekey.robot.api.post(f"/flow_runs/{run_id}/resume", json={"run_input": past})
        assert answer.json()["status"] == "REJECT"
        person.press(SIGN)

        expect(person.now).to_have_text("Now: enter the new pair", timeout=RUN_MS)
        with person.context.expect_page() as opened:
            person.follow("the Alpaca dashboard")
        pair = Dashboard(opened.value).regenerate()
        person.page.bring_to_front()
        typed = {"key_id": pair.key_id, "secret": pair.secret.get_secret_value(), "operator": "Sam"}
        answer = rekey.robot.api.post(f"/flow_runs/{run_id}/resume", json={"run_input": typed})
        assert answer.json()["status"] == "REJECT"
        assert pair.secret.get_secret_value() not in answer.text
        person.type_pair(pair)
        person.switch_on(LIVE_SWITCHER)
        person.press(SIGN)

        expect(person.now).to_contain_text("Rotated: done since", timeout=RUN_MS)
    after = proof.observe(rekey.estate, "live")
    assert proof.prove_rotated(before, after, rekey.ledger)
    rows = rekey.ledger.rows()
    assert [row.facts.entry for row in rows if row.facts.entry][-1] == "sealed"
    acts = [row for row in rows if row.action is Action.OPERATOR_ACTED]
    assert [row.actor for row in acts] == ["proved to be Sam (superadmin, passkey)"] * 4
    assert [row.facts.act["step"] for row in acts if row.facts.act][:2] == ["start", "take"]
    began = rekey.ledger.newest(actions=(Action.STARTED,))
    assert began is not None
    assert began.facts.starter == "Sam"
    checked, broken = offline.broken(rekey.ledger)
    assert (checked, broken) == (4, None)


def test_who_is_not_enrolled_cannot_start(browser: Browser, rekey: Rekey, console: LocalConsole) -> None:
    with somebody(browser, rekey, console, "Robin") as person:
        with_authenticator(person)
        person.follow("Rotate alpaca-live")
        expect(person.page.get_by_role("alert")).to_contain_text("Robin has no passkey, and this is proved by one.")
        expect(person.page.get_by_role("button", name="Start")).to_have_count(0)
