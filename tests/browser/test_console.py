"""A person watches a rotation on the console: live, by keyboard, on a phone, and without a request to anybody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from deployments.local.local_console import LocalConsole
from tests.browser import chromium
from tests.browser.conftest import Rekey
from tests.browser.pages import RUN_MS

SOON_MS = 20_000


@pytest.fixture(scope="module")
def console(rekey: Rekey) -> Iterator[LocalConsole]:
    """The console of this rekey, as `rekey demo` starts it."""
    with LocalConsole(rekey.places, rekey.console_port, rekey.local.environment) as running:
        running.start()
        yield running


@pytest.fixture
def screen(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that nobody is logged in with: the console asks for no login."""
    with chromium.window(browser) as context:
        yield context


@pytest.fixture
def inbox(screen: BrowserContext, console: LocalConsole) -> Page:
    """The first page."""
    page = screen.new_page()
    page.goto(console.url)
    return page


@pytest.fixture
def waits(rekey: Rekey) -> str:
    """A paper rotation that waits for its pair."""
    run_id = rekey.paused_run() or rekey.robot.start("rotate/alpaca-paper")
    rekey.wait_for_another_form(run_id, None)
    return run_id


def test_what_waits_is_found_followed_and_finished_without_a_reload(waits: str, rekey: Rekey, inbox: Page) -> None:
    asked: list[str] = []
    inbox.on("request", lambda request: asked.append(request.url))
    inbox.reload()
    link = inbox.get_by_role("link", name="alpaca-paper: enter the new pair")
    expect(link).to_be_visible(timeout=SOON_MS)

    link.press("Enter")

    now = inbox.get_by_role("heading", level=1)
    expect(now).to_have_text("Now: enter the new pair")
    expect(inbox.get_by_role("link", name="Its run in Prefect")).to_have_attribute(
        "href", re.compile(f"/runs/flow-run/{waits}$")
    )
    opened = inbox.locator("#step-preflight summary")
    opened.press("Enter")
    expect(inbox.locator("#step-preflight")).to_contain_text("opens account")
    pair = rekey.robot.regenerate("paper")
    rekey.typed.add(pair.secret.get_secret_value())
    rekey.robot.resume(waits, pair)

    expect(now).to_contain_text("Rotated: done since", timeout=RUN_MS)
    # What somebody opened stays open, and the keyboard stays where it is.
    expect(inbox.locator("#step-preflight")).to_have_attribute("open", "")
    expect(opened).to_be_focused()
    expect(inbox.get_by_text("has the new pair, and verify is done").first).to_be_visible()
    expect(inbox.locator("main")).not_to_contain_text("Resume")
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(inbox.url).netloc}


@pytest.mark.parametrize("path", ["/", "/health"])
def test_on_a_phone_nothing_is_wider_than_the_screen(inbox: Page, path: str) -> None:
    inbox.set_viewport_size({"width": 400, "height": 800})
    inbox.goto(inbox.url.rstrip("/") + path)

    width = inbox.locator("body").evaluate("body => body.scrollWidth")

    assert width <= 400
    # What a narrow table loses of its headings, each cell says itself.
    expect(inbox.locator("td[data-label='next due']").first).to_be_visible()


def test_everything_is_reached_by_the_keyboard(inbox: Page) -> None:
    reached = []
    for _ in range(inbox.get_by_role("link").count()):
        inbox.keyboard.press("Tab")
        reached.append(inbox.locator(":focus").inner_text())

    assert reached[:4] == ["To what is to be done", "rekey", "Inbox", "Health"]
    assert {"alpaca-paper", "alpaca-live"} <= set(reached)


def test_a_console_that_is_gone_is_told_and_found_again(console: LocalConsole, inbox: Page) -> None:
    line = inbox.get_by_role("status").first
    expect(line).to_have_text("Up to date", timeout=SOON_MS)

    console.stop()

    expect(line).to_contain_text("The console does not answer", timeout=SOON_MS)
    console.start()
    expect(line).to_have_text("Up to date", timeout=SOON_MS)
