"""What a person does from the start of a rotation to its entry: on the console, and in Prefect's UI.

Both are driven in Chromium with a mouse, by somebody who is logged in, knows the way and makes no mistake. Counted are
clicks, keys (a pasted value is two) and pages: documents that are loaded, and other addresses within one. Seconds of
hands are not measured but reckoned of clicks and keys by the keystroke-level model: reading, thinking and waiting are
left out. So is the dashboard, which is the same both ways, but for the link that leads there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from playwright.sync_api import Browser, Frame, Locator, Page, expect

from blocks.issuers.alpaca.pair import Pair
from deployments.rehearsal.robot import OPERATOR, Robot
from tests.bench.output import say
from tests.browser import chromium
from tests.browser.pages import (
    CONFIRM,
    KEY_ID,
    LIVE_SWITCHER,
    NAME,
    PATIENCE_MS,
    RUN_MS,
    SECRET,
    Dashboard,
    Form,
    Prefect,
)
from tests.waiting import wait_until

CREDENTIAL = "alpaca-live"
READY = ("I am logged in at the Alpaca dashboard", "I have the second factor at hand")
# Seconds: to point with the mouse, to press its button, to press a key (40 words a minute), and to bring the hand from
# one to the other (Card, Moran, Newell: The psychology of human-computer interaction, 1983; read 2026-11-28).
POINT_S, BUTTON_S, KEY_S, HOME_S = 1.1, 0.2, 0.28, 0.4
# For what takes a run's time.
RUN_S = 300
CONSOLE, PREFECT = "on the console", "in Prefect's UI"


@dataclass
class Hands:
    """A person's hands at one tab, and what they did."""

    page: Page
    clicks: int = 0
    keys: int = 0
    homes: int = 0
    loaded: int = 0
    addresses: list[str] = field(default_factory=list)
    _at_keys: bool = False

    def watch(self) -> None:
        """Count from now on."""
        self.page.on("load", lambda _: self._load())
        self.page.on("framenavigated", self._navigated)

    def click(self, wanted: Locator) -> None:
        """Point at it, and press the button."""
        expect(wanted).to_be_visible(timeout=RUN_MS)
        self._move(to_keys=False)
        self.clicks += 1
        wanted.click()

    def click_for_a_tab(self, wanted: Locator) -> None:
        """Point at a link, and press the button with a key held: else it would take its page's place."""
        expect(wanted).to_be_visible(timeout=RUN_MS)
        self._move(to_keys=False)
        self.clicks += 1
        self.keys += 1
        wanted.click(modifiers=["ControlOrMeta"])

    def type(self, wanted: Locator, text: str) -> None:
        """Click into a field, and type."""
        self.click(wanted)
        self._move(to_keys=True)
        self.keys += len(text)
        self.page.keyboard.type(text)

    def paste(self, wanted: Locator, text: str) -> None:
        """Click into a field, and press Ctrl and V."""
        self.click(wanted)
        self._move(to_keys=True)
        self.keys += 2
        self.page.keyboard.insert_text(text)

    def press_one(self) -> None:
        """One key, of the browser itself."""
        self._move(to_keys=True)
        self.keys += 1

    @property
    def seconds(self) -> float:
        """Of hands alone."""
        return self.clicks * (POINT_S + BUTTON_S) + self.keys * KEY_S + self.homes * HOME_S

    def _move(self, *, to_keys: bool) -> None:
        self.homes += to_keys != self._at_keys
        self._at_keys = to_keys

    def _load(self) -> None:
        self.loaded += 1

    def _navigated(self, frame: Frame) -> None:
        if frame.parent_frame is None:
            self.addresses.append(frame.url)


def measure(robot: Robot, chromium_path: str, console_url: str, prefect_url: str, login: str) -> dict[str, Hands]:
    """A live rotation each way. Both are carried through to their end."""
    with chromium.started(chromium_path) as browser:
        with _console(browser, console_url, login) as on_console:
            _by_console(on_console)
        _ended(robot)
        with _prefect(browser, prefect_url, login) as in_prefect:
            _by_prefect(in_prefect, robot)
        _ended(robot)
    return {CONSOLE: on_console, PREFECT: in_prefect}


@contextmanager
def _console(browser: Browser, url: str, login: str) -> Iterator[Hands]:
    with chromium.window(browser) as context:
        page = context.new_page()
        page.goto(f"{url}/login")
        page.get_by_label("Your name").fill(OPERATOR)
        page.get_by_label("Prefect's login").fill(login)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", name="All credentials")).to_be_visible()
        yield Hands(page)


@contextmanager
def _prefect(browser: Browser, url: str, login: str) -> Iterator[Hands]:
    with chromium.window(browser) as context:
        pages = Prefect(context.new_page(), url)
        pages.log_in(login)
        pages.page.goto(f"{url}/deployments")
        expect(pages.page.get_by_role("link", name=CREDENTIAL)).to_be_visible()
        yield Hands(pages.page)


