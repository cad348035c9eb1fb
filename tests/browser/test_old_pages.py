"""Prefect's older pages take the form, too."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pydantic import SecretStr

from blocks.issuers.alpaca.pair import Pair
from tests.browser.conftest import Rekey
from tests.browser.elsewhere import FORM_IS_BACK, through_gateway
from tests.browser.pages import (
    FIELDS,
    OldForm,
    titled,
)


@pytest.mark.long
def test_the_old_pages_show_the_form_too_and_can_submit_it(
    paused: str, page: Page, rekey: Rekey, regenerated: Pair
) -> None:
    """Nothing links there, because they show the secret; but a form that is found there works."""
    refused = through_gateway(page, rekey.origin)
    form, key = OldForm.of(page, rekey.origin, paused), rekey.form_key(paused)
    assert [one for one in refused if "/input/" in one] == []
    # These pages are none that a gateway lets through: the rest of what they ask is not looked at.
    page.unroute_all(behavior="wait")
    expect(form.dialog).to_contain_text("Never click Reset Account or Delete Account")
    assert [form.dialog.get_by_text(titled(label)).count() for label in FIELDS] == [1, 1, 1, 1]

    form.fill(Pair(regenerated.key_id, SecretStr(regenerated.key_id)))
    # Whether these pages close the dialog then is another matter: on a busy machine they leave it there, empty.
    form.submit()

    rekey.wait_for_another_form(paused, than=key)
    back = OldForm.of(page, rekey.origin, paused)
    expect(back.dialog).to_contain_text(FORM_IS_BACK)
    expect(back.dialog).to_contain_text("The secret field holds a key ID")
