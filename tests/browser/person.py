"""A person at the console, who uses the keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from blocks.issuers.alpaca.pair import Pair
from deployments.local.local_console import LocalConsole
from tests.browser import chromium
from tests.browser.conftest import Rekey
from tests.browser.pages import KEY_ID, RUN_MS, SECRET

# How many presses of Tab somebody needs at most to anything on a page.
PRESSES = 80


@contextmanager
def somebody(
    browser: Browser, rekey: Rekey, console: LocalConsole, name: str, profile: Path | None = None
) -> Iterator[Person]:
    """A person with a browser of their own, logged in at the inbox. ``profile``: where it keeps what it keeps."""
    with chromium.window_with_profile(browser, profile) if profile else chromium.window(browser) as context:
        person = Person(context.new_page())
        person.page.goto(f"{console.url}/login")
        person.write("Your name", name)
        person.write("Prefect's login", rekey.places.login())
        person.press("Log in")
        expect(person.page.get_by_role("heading", name="All credentials")).to_be_visible()
        yield person


class Person:
    """Uses the keyboard alone."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.now = page.get_by_role("heading", level=1)

    @property
    def context(self) -> BrowserContext:
        """Of this person's browser."""
        return self.page.context

    def reach(self, wanted: Locator) -> None:
        """Tab until it has the focus."""
        expect(wanted).to_be_visible(timeout=RUN_MS)
        for _ in range(PRESSES):
            if wanted.evaluate("one => one === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{wanted} is not reached by the keyboard")

    def write(self, label: str, text: str) -> None:
        """Type into the field of this label."""
        self.reach(self.page.get_by_label(label))
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press a button."""
        self.reach(self.page.get_by_role("button", name=name))
        self.page.keyboard.press("Enter")

    def switch_on(self, label: str) -> None:
        """Put a switch on."""
        self.reach(self.page.get_by_label(label))
        self.page.keyboard.press("Space")

    def follow(self, name: str) -> None:
        """Follow a link."""
        self.reach(self.page.get_by_role("link", name=name))
        self.page.keyboard.press("Enter")

    def start(self, credential: str) -> None:
        """From the inbox to the page of a new rotation, and take it."""
        self.follow(f"Rotate {credential}")
        self.press("Start")
        self.press(re.compile("^Take it, as"))

    def type_pair(self, pair: Pair) -> None:
        """Type both values."""
        self.write(KEY_ID, pair.key_id)
        self.write(SECRET, pair.secret.get_secret_value())
