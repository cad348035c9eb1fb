"""A person rotates alpaca-paper with a real browser: Prefect's pages, the form and the dashboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, expect
from pydantic import SecretStr

from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.row import Action
from deployments.rehearsal import proof
from deployments.sandbox.estate import LIVE
from tests.browser.conftest import Rekey
from tests.browser.elsewhere import FORM_IS_BACK, through_gateway
from tests.browser.pages import (
    FIELDS,
    KEY_ID,
    NAME,
    OPERATOR,
    RUN_MS,
    SECRET,
    SWITCHER,
    Dashboard,
    Prefect,
)
from tests.waiting import wait_until


def test_the_deployments_page_says_how_to_start_and_quick_run_asks_for_the_reason(prefect_pages: Prefect) -> None:
    prefect_pages.open_deployment()
    prefect_pages.page.get_by_role("tab", name="Description").click()
    said = prefect_pages.page.get_by_role("tabpanel")
    for words in ("Press Run, then Quick run", "View run", "Paused", "three dots", "Resume"):
        expect(said).to_contain_text(words)

    dialog = prefect_pages.quick_run()

    expect(dialog).to_contain_text('Choose "account reset" also when the current pair is dead already.')
    expect(dialog.get_by_label("credential")).to_have_value("alpaca-paper")
    expect(dialog).to_contain_text("scheduled")


@pytest.mark.long
def test_the_form_says_what_to_click_and_what_never_to_click_and_asks_in_order(
    paused: str, prefect_pages: Prefect, rekey: Rekey
) -> None:
    """Everything that a person under stress needs is in the form, with the account that must be regenerated."""
    form = prefect_pages.open_form()

    text = form.dialog.inner_text()
    positions = [text.index(label) for label in FIELDS]
    assert positions == sorted(positions)
    for bold in (
        "Regenerate kills the old pair at once",
        "in a new tab",
        "Paper Trading",
        "Never click Reset Account or Delete Account",
        rekey.estate.paper.number,
    ):
        expect(form.dialog.locator("strong").get_by_text(bold, exact=True).first).to_be_visible()
    link = form.dialog.get_by_role("link", name="the Alpaca dashboard")
    assert link.get_attribute("href") == rekey.dashboard("paper")
    assert rekey.paused_run() == paused


def test_the_secret_is_masked_and_is_nowhere_in_the_page(
    paused: str, prefect_pages: Prefect, rekey: Rekey, regenerated: Pair
) -> None:
    secret = regenerated.secret.get_secret_value()
    form = prefect_pages.open_form()
    expect(form.field(SECRET)).to_have_attribute("type", "password")
    expect(form.field(SECRET)).to_have_attribute("autocomplete", "off")

    form.fill(regenerated)

    expect(form.field(SECRET)).to_have_value(secret)
    page = prefect_pages.page
    assert secret not in page.locator("body").inner_text()
    assert secret not in page.url
    assert secret not in page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.title])")
    page.reload()
    again = prefect_pages.open_form()
    for label in (KEY_ID, SECRET, NAME):
        expect(again.field(label)).to_have_value("")
    assert rekey.paused_run() == paused


def test_what_prefect_refuses_is_told_in_the_corner_and_the_form_stays_as_it_is(
    paused: str, prefect_pages: Prefect, rekey: Rekey
) -> None:
    """An unchecked switch, a key ID that cannot be one, and the two halves exchanged: nothing of it is stored.

    The refused secret is not among those that may be in Prefect's database for a while: every byte is searched for it.
    """
    lost = Pair(*_regenerated_elsewhere(rekey))
    form = prefect_pages.open_form()

    form.fill(lost, checked=False)
    form.submit()
    prefect_pages.toast(f'a yes to "{SWITCHER}"')
    form.field(SWITCHER).click()
    form.field(SWITCHER).click()
    form.submit()
    prefect_pages.toast(f'a yes to "{SWITCHER}"')
    form.fill(Pair("PKTOOSHORT", lost.secret))
    form.submit()
    prefect_pages.toast(f'capital letters and digits in "{KEY_ID}"')
    form.fill(Pair(lost.secret.get_secret_value(), SecretStr(lost.key_id)))
    form.submit()
    prefect_pages.toast(f'capital letters and digits in "{KEY_ID}"')

    expect(form.field(NAME)).to_have_value(OPERATOR)
    assert rekey.paused_run() == paused
    assert rekey.robot.state(paused)[0] == "PAUSED"


@pytest.mark.long
def test_a_live_pair_brings_the_form_back_with_the_reason(
    paused: str, prefect_pages: Prefect, rekey: Rekey, window: BrowserContext
) -> None:
    """The mistake that must never be lost in silence: the switcher said Live. The live pair's own run mends it."""
    tab = window.new_page()
    tab.goto(rekey.dashboard("paper"))
    tab.locator("#switch-environment").click()
    live = Dashboard(tab).regenerate()
    rekey.typed.add(live.secret.get_secret_value())
    form, key = prefect_pages.open_form(), rekey.form_key(paused)

    form.fill(live)
    form.submit_until_taken()

    rekey.wait_for_another_form(paused, than=key)
    prefect_pages.open_run(paused)
    back = prefect_pages.open_form()
    expect(back.dialog).to_contain_text(FORM_IS_BACK)
    expect(back.dialog).to_contain_text(
        f"This is a LIVE pair: it opens live account {rekey.estate.live.number} of alpaca-live."
    )
    expect(back.dialog).to_contain_text(live.fingerprint)
    expect(back.field(SECRET)).to_have_value("")
    assert rekey.robot.state(paused)[0] == "PAUSED"
    # Its own rotation: another test may have rotated the live pair before.
    wait_until(
        lambda: any(
            row.action is Action.COMPLETED and row.context["new"] == live.fingerprint
            for row in rekey.ledger.rows(credential="alpaca-live")
        ),
        description="the live pair is rotated",
        timeout_s=RUN_MS / 1000,
    )
    assert rekey.estate.vault_values()[LIVE[0]] == live.key_id


