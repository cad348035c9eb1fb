"""A person does rotations on the console: by keyboard, under stress, and with somebody else beside.

What is entered there is sealed, so every test of this file also shows that Prefect never had it (see the fixture that
searches).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from deployments.local.local_console import LocalConsole
from deployments.rehearsal import proof
from tests.browser.conftest import Rekey
from tests.browser.pages import CONFIRM, KEY_ID, LIVE_SWITCHER, RUN_MS, SECRET, SWITCHER, Dashboard
from tests.browser.person import Person, somebody


@pytest.fixture(scope="module")
def console(rekey: Rekey) -> Iterator[LocalConsole]:
    """The console of this rekey, as `rekey demo` starts it."""
    with LocalConsole(rekey.places, rekey.console_port, rekey.local.environment) as running:
        running.start()
        yield running


@pytest.mark.long
def test_a_live_rotation_from_start_to_end_by_keyboard(browser: Browser, rekey: Rekey, console: LocalConsole) -> None:
    before = proof.observe(rekey.estate, "live")
    with somebody(browser, rekey, console, "ops on call") as person:
        asked: list[str] = []
        person.page.on("request", lambda request: asked.append(request.url))
        person.start("alpaca-live")
        expect(person.page.get_by_text("nothing is paused yet")).to_be_visible()
        for label in ("I am logged in at the Alpaca dashboard", "I have the second factor at hand"):
            person.switch_on(label)
        person.write(CONFIRM, "alpaca-paper")
        person.press("Submit")
        expect(person.page.get_by_role("alert")).to_contain_text('Still missing: alpaca-live in "Type alpaca-live"')
        person.write(CONFIRM, "alpaca-live")
        person.press("Submit")

        expect(person.now).to_have_text("Now: enter the new pair", timeout=RUN_MS)
        expect(person.page.locator(".bar")).to_contain_text(re.compile(r"Trading: stopped since .*, for \d+"))
        assert {one.split("/")[2] for one in asked} == {console.url.split("/")[2]}
        with person.context.expect_page() as opened:
            person.follow("the Alpaca dashboard")
        pair = Dashboard(opened.value).regenerate()
        person.page.bring_to_front()
        # Exchanged first, as it happens: the page says so before anything is sent.
        person.write(KEY_ID, pair.secret.get_secret_value())
        person.write(SECRET, pair.key_id)
        expect(person.page.get_by_text("the halves are exchanged")).to_be_visible()
        expect(person.page.get_by_text("A key ID has 16 to 40 capital letters and digits.")).to_be_visible()
        person.type_pair(pair)
        expect(person.page.locator(".hint:not(:empty)")).to_have_count(0)
        person.switch_on(LIVE_SWITCHER)
        person.press("Submit")

        expect(person.now).to_contain_text("Rotated: done since", timeout=RUN_MS)
        expect(person.page.get_by_text(re.compile("ops on call, await_human_input"))).to_be_visible()
    after = proof.observe(rekey.estate, "live")
    assert proof.prove_rotated(before, after, rekey.ledger)
    assert after.places["vault"] == (pair.key_id, pair.secret.get_secret_value())
    entered = [row for row in rekey.ledger.rows() if row.facts.entry]
    assert entered[-1].facts.entry == "sealed"


def take_over(person: Person, from_whom: Person, names: tuple[str, str]) -> None:
    """One takes the rotation over from another, who sees that and has no form any more."""
    name, of_other = names
    expect(person.page.locator(".bar")).to_contain_text(f"Taken by {of_other}")
    expect(person.page.get_by_label(KEY_ID)).to_have_count(0)
    expect(person.page.get_by_role("link", name="the Alpaca dashboard")).to_have_count(0)
    person.write(f"Why you take it over from {of_other}", "fell ill")
    person.press(re.compile("^Take it over"))
    expect(person.page.get_by_label(KEY_ID)).to_be_visible()
    expect(from_whom.page.locator(".bar")).to_contain_text(f"Taken by {name}")
    expect(from_whom.page.get_by_label(KEY_ID)).to_have_count(0)


def doubt_pairs(person: Person, rekey: Rekey) -> None:
    """The old pair and one of live trading are told before anything is sent."""
    old_id, old_secret = (one or "" for one in proof.observe(rekey.estate, "paper").places["vault"])
    person.write(KEY_ID, old_id)
    person.write(SECRET, old_secret)
    expect(person.page.get_by_text("This is the old pair")).to_be_visible()
    person.write(KEY_ID, "AK" + 24 * "A")
    expect(person.page.get_by_text("This looks like a key of live trading")).to_be_visible()


def test_of_two_people_only_one_answers_and_what_is_typed_stays_when_the_form_comes_back(
    browser: Browser, rekey: Rekey, console: LocalConsole
) -> None:
    names = ("first person", "second person")
    with (
        somebody(browser, rekey, console, names[0]) as first,
        somebody(browser, rekey, console, names[1]) as second,
    ):
        first.start("alpaca-paper")
        expect(first.now).to_have_text("Now: enter the new pair", timeout=RUN_MS)
        second.page.goto(first.page.url)
        take_over(second, first, (names[1], names[0]))
        take_over(first, second, names)

        doubt_pairs(first, rekey)
        first.write(KEY_ID, "PK" + 24 * "A")
        first.write(SECRET, 44 * "s")
        first.switch_on(SWITCHER)
        first.press("Submit")
        expect(first.page.get_by_text("The last entry was not accepted")).to_be_visible(timeout=RUN_MS)
        assert first.page.get_by_label(KEY_ID).input_value() == "PK" + 24 * "A"
        assert first.page.get_by_label(SECRET).input_value() == 44 * "s"

        first.type_pair(rekey.robot.regenerate("paper"))
        if not first.page.get_by_label(SWITCHER).is_checked():
            first.switch_on(SWITCHER)
        first.press("Submit")
        for person in (first, second):
            expect(person.now).to_contain_text("Rotated: done since", timeout=RUN_MS)
