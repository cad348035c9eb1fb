"""A page stays open while things happen around it: the run dies, the console is killed, another tab answers.

In Chromium. Nothing that was typed is lost, and nothing is entered twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pydantic import SecretStr

from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.ledger import Ledger
from deployments.sandbox import made_up
from tests.browser import chromium
from tests.browser.pages import KEY_ID, SECRET, SWITCHER
from tests.console.conftest import RUN, Served, listening
from tests.console.prefect_twin import LOGIN, PrefectTwin
from tests.console.waits import ANOTHER_RUN, ROTATION, Waits

pytestmark = pytest.mark.prefect
NAME = "ops on call"
UP_TO_DATE = "Up to date"


@pytest.fixture
def waits(prefect_twin: PrefectTwin, ledger: Ledger, serve: Callable[[], Served]) -> Waits:
    """A rotation that waits, and its console."""
    return Waits.begun(ledger, serve, prefect_twin)


@contextmanager
def logged_in(browser: Browser, waits: Waits, name: str) -> Iterator[BrowserContext]:
    """The browser of somebody of this name, at the inbox."""
    with chromium.window(browser) as context:
        page = context.new_page()
        page.goto(f"{waits.served.url}/login")
        page.get_by_label("Your name").fill(name)
        page.get_by_label("Prefect's login").fill(LOGIN)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", name="All credentials")).to_be_visible()
        yield context


@pytest.fixture
def window(browser: Browser, waits: Waits) -> Iterator[BrowserContext]:
    """The browser of somebody who is logged in."""
    with logged_in(browser, waits, NAME) as context:
        yield context


@pytest.fixture
def page(window: BrowserContext, waits: Waits) -> Page:
    """Of the rotation, which this person took."""
    (one,) = window.pages
    one.goto(f"{waits.served.url}/rotations/{ROTATION}")
    one.get_by_role("button", name=re.compile("^Take it, as")).click()
    expect(one.get_by_label(KEY_ID)).to_be_visible()
    return one


def made_up_pair() -> Pair:
    """As Alpaca makes them."""
    return Pair(made_up.alpaca_key_id("PK"), SecretStr(made_up.alpaca_secret()))


def write(page: Page, pair: Pair) -> None:
    """Fill in the form, and do not submit it."""
    page.get_by_label(KEY_ID).fill(pair.key_id)
    page.get_by_label(SECRET).fill(pair.secret.get_secret_value())
    page.get_by_label(SWITCHER).check()


def expect_written(page: Page, pair: Pair) -> None:
    """What was typed stands there still."""
    expect(page.get_by_label(KEY_ID)).to_have_value(pair.key_id)
    expect(page.get_by_label(SECRET)).to_have_value(pair.secret.get_secret_value())
    expect(page.get_by_label(SWITCHER)).to_be_checked()


def submit(page: Page) -> None:
    """Press the button."""
    page.get_by_role("button", name="Submit").click()


def test_a_run_that_dies_and_another_that_goes_on_are_shown_and_the_new_form_has_what_was_typed(
    waits: Waits, page: Page
) -> None:
    pair = made_up_pair()
    write(page, pair)
    headline = page.get_by_role("heading", level=1)

    waits.prefect.die(RUN)
    expect(headline).to_contain_text("start the rotation again")
    expect(page.get_by_label(KEY_ID)).to_have_count(0)
    waits.go_on()

    expect(headline).to_have_text("Now: enter the new pair")
    expect(page.locator("#answer")).to_have_attribute("data-run", ANOTHER_RUN)
    expect(page.get_by_role("status").first).to_have_text(UP_TO_DATE)
    expect_written(page, pair)
    submit(page)
    expect(page.get_by_label(KEY_ID)).to_have_count(0)
    assert waits.entered == [(ANOTHER_RUN, pair.values)]


def test_a_console_that_is_killed_at_the_form_and_started_again_loses_nothing(waits: Waits, page: Page) -> None:
    pair = made_up_pair()
    write(page, pair)
    line = page.get_by_role("status").first
    expect(line).to_have_text(UP_TO_DATE)

    waits.served.console.close()
    expect(line).to_contain_text("The console does not answer")
    submit(page)
    expect(page.locator("#answer [role=alert]")).to_contain_text("Nothing is lost: press the button again.")
    expect_written(page, pair)
    waits.served.console.enter_context(listening())

    expect(line).to_have_text(UP_TO_DATE)
    expect_written(page, pair)
    submit(page)
    expect(page.get_by_label(KEY_ID)).to_have_count(0)
    assert waits.entered == [(RUN, pair.values)]


def test_of_two_tabs_that_submit_at_the_same_moment_one_counts_and_the_other_is_told(
    waits: Waits, page: Page, window: BrowserContext
) -> None:
    pairs = [made_up_pair(), made_up_pair()]
    other = window.new_page()
    other.goto(page.url)
    for tab, pair in zip((page, other), pairs, strict=True):
        write(tab, pair)

    # Both are on their way before either is answered.
    with page.expect_response("**/answer") as first, other.expect_response("**/answer") as second:
        for tab in (page, other):
            tab.evaluate("document.querySelector('#answer').requestSubmit()")

    answers = [first.value, second.value]
    assert sorted(one.status for one in answers) == [200, 409]
    lost = next(one for one in answers if one.status == 409)
    assert lost.json()["problem"].startswith("This form was answered, or came again.")
    assert waits.entered == [(RUN, pairs[1 - answers.index(lost)].values)]
    for tab in (page, other):
        expect(tab.get_by_label(KEY_ID)).to_have_count(0)


def test_a_page_on_which_nobody_had_the_rotation_asks_why_once_somebody_took_it(
    waits: Waits, window: BrowserContext, browser: Browser
) -> None:
    with logged_in(browser, waits, "colleague") as beside:
        (page,), (other,) = window.pages, beside.pages
        for tab in (page, other):
            tab.goto(f"{waits.served.url}/rotations/{ROTATION}")
            expect(tab.get_by_role("button", name=re.compile("^Take it, as"))).to_be_visible()

        page.get_by_role("button", name=f"Take it, as {NAME}").click()
        expect(page.get_by_label(KEY_ID)).to_be_visible()

        why = other.get_by_label(f"Why you take it over from {NAME}")
        expect(why).to_be_visible()
        expect(other.get_by_role("button", name=re.compile("^Take it, as"))).to_have_count(0)
        why.fill("fell ill")
        with other.expect_response(f"**/rotations/{ROTATION}"):
            waits.served.start("alpaca-live", rotation="r-beside")
        expect(why).to_have_value("fell ill")
        other.get_by_role("button", name="Take it over, as colleague").click()
        expect(other.get_by_label(KEY_ID)).to_be_visible()
        expect(page.get_by_label("Why you take it over from colleague")).to_be_visible()


def test_while_its_ledger_cannot_be_read_a_page_stays_and_says_that_it_is_old(waits: Waits, page: Page) -> None:
    pair = made_up_pair()
    write(page, pair)
    line = page.get_by_role("status").first
    file = Path(str(waits.served.ledger.engine.url.database))
    kept = file.read_bytes()

    file.write_bytes(b"no database" * 1000)
    expect(line).to_contain_text("this page is not up to date")
    expect_written(page, pair)
    file.write_bytes(kept)

    expect(line).to_have_text(UP_TO_DATE, timeout=30_000)
    expect_written(page, pair)


def test_a_page_that_was_told_nothing_more_asks_again(page: Page) -> None:
    """A proxy that answered while the console was started again ends its browser's asking for good."""
    line = page.get_by_role("status").first
    page.route("**/live", lambda route: route.fulfill(status=502, body="no console"))
    page.reload()
    expect(line).to_contain_text("this page is not up to date")

    page.unroute("**/live")

    expect(line).to_have_text(UP_TO_DATE, timeout=30_000)


