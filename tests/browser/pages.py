"""The pages as a person uses them: Prefect's V2 and V1 pages, and the dashboard."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus

from playwright.sync_api import BrowserContext, Locator, Page, Response, expect
from pydantic import SecretStr

from blocks.issuers.alpaca.pair import Pair

KEY_ID = "New API key ID"
SECRET = "New secret key"  # noqa: S105  # the label of a field
NAME = "Your name"
SWITCHER = "I checked that the switcher says Paper"
LIVE_SWITCHER = "I checked that the switcher says Live"
CONFIRM = "Type alpaca-live"
CHOICE = "What shall rekey do?"
FIELDS = [KEY_ID, SECRET, NAME, SWITCHER]
OPERATOR = "ops on call"
# A worker needs 5 s to start a run; a busy machine may need many times that. Three that wait in vain, and a CI that
# waits for minutes more says nothing that one does not say.
RUN_MS = 150_000
# How long a person looks at a dialog that does not close.
PATIENCE_MS = 15_000
# How often a person presses a button, all in all, while Prefect answers that its database is busy.
PRESSES = 3
# A page of Prefect's is there within a second or two; on a busy machine within a minute or two.
expect.set_options(timeout=120_000)


def titled(label: str) -> re.Pattern[str]:
    """A field's title as Prefect shows it: one that may stay empty when somebody stops is marked."""
    return re.compile(rf"^{re.escape(label)}( \(Optional\))?$")


@dataclass(frozen=True)
class Dashboard:
    """Alpaca's (simulated) dashboard in a tab of its own."""

    page: Page

    def regenerate(self) -> Pair:
        """Click Regenerate (and enter a code where one is asked for), and copy both values."""
        self.page.locator("#regenerate").click()
        if self.page.locator("#code").count():
            self.page.locator("#code").fill("123456")
            self.page.locator("#confirm-code").click()
        key_id, secret = (self.page.locator(name).inner_text() for name in ("#new-key-id", "#new-secret"))
        return Pair(key_id, SecretStr(secret))