def test_every_link_that_is_written_for_a_run_leads_to_the_pages_that_mask_the_secret(
    paused: str, rekey: Rekey
) -> None:
    assert f"{rekey.origin}/v2/runs/flow-run/{paused}" in _links(rekey)
    assert _unmasked_pages(rekey) == []


def test_the_right_pair_completes_the_run_and_the_report_can_be_opened(
    paused: str, prefect_pages: Prefect, rekey: Rekey, window: BrowserContext
) -> None:
    """From the form's own link to the report; afterwards the estate is rotated, asked of the vendors themselves.

    The browser reaches Prefect only as the gateway of docs/how-to/production.md lets it through.
    """
    before = proof.observe(rekey.estate)
    refused = through_gateway(prefect_pages.page, rekey.origin)
    # Nothing but the browser from here on: what it asks waits while the test does something else, and Prefect's page
    # forgets the login when its first question is not answered.
    prefect_pages.open_run(paused)
    form = prefect_pages.open_form()
    dashboard = form.dashboard(window)
    expect(dashboard.page.locator("#environment")).to_have_text("Paper Trading")
    expect(dashboard.page.locator("#account-number")).to_have_text(rekey.estate.paper.number)
    pair = dashboard.regenerate()
    rekey.typed.add(pair.secret.get_secret_value())

    form.fill(pair)
    form.submit_until_taken()

    prefect_pages.see("Completed")
    after = proof.observe(rekey.estate)
    assert set(after.places.values()) == {(pair.key_id, pair.secret.get_secret_value())}
    assert after.dashboard_key_id == pair.key_id != before.places["vault"][0]
    completed = rekey.ledger.rows(credential="alpaca-paper")[-1]
    assert completed.action is Action.COMPLETED
    assert completed.actor.startswith("rekey (run ")
    prefect_pages.open_report()
    report = prefect_pages.page.locator("main")
    expect(report).to_contain_text(f"{OPERATOR} entered a pair with fingerprint {pair.fingerprint}.")
    expect(report).to_contain_text(f"Old pair {completed.context['old']} is dead: refused")
    assert rekey.robot.state(paused)[0] == "COMPLETED"
    assert sorted(set(refused)) == []
    assert _unmasked_pages(rekey) == []


def _regenerated_elsewhere(rekey: Rekey) -> tuple[str, SecretStr]:
    key_id, secret = rekey.estate.other_paper.regenerate()
    return key_id, SecretStr(secret)


def _links(rekey: Rekey) -> set[str]:
    """The links to pages of Prefect in the worker's log, Prefect's own logs, the ledger and the reports."""
    api = rekey.robot.api
    texts = [(rekey.places.logs / "prefect-worker.log").read_text()]
    texts += [str(row.context) for row in rekey.ledger.rows()]
    texts += [str(one["message"]) for one in api.post("/logs/filter", json={"limit": 200}).json()]
    texts += [str(one["data"]) for one in api.post("/artifacts/filter", json={}).json()]
    found = re.findall(rf"{re.escape(rekey.origin)}[^\s\"'),]*", "\n".join(texts))
    return {link.rstrip(".") for link in found if not link.startswith(f"{rekey.origin}/api")}


def _unmasked_pages(rekey: Rekey) -> list[str]:
    # The head of the ledger that is posted names the pages as a whole.
    return [link for link in _links(rekey) if not f"{link}/".startswith(f"{rekey.origin}/v2/")]
