"""A live rotation of which every answer is signed by a passkey and whose pair Prefect never has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, expect

from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.row import Action
from blocks.operators import enrolment, offline
from blocks.operators.registry import SUPERADMIN
from deployments.local.local_console import LocalConsole
from deployments.rehearsal import proof
from deployments.rehearsal.robot import Robot
from deployments.rehearsal.silence import leaks
from tests.browser.conftest import Rekey
from tests.browser.pages import CONFIRM, LIVE_SWITCHER, RUN_MS, SECRET
from tests.browser.person import Person, somebody
from tests.console.test_enrol_in_the_browser import AUTHENTICATOR
from tests.derived import places_of

LIVE, PAPER = "[credential.alpaca-live]\n", "[credential.alpaca-paper]\n"
UNPROVED = 'proof = "none"\n'
SIGN = "Sign with your passkey, and submit"


@pytest.fixture(scope="module")
def console(rekey: Rekey) -> Iterator[LocalConsole]:
    """The console of this rekey; its live credential asks for a passkey, and takes sealed entries alone.

    Once somebody is enrolled, the defaults ask for a proof: the other tests say that they want none.
    """
    before = rekey.places.catalog.read_text(encoding="utf-8")
    assert before.count(LIVE) == before.count(PAPER) == 1
    signed = before.replace(LIVE, f'{LIVE}proof = "passkey"\nentry = "sealed"\n').replace(PAPER, PAPER + UNPROVED)
    rekey.use_catalog(signed)
    # Before the console begins, which looks again for a ledger that is not there only after seconds.
    rekey.ledger.append(Action.PROTECTED, rotation="", credential="all credentials", actor="somebody", context={})
    try:
        with LocalConsole(rekey.places, rekey.console_port, rekey.local.environment) as running:
            running.start()
            yield running
    finally:
        rekey.use_catalog(before.replace(LIVE, LIVE + UNPROVED).replace(PAPER, PAPER + UNPROVED))


def with_authenticator(person: Person) -> CDPSession:
    """Chromium's own virtual authenticator, at hand of this person."""
    devtools = person.context.new_cdp_session(person.page)
    devtools.send("WebAuthn.enable")
    options: dict[str, Any] = {"options": AUTHENTICATOR}
    devtools.send("WebAuthn.addVirtualAuthenticator", options)
    return devtools


def become_operator(person: Person, rekey: Rekey, console: LocalConsole) -> None:
    """Register an authenticator, by the first link."""
    with_authenticator(person)
    link, _ = enrolment.invite(rekey.ledger, "Sam", SUPERADMIN, "claimed by somebody")
    person.page.goto(f"{console.url}/enrol#{link.get_secret_value()}")
    person.write("What you call the authenticator", "laptop")
    person.page.keyboard.press("Enter")
    expect(person.page.get_by_text("1 of 2 authenticators registered: laptop")).to_be_visible()
    person.page.goto(console.url)


def refuse(robot: Robot, run_id: str, **values: object) -> None:
    """Somebody with access to Prefect's API, and without a passkey, answers the form: it is not taken, nor repeated."""
    answer = robot.api.post(f"/flow_runs/{run_id}/resume", json={"run_input": {**values, "operator": "Sam"}})
    assert answer.json()["status"] == "REJECT"
    assert str(values.get("secret", "no secret")) not in answer.text


def enter_past_and_on_the_page(
    person: Person, rekey: Rekey, run_id: str, pair: Pair, look: Callable[[str], None]
) -> None:
    """What comes past the console is refused; then the same pair on its page."""
    robot = rekey.robot
    robot.ledger = rekey.ledger
    refuse(robot, run_id, key_id=pair.key_id, secret=pair.secret.get_secret_value())
    form = str(person.page.locator("#answer").get_attribute("data-form"))
    refuse(robot, run_id, sealed=robot.sealed(form, pair))
    person.type_pair(pair)
    person.switch_on(LIVE_SWITCHER)
    look("typed, not sent")
    person.press(SIGN)
    expect(person.page.get_by_label(SECRET)).to_have_count(0)
    look("sent")


def test_every_answer_is_signed_and_what_came_past_the_console_is_refused(
    browser: Browser, rekey: Rekey, console: LocalConsole, tmp_path: Path
) -> None:
    """At no moment has any byte of the secret, however it is written, been kept by Prefect, rekey or the browser."""
    before, profile = proof.observe(rekey.estate, "live"), tmp_path / "profile"
    kept: dict[str, list[str]] = {}

    def look(when: str) -> None:
        kept[when] = places_of(pair.secret.get_secret_value(), [profile, rekey.places.home])

    with somebody(browser, rekey, console, "Sam", profile) as person:
        become_operator(person, rekey, console)
        person.start("alpaca-live")
        expect(person.page.get_by_text("whoever answers proves who they are by a passkey")).to_be_visible()
        run = str(person.page.get_by_role("link", name="Its run in Prefect").get_attribute("href"))
        run_id = run.rpartition("/")[2]
        person.switch_on("I am logged in at the Alpaca dashboard")
        person.switch_on("I have the second factor at hand")
        person.write(CONFIRM, "alpaca-live")
        refuse(rekey.robot, run_id, confirm="alpaca-live", at_the_dashboard=True, second_factor=True)
        person.press(SIGN)

        expect(person.now).to_have_text("Now: enter the new pair", timeout=RUN_MS)
        # In another browser: what the dashboard's own page leaves in this one is not rekey's.
        pair = rekey.robot.regenerate("live")
        enter_past_and_on_the_page(person, rekey, run_id, pair, look)

        expect(person.now).to_contain_text("Rotated: done since", timeout=RUN_MS)
        look("rotated")
    look("the browser is closed")
    assert [places for places in kept.values() if places] == []
    # The search is of the right folder: where somebody was is kept there.
    assert leaks([console.url], [profile])
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


@pytest.mark.long
def test_who_is_not_enrolled_cannot_start(browser: Browser, rekey: Rekey, console: LocalConsole) -> None:
    with somebody(browser, rekey, console, "Robin") as person:
        with_authenticator(person)
        person.follow("Rotate alpaca-live")
        expect(person.page.get_by_role("alert")).to_contain_text("Robin has no passkey, and this is proved by one.")
        expect(person.page.get_by_role("button", name="Start")).to_have_count(0)
