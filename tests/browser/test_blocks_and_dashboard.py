"""The blocks in Prefect's pages, and the simulated dashboard, as a person sees them."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Rekey
from tests.browser.pages import Dashboard, Prefect

# Block type, document, label of its secret field (None: it has none, or it is not set here).
# The only secret of its block, and it may be left out.
OPTIONAL = "(Optional)"
BLOCKS = [
    ("Alpaca", "rekey", None),
    ("Infisical", "rekey", "Client secret"),
    ("Heroku", "rekey", "API token"),
    ("GitHub", "rekey", "Token"),
    ("Slack", "rekey", "Bot token"),
    ("Postmark", "rekey", None),
    ("GitHub token", "rekey", None),
    ("Stripe", "rekey", None),
    ("Anthropic", "rekey", OPTIONAL),
    ("Heroku authorization", "rekey", None),
    ("Infisical identity", "rekey", None),
    ("Sealed file", "rekey", None),
    ("Kubernetes", "rekey", "Token"),
    ("Raptor", "mq-a", None),
    ("Raptor", "raptor-prod", None),
    ("Raptor", "raptor-staging", None),
    ("HTTP JSON", "desk", None),
    ("HTTP JSON", "desk-switched", None),
    ("HTTP switch", "flags", None),
]


def test_every_block_is_listed_with_its_vendor(prefect_pages: Prefect) -> None:
    # The page shows ten at once otherwise.
    prefect_pages.page.goto(f"{prefect_pages.url}/blocks?page=1&limit=50")

    rows = prefect_pages.page.locator("tbody tr")
    # And the one by which Prefect's own automations post.
    expect(rows).to_have_count(len(BLOCKS) + 1)
    for vendor, document, _ in BLOCKS:
        # Where one text is a part of another's (GitHub's two, desk's two), both are found.
        found = sum(vendor in other and document in name for other, name, _ in BLOCKS)
        expect(rows.filter(has_text=vendor).filter(has_text=document)).to_have_count(found)


@pytest.mark.parametrize(
    ("vendor", "document", "secret"),
    # One is enough to see that Prefect's page masks what a block says is secret.
    [
        pytest.param(*one, marks=[pytest.mark.long] if at else [])
        for at, one in enumerate(filter(itemgetter(2), BLOCKS))
    ],
)
def test_a_token_is_masked_where_its_block_is_edited(
    prefect_pages: Prefect, rekey: Rekey, vendor: str, document: str, secret: str
) -> None:
    prefect_pages.page.goto(f"{prefect_pages.url}/blocks/block/{_block(rekey, vendor, document)['id']}/edit")

    by_label = prefect_pages.page.get_by_label(secret, exact=True)
    # What may be left out is shown on a tab of its kind, whose field has no label.
    field = prefect_pages.page.get_by_role("tabpanel").get_by_role("textbox") if secret == OPTIONAL else by_label
    expect(field).to_have_attribute("type", "password")
    expect(field).to_have_value("********")


def test_a_field_can_be_edited_and_the_masked_secrets_stay_as_they_are(prefect_pages: Prefect, rekey: Rekey) -> None:
    """The page gets asterisks instead of the secret, and sends them back when it saves."""
    before = _block(rekey, "Infisical", "rekey")
    page = prefect_pages.page
    page.goto(f"{prefect_pages.url}/blocks/block/{before['id']}/edit")
    page.get_by_label("Read timeout").fill("14")
    prefect_pages.save_block()

    after = _block(rekey, "Infisical", "rekey")
    assert after["data"]["read_timeout_s"] == 14
    assert after["data"]["client_secret"] == before["data"]["client_secret"] == rekey.estate.identity[1]


def test_the_dashboard_shows_a_secret_once_and_never_again(page: Page, rekey: Rekey) -> None:
    # Of an account that nothing uses: the other tests need the pair in the vault to be alive.
    page.goto(f"{rekey.dashboard('paper')}?account={rekey.estate.other_paper.id}")
    pair = Dashboard(page).regenerate()
    expect(page.locator("#new-secret")).to_have_text(pair.secret.get_secret_value())
    expect(page.locator("main")).to_contain_text("Copy both now")

    page.reload()

    expect(page.locator("#new-key-id")).to_have_text(pair.key_id)
    expect(page.locator("#new-secret")).to_have_count(0)
    assert pair.secret.get_secret_value() not in page.content()
    expect(page.locator("main")).to_contain_text("The secret is shown only once")


def _block(rekey: Rekey, vendor: str, document: str) -> dict[str, Any]:
    found = rekey.robot.api.post("/block_documents/filter", json={"include_secrets": True}).json()
    return next(one for one in found if (one["block_type"]["name"], one["name"]) == (vendor, document))
