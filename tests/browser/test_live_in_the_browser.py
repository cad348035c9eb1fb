"""A person rotates alpaca-live with a real browser: readiness, the form, a code, a held rotation, and the way on."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, expect

from deployments.rehearsal import proof
from deployments.sandbox.faults import Fault, FaultKind
from tests.browser.conftest import Rekey
from tests.browser.pages import CHOICE, CONFIRM, NAME, OPERATOR, SECRET, Dashboard, Prefect


@pytest.mark.long
def test_a_live_rotation_asks_whether_one_is_ready_holds_when_the_vault_is_down_and_goes_on(
    prefect_pages: Prefect, rekey: Rekey, window: BrowserContext
) -> None:
    before = proof.observe(rekey.estate, "live")
    run_id = prefect_pages.start("alpaca-live")

    ready = prefect_pages.open_form(CONFIRM)
    expect(ready.dialog).to_contain_text("nothing is paused yet")
    expect(ready.dialog).to_contain_text("TRADING_LIVE_DISABLED on raxx-mq-a")
    ready.agree()
    ready.field(CONFIRM).fill("alpaca-paper")
    ready.field(NAME).fill(OPERATOR)
    ready.submit()
    prefect_pages.toast(f'alpaca-live in "{CONFIRM}"')
    ready.field(CONFIRM).fill("alpaca-live")
    asked = rekey.form_key(run_id)
    ready.submit_until_taken()

    rekey.wait_for_another_form(run_id, asked)
    prefect_pages.open_run(run_id)
    form = prefect_pages.open_form()
    for words in ("Live Trading", rekey.estate.live.number, "Trading: stopped since", "Alpaca asks for a code"):
        expect(form.dialog).to_contain_text(words)
    expect(form.field(SECRET)).to_have_attribute("type", "password")
    tab = window.new_page()
    tab.goto(rekey.dashboard("live"))
    pair = Dashboard(tab).regenerate()
    rekey.typed.add(pair.secret.get_secret_value())
    rekey.estate.server.plan.add(Fault("infisical", FaultKind.ANSWER, status=503, times=None))
    prefect_pages.page.bring_to_front()
    form.fill(pair)
    asked = rekey.form_key(run_id)
    form.submit_until_taken()

    rekey.wait_for_another_form(run_id, asked)
    prefect_pages.open_run(run_id)
    held = prefect_pages.open_form(CHOICE)
    for words in ("alpaca-live is held", "Infisical", "The brakes are on: trading is stopped."):
        expect(held.dialog).to_contain_text(words)
    rekey.estate.server.plan.clear()
    held.choose("retry this step")
    held.submit_until_taken()

    prefect_pages.see("Completed")
    after = proof.observe(rekey.estate, "live")
    # Of this run alone: one that another file of the folder left paused may wait beside it.
    assert rekey.robot.state(run_id)[0] == "COMPLETED"
    assert proof.prove_rotated(before, after, rekey.ledger)
    assert after.places["vault"] == (pair.key_id, pair.secret.get_secret_value())
    prefect_pages.page.reload()
    prefect_pages.open_report("alpaca-live")
    report = prefect_pages.page.locator("main")
    for words in ("Trading", "stopped for", "Account verified", rekey.estate.live.number, "rotate.held"):
        expect(report).to_contain_text(words)
