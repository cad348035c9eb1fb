"""Operators enrol in Chromium, with its virtual authenticators: two each, and a later one after an approval."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from blocks.ledger.row import Action
from blocks.operators import offline, registry
from blocks.operators.registry import SUPERADMIN
from tests.browser import chromium
from tests.console.conftest import Served
from tests.console.test_enrol import invited

pytestmark = pytest.mark.prefect
# Chromium's own (CDP, domain WebAuthn).
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Desk:
    """A person at a browser with authenticators, of which one is at hand."""

    def __init__(self, browser: Browser) -> None:
        self._context = chromium.window(browser)
        self.page: Page = self._context.new_page()
        self._devtools: CDPSession = self._context.new_cdp_session(self.page)
        self._devtools.send("WebAuthn.enable")

    def take(self, **other: Any) -> str:
        """A new authenticator, which is at hand from now on beside the others."""
        made = self._devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {**AUTHENTICATOR, **other}})
        return str(made["authenticatorId"])

    def present(self, authenticator: str, *, is_present: bool) -> None:
        """Whether this one is touched when a page asks."""
        wanted = {"authenticatorId": authenticator, "enabled": is_present}
        self._devtools.send("WebAuthn.setAutomaticPresenceSimulation", wanted)

    def unverify(self, authenticator: str) -> None:
        """This one does not know who uses it."""
        self._devtools.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})

    def close(self) -> None:
        """Leave."""
        self._context.close()


@pytest.fixture
def desk(browser: Browser) -> Iterator[Desk]:
    """Of somebody."""
    one = Desk(browser)
    yield one
    one.close()


def register(page: Page, called: str) -> None:
    """By keyboard."""
    page.get_by_label("What you call").fill(called)
    page.get_by_label("What you call").press("Enter")


def test_two_authenticators_are_registered_and_a_later_operator_is_approved(served: Served, desk: Desk) -> None:
    page = desk.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    first = desk.take()
    link = invited(served.ledger, "Sam")
    page.goto(served.url + link)
    register(page, "laptop")
    expect(page.get_by_text("1 of 2 authenticators registered: laptop")).to_be_visible()

    desk.present(first, is_present=False)
    second = desk.take(transport="usb")
    register(page, "blue key")
    sign = page.get_by_role("button", name="Sign with the first one")
    expect(sign).to_be_visible()
    desk.present(first, is_present=True)
    desk.present(second, is_present=False)
    sign.press("Enter")
    expect(page.get_by_text("Done: Sam acts with these")).to_be_visible()

    page.goto(served.url + invited(served.ledger, "Robin", "ops"))
    page.get_by_role("button", name="Approve with your passkey").click()
    expect(page.get_by_text("0 of 2 authenticators registered")).to_be_visible()

    known = registry.of(served.ledger)
    assert [one.called for one in known.operators["Sam"].passkeys] == ["laptop", "blue key"]
    approved = served.ledger.newest(actions=(Action.OPERATOR_APPROVED,))
    assert approved is not None
    assert approved.actor == "proved to be Sam (superadmin, passkey)"
    assert offline.broken(served.ledger) == (2, None)
    # What is behind the # stays in the browser, so no log on the way has it.
    assert [url for url in asked if link.partition("#")[2] in url.partition("#")[0]] == []
    assert {url.partition("/enrol")[0].partition("/static")[0] for url in asked} == {served.url}


def test_an_authenticator_that_does_not_know_who_uses_it_registers_nothing(served: Served, desk: Desk) -> None:
    desk.unverify(desk.take())
    desk.page.goto(served.url + invited(served.ledger, "Sam", SUPERADMIN))

    register(desk.page, "laptop")

    expect(desk.page.get_by_role("alert")).to_contain_text("Nothing was signed")
    assert registry.of(served.ledger).is_empty