def test_whoever_is_logged_out_finds_again_what_was_typed(waits: Waits, page: Page, window: BrowserContext) -> None:
    pair = made_up_pair()
    write(page, pair)
    cookies = window.cookies()
    window.clear_cookies()

    waits.served.start("alpaca-live", rotation="r-beside")
    expect(page.get_by_role("status").first).to_contain_text("What you typed stays in this tab")
    expect(page.get_by_label(KEY_ID)).to_have_count(0)
    # As by logging in in another tab.
    window.add_cookies([{"name": one["name"], "value": one["value"], "url": waits.served.url} for one in cookies])
    waits.served.wait(credential="alpaca-live", rotation="r-beside")

    expect_written(page, pair)


def test_without_its_script_nothing_that_is_entered_is_sent_by_the_browser_itself(
    browser: Browser, waits: Waits
) -> None:
    """It would be in an address: the browser's history, and a proxy's log."""
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{waits.served.url}/login")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.get_by_label("Your name").fill(NAME)
        page.get_by_label("Prefect's login").fill(LOGIN)
        page.get_by_label("Prefect's login").press("Enter")

        expect(page.get_by_role("button", name="Log in")).to_be_disabled()
        assert page.url.endswith("/login")
        assert [one for one in asked if not one.endswith("/icon.svg")] == []