def _by_console(hands: Hands) -> None:
    page = hands.page
    hands.watch()
    hands.click(page.get_by_role("link", name=f"Rotate {CREDENTIAL}"))
    hands.click(page.get_by_role("button", name="Start"))
    hands.click(page.get_by_role("button", name=f"Take it, as {OPERATOR}"))
    for label in READY:
        hands.click(page.get_by_label(label))
    hands.type(page.get_by_label(CONFIRM), CREDENTIAL)
    hands.click(page.get_by_role("button", name="Submit"))
    pair = _minted(hands, partial(hands.click, page.get_by_role("link", name="the Alpaca dashboard")))
    hands.paste(page.get_by_label(KEY_ID), pair.key_id)
    hands.paste(page.get_by_label(SECRET), pair.secret.get_secret_value())
    hands.click(page.get_by_label(LIVE_SWITCHER))
    hands.click(page.get_by_role("button", name="Submit"))
    expect(page.get_by_label(SECRET)).to_have_count(0, timeout=RUN_MS)


def _by_prefect(hands: Hands, robot: Robot) -> None:
    page = hands.page
    pages = Prefect(page, page.url.removesuffix("/deployments"))
    hands.watch()
    hands.click(page.get_by_role("link", name=CREDENTIAL))
    hands.click(page.get_by_role("button", name="Run", exact=True))
    hands.click(page.get_by_role("menuitem", name="Quick run"))
    with page.expect_response("**/create_flow_run", timeout=RUN_MS) as created:
        hands.click(page.get_by_role("dialog").get_by_role("button", name="Run", exact=True))
    run = str(created.value.json()["id"])
    listed = page.locator(f"a[href*='{run}']")
    # A note in the corner, which goes away after some seconds; later in the list of runs.
    hands.click(page.get_by_role("button", name="View run").or_(listed).first)
    ready = _opened(hands, pages, CONFIRM)
    for label in READY:
        hands.click(ready.dialog.get_by_label(label))
    hands.type(ready.field(CONFIRM), CREDENTIAL)
    hands.type(ready.field(NAME), OPERATOR)
    before = _form_key(robot, run)
    _submit(hands, ready)
    # The page still says "Paused" of the form before: whoever opens that one enters nothing.
    wait_until(
        lambda: _form_key(robot, run) not in {None, before}, description="the form of the pair waits", timeout_s=RUN_S
    )
    # F5.
    hands.press_one()
    page.reload()
    form = _opened(hands, pages, KEY_ID)
    pair = _minted(hands, partial(hands.click_for_a_tab, form.dialog.get_by_role("link", name="the Alpaca dashboard")))
    hands.paste(form.field(KEY_ID), pair.key_id)
    hands.paste(form.field(SECRET), pair.secret.get_secret_value())
    hands.type(form.field(NAME), OPERATOR)
    hands.click(form.field(LIVE_SWITCHER))
    _submit(hands, form)


def _submit(hands: Hands, form: Form) -> None:
    """Prefect may be too busy to take it (503): what is pressed again then is no part of the way."""
    hands.click(form.dialog.get_by_role("button", name="Resume"))
    try:
        expect(form.dialog).to_be_hidden(timeout=PATIENCE_MS)
    except AssertionError:
        form.submit_until_taken()


def _form_key(robot: Robot, run: str) -> str | None:
    keyset = robot.form_of(robot.api.get(f"/flow_runs/{run}").json())
    return keyset["response"] if keyset else None


def _opened(hands: Hands, pages: Prefect, label: str) -> Form:
    """Three dots, Resume: once the run waits."""
    pages.see("Paused")
    hands.click(pages.page.get_by_role("button", name="Open menu"))
    hands.click(pages.page.get_by_role("menuitem", name="Resume"))
    form = Form(pages.page.get_by_role("dialog"))
    expect(form.field(label)).to_be_visible()
    return form


def _minted(hands: Hands, open_it: Callable[[], None]) -> Pair:
    """A new pair, from the dashboard in a tab of its own. Opening that is the last that is counted."""
    with hands.page.context.expect_page() as opened:
        open_it()
    pair = Dashboard(opened.value).regenerate()
    opened.value.close()
    return pair


def _ended(robot: Robot) -> None:
    wait_until(
        lambda: all(run["state"]["type"] == "COMPLETED" for run in robot.runs()),
        description="the rotation is carried through",
        timeout_s=RUN_S,
    )


def report(measured: dict[str, Hands]) -> None:
    """Print both."""
    say(f"\nHands, from Start to the entry that is submitted, {CREDENTIAL}; without the dashboard\n")
    say("                        clicks   keys   documents   addresses   seconds of hands (reckoned)")
    for name, one in measured.items():
        addresses = len(one.addresses)
        say(f"  {name:<20}{one.clicks:8d}{one.keys:7d}{one.loaded:12d}{addresses:12d}{one.seconds:12.1f}")
    say(f"  a click is {POINT_S + BUTTON_S:.1f} s, a key {KEY_S} s, from mouse to keys or back {HOME_S} s")