@dataclass(frozen=True)
class Prefect:
    """Prefect's V2 pages in one tab."""

    page: Page
    # Of the V2 pages.
    url: str

    def log_in(self, login: str) -> None:
        """Prefect asks once a window, and remembers it."""
        self.page.goto(f"{self.url}/login")
        self.page.locator("input[type=password]").fill(login)
        self.page.get_by_role("button", name="Login").click()
        expect(self.page).not_to_have_url(re.compile("/login"))

    def open_deployment(self, name: str = "alpaca-paper") -> None:
        """From the list of deployments to one of them."""
        self.page.goto(f"{self.url}/deployments")
        self.page.get_by_role("link", name=name).click()

    def quick_run(self) -> Locator:
        """Run, Quick run; return the dialog that asks for the reason."""
        self.page.get_by_role("button", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Quick run").click()
        return self.page.get_by_role("dialog")

    def start(self, name: str = "alpaca-paper") -> str:
        """Start a run as the deployment's page says, wait until it pauses; return its ID.

        From the beginning when Prefect's SQLite was busy (503), as a person would.
        """
        for _ in range(PRESSES):
            self.open_deployment(name)
            dialog = self.quick_run()
            with self.page.expect_response(_creates_a_run, timeout=RUN_MS) as created:
                dialog.get_by_role("button", name="Run", exact=True).click()
            if created.value.status != HTTPStatus.SERVICE_UNAVAILABLE:
                break
        assert created.value.ok, f"Prefect answered {created.value.status}"
        # The note with its "View run" button goes away by itself, on a busy machine before it can be pressed.
        run_id = str(created.value.json()["id"])
        self.open_run(run_id)
        expect(self.page.get_by_role("tab", name="Task Runs")).to_be_visible()
        self.see("Paused")
        return run_id

    def open_run(self, run_id: str) -> None:
        """The page of a run."""
        self.page.goto(f"{self.url}/runs/flow-run/{run_id}")

    def see(self, state: str) -> None:
        """Wait until the run's page shows this state."""
        expect(self.page.locator("main").get_by_text(state, exact=True)).to_be_visible(timeout=RUN_MS)

    def open_form(self, label: str = KEY_ID) -> Form:
        """Three dots, Resume; the form has a field of this label."""
        self.see("Paused")
        self.page.get_by_role("button", name="Open menu").click()
        self.page.get_by_role("menuitem", name="Resume").click()
        form = Form(self.page.get_by_role("dialog"))
        expect(form.dialog.get_by_text(titled(label))).to_be_visible()
        return form

    def open_report(self, name: str = "alpaca-paper") -> None:
        """From the completed run to its report."""
        self.page.get_by_role("tab", name="Artifacts").click()
        self.page.get_by_role("link", name=f"rotation-{name}").click()
        self.page.locator("a[href*='/artifacts/artifact/']").first.click()
        expect(self.page.get_by_role("heading", name=f"{name} was rotated")).to_be_visible()

    def save_block(self) -> None:
        """Save the block that is being edited; again when Prefect's SQLite was busy (503), as a person would."""
        for _ in range(PRESSES):
            with self.page.expect_response(_saves_a_block, timeout=RUN_MS) as saved:
                self.page.get_by_role("button", name="Save").click()
            if saved.value.status != HTTPStatus.SERVICE_UNAVAILABLE:
                break
        assert saved.value.ok, f"Prefect answered {saved.value.status}"

    def toast(self, text: str) -> None:
        """Wait for a message in the corner."""
        expect(self.page.locator("[data-sonner-toast]").filter(has_text=text).first).to_be_visible()


def _label(switch: Locator) -> str:
    """What stands beside a switch."""
    return str(switch.evaluate("one => one.labels?.[0]?.textContent ?? ''"))


def _creates_a_run(answer: Response) -> bool:
    return answer.url.endswith("/create_flow_run")


def _saves_a_block(answer: Response) -> bool:
    return answer.request.method == "PATCH" and "/api/block_documents/" in answer.url


@dataclass(frozen=True)
class Form:
    """The form in the V2 pages."""

    dialog: Locator

    def field(self, label: str) -> Locator:
        """The field with this label."""
        return self.dialog.get_by_label(titled(label))

    def fill(self, pair: Pair, *, checked: bool = True) -> None:
        """Enter everything, and do not submit yet."""
        self.field(KEY_ID).fill(pair.key_id)
        self.field(SECRET).fill(pair.secret.get_secret_value())
        self.field(NAME).fill(OPERATOR)
        if self.dialog.get_by_label(titled(LIVE_SWITCHER)).count():
            self.agree()
            return
        if checked != (self.field(SWITCHER).get_attribute("aria-checked") == "true"):
            self.field(SWITCHER).click()

    def agree(self) -> None:
        """Put every switch on, but the one that ends the rotation."""
        for switch in self.dialog.get_by_role("switch").all():
            if switch.get_attribute("aria-checked") != "true" and "Stop here" not in _label(switch):
                switch.click()

    def choose(self, choice: str) -> None:
        """Open the menu, take one of the choices, and sign."""
        self.dialog.get_by_text("Select", exact=True).click()
        self.dialog.page.get_by_role("option", name=choice).click()
        self.field(NAME).fill(OPERATOR)

    def submit(self) -> None:
        """The blue button."""
        self.dialog.get_by_role("button", name="Resume").click()

    def submit_until_taken(self) -> None:
        """Submit an entry that Prefect takes; again when its SQLite was busy (503), as a person would."""
        for _ in range(PRESSES):
            self.submit()
            try:
                expect(self.dialog).to_be_hidden(timeout=PATIENCE_MS)
            except AssertionError:
                continue
            return
        expect(self.dialog).to_be_hidden()

    def dashboard(self, context: BrowserContext) -> Dashboard:
        """Open the link to the dashboard in a new tab, as the form says."""
        with context.expect_page() as opened:
            self.dialog.get_by_role("link", name="the Alpaca dashboard").click(modifiers=["ControlOrMeta"])
        return Dashboard(opened.value)


@dataclass(frozen=True)
class OldForm:
    """The form in Prefect's V1 pages, which nothing of ours links to."""

    dialog: Locator

    @classmethod
    def of(cls, page: Page, origin: str, run_id: str) -> OldForm:
        """Open the run's V1 page, and its form."""
        page.goto(f"{origin}/runs/flow-run/{run_id}")
        page.get_by_role("button", name="Resume").click()
        form = cls(page.locator(".p-modal"))
        expect(form.dialog.get_by_text(titled(SWITCHER))).to_be_visible()
        return form

    def field(self, label: str) -> Locator:
        """The text field with this label."""
        named = self.dialog.locator(".schema-form-property").filter(has_text=re.compile(f"^{label}"))
        return named.locator("textarea")

    def fill(self, pair: Pair) -> None:
        """Enter everything, and do not submit yet."""
        self.field(KEY_ID).fill(pair.key_id)
        self.field(SECRET).fill(pair.secret.get_secret_value())
        self.field(NAME).fill(OPERATOR)
        # The other one, below it, is for whoever stops here instead.
        self.dialog.get_by_role("switch").first.click()

    def submit(self) -> None:
        """The blue button."""
        self.dialog.get_by_role("button", name="Submit").click()
