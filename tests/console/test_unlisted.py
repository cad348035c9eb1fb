"""The inbox names every open rotation, also one whose entry the catalog does not have, or has disabled."""

from __future__ import annotations

import httpx

from tests.console.conftest import Served


def test_a_rotation_that_the_catalog_does_not_name_waits_for_its_entry(served: Served) -> None:
    served.start("renamed-since")
    served.step(
        "pause",
        "renamed-since",
        paused_at="2026-11-28T10:00:00+00:00",
        engaged_before={"a brake": False},
        brakes_proved=True,
    )

    served.shows("renamed-since: put its entry back into the catalog")

    text = served.text()
    assert "1 rotation waits for a person" in text
    assert "Trading: unknown, because nobody looks after its brakes; the last that the ledger has is: stopped" in text
    page = served.browser.get("/rotations/r-1").text
    assert "renamed-since: Its rotation is open, and the catalog has no entry of that name. Put the entry back" in page


def test_a_disabled_entry_with_an_open_rotation_is_shown_and_may_be_started_again(served: Served) -> None:
    disabled = "alpaca-paper-staging"
    assert served.browser.get(f"/credentials/{disabled}/start").status_code == httpx.codes.NOT_FOUND
    served.start(disabled)
    served.wait(credential=disabled)

    served.shows(f"{disabled}: enter the new pair")

    assert "Start" in served.text(f"/credentials/{disabled}/start")
