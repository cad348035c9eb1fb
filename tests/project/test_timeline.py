"""docs/rotation.svg is drawn of what was recorded, shows the whole flow, and reads everywhere."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from tests.project.rooms import ROOT
from tests.project.test_documents import steps as procedure
from tests.timeline.drawing import PICTURE, Stage, Step, drawn, steps

SVG = "{http://www.w3.org/2000/svg}"
# On a page that many load.
MOST_BYTES = 100_000
# They guard the run; one approval is enough for the shipped catalog; hold is for what goes wrong, and nothing did.
UNSEEN = {"as_deployed", "one_at_a_time", "approve", "hold"}
SHORT = [
    Step("pause", "", 0.0, 4.0, None, ("Trading is stopped.",)),
    Step("resume", "", 6.0, 10.0, 8.0, ("a < b",)),
]


def test_the_committed_picture_is_drawn_of_what_was_recorded() -> None:
    assert PICTURE.read_text() == drawn(steps()), "draw it again: .venv/bin/python -m tests.timeline --draw"


def test_it_shows_every_step_of_the_flow_in_its_order() -> None:
    shown = list(dict.fromkeys(one.name for one in steps()))
    assert shown == [one for one in procedure() if one not in UNSEEN]
    words = [one.text for one in ET.fromstring(PICTURE.read_text()).iter(f"{SVG}text")]  # noqa: S314  # our own file
    assert [one for one in words if one in shown] == shown


def test_it_is_small_fetches_nothing_and_stands_still_for_who_wants_it() -> None:
    text = PICTURE.read_text()
    assert len(text.encode()) < MOST_BYTES
    assert re.findall(r"href|@import|url\(|<script|<image", text) == []
    assert "prefers-reduced-motion: reduce" in text
    assert "prefers-color-scheme: dark" in text


def test_no_secret_of_the_sandbox_is_in_what_was_recorded() -> None:
    """A secret half has 40 characters or more; a fingerprint has 12, a key ID 20."""
    recorded = (ROOT / "docs" / "rotation.json").read_text()
    assert re.findall(r"[A-Za-z0-9+/]{30,}", recorded) == []


@pytest.mark.parametrize(("at", "x"), [(0, 190), (5, 398), (10, 606), (11, 606)])
def test_a_second_has_its_place(at: float, x: float) -> None:
    assert Stage(10).x(at) == x


def test_a_form_is_a_persons_time_and_trading_stands_from_pause_to_resume() -> None:
    root = ET.fromstring(drawn(SHORT))  # noqa: S314  # our own text
    bars = [(str(one.get("class")).split()[-1], one.get("x"), one.get("width")) for one in root.iter(f"{SVG}rect")]
    assert ("person", "522.8", "83.2") in bars
    assert ("off", "190.0", "416.0") in bars
    assert "a &lt; b" in drawn(SHORT)
