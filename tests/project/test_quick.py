"""``make quick`` starts no Prefect server: what needs one is marked, and whoever starts one without the mark fails."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from blocks.settings import ROOT
from deployments.local.places import Places
from deployments.local.processes import LocalPrefect, free_port
from tests.quick import MARKER


def test_make_quick_leaves_out_what_is_marked_and_what_is_long() -> None:
    (recipe,) = re.findall(r"^quick:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert f'-m "not long and not {MARKER}"' in recipe
    assert "--ignore tests/browser" in recipe
    assert "$(TWINS:%=--ignore=%)" in recipe
    assert "The twins' own tests are left out" in recipe


def test_a_test_without_the_mark_that_starts_a_server_fails(tmp_path: Path) -> None:
    with (
        LocalPrefect(Places.made(tmp_path), free_port()) as local,
        pytest.raises(AssertionError, match=f"mark it with pytest.mark.{MARKER}"),
    ):
        local.start_server()


@pytest.mark.parametrize(
    "command",
    [
        # What Prefect itself starts for a flow that finds no address.
        ["uvicorn", "--factory", "prefect.server.api.server:create_app"],
        ["deployments.cli.main", "demo"],
        ["deployments.cli.main", "rehearse"],
    ],
)
def test_nor_can_it_by_another_command(command: list[str]) -> None:
    with pytest.raises(AssertionError, match="starts a Prefect server"):
        subprocess.run([sys.executable, "-m", *command, "--help"], check=False)


def test_a_test_that_asks_for_the_server_by_way_of_another_fixture_is_marked(request: pytest.FixtureRequest) -> None:
    marked = {item for item in request.session.items if item.get_closest_marker(MARKER)}
    asking = {item for item in request.session.items if MARKER in getattr(item, "fixturenames", ())}

    assert request.node not in marked
    assert asking <= marked
