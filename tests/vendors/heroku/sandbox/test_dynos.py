"""Dynos and releases of the twin: which config serves, and from when on."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from deployments.sandbox.server import SandboxError
from tests.vendors.heroku.sandbox.scene import Scene


def wait_until(condition: Any, description: str, within_s: float = 5) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not in time: {description}"


def test_preboot_is_a_feature_and_the_only_one(scene: Scene) -> None:
    scene.app.preboot = True
    (listed,) = scene.ask("/apps/raxx-api-prod/features").json()
    assert scene.ask("/apps/raxx-api-prod/features/preboot").json() == listed
    assert (listed["name"], listed["enabled"]) == ("preboot", True)


def test_moments_are_utc(scene: Scene) -> None:
    moment = scene.ask("/apps/raxx-api-prod/releases/1").json()["created_at"]
    assert abs((datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()) < 60


def test_the_old_dyno_serves_until_the_new_one_is_up(scene: Scene) -> None:
    scene.app.knobs.boot_delay_s = 0.5
    scene.heroku.set_by_hand("raxx-api-prod", "A", "2")
    assert scene.heroku.variables("raxx-api-prod")["A"] == "2"
    assert (scene.heroku.serving("raxx-api-prod") or {})["A"] == "1"
    assert {(dyno.state, dyno.release.version) for dyno in scene.app.dynos()} == {("starting", 2)}
    wait_until(lambda: (scene.heroku.serving("raxx-api-prod") or {})["A"] == "2", "the new dyno serves")
    assert {(dyno.state, dyno.release.version) for dyno in scene.app.dynos()} == {("up", 2)}


def test_with_preboot_the_old_dyno_serves_on_unseen(scene: Scene) -> None:
    scene.app.preboot = True
    scene.app.knobs.preboot_s = 0.5
    scene.heroku.set_by_hand("raxx-api-prod", "A", "2")
    assert {(dyno.state, dyno.release.version) for dyno in scene.app.dynos()} == {("up", 2)}
    assert (scene.heroku.serving("raxx-api-prod") or {})["A"] == "1"
    wait_until(lambda: (scene.heroku.serving("raxx-api-prod") or {})["A"] == "2", "traffic is switched")


def test_a_failed_release_leaves_the_dynos_on_the_old_config(scene: Scene) -> None:
    scene.app.knobs.release_phase_s, scene.app.knobs.release_phase_fails = 0.5, True
    scene.heroku.set_by_hand("raxx-api-prod", "A", "2")
    assert scene.ask("/apps/raxx-api-prod/releases/2").json()["status"] == "pending"
    wait_until(
        lambda: scene.ask("/apps/raxx-api-prod/releases/2").json()["status"] == "failed", "the release phase fails"
    )
    assert scene.heroku.variables("raxx-api-prod")["A"] == "2"
    assert (scene.heroku.serving("raxx-api-prod") or {})["A"] == "1"
    assert {dyno.release.version for dyno in scene.app.dynos()} == {1}
    assert scene.ask("/apps/raxx-api-prod/releases/1").json()["current"] is True


def test_a_crash_on_boot_leaves_nothing_serving_until_a_later_release_boots(scene: Scene) -> None:
    scene.app.knobs.crash_on_boot = True
    scene.heroku.set_by_hand("raxx-api-prod", "A", "2")
    assert scene.heroku.serving("raxx-api-prod") is None
    assert {dyno.state for dyno in scene.app.dynos()} == {"crashed"}
    scene.app.knobs.crash_on_boot = False
    scene.heroku.set_by_hand("raxx-api-prod", "A", "3")
    assert (scene.heroku.serving("raxx-api-prod") or {})["A"] == "3"


def test_a_release_that_is_replaced_while_it_boots_never_serves(scene: Scene) -> None:
    scene.app.knobs.boot_delay_s = 0.05
    scene.heroku.set_by_hand("raxx-api-prod", "A", "2")
    scene.app.knobs.boot_delay_s = 3600
    scene.heroku.set_by_hand("raxx-api-prod", "A", "3")
    second = scene.app.releases[1]
    wait_until(lambda: time.monotonic() > second.up_at, "the second release would be up")
    assert (scene.heroku.serving("raxx-api-prod") or {})["A"] == "1"


def test_without_web_dynos_nothing_serves(scene: Scene) -> None:
    scene.app.types = {"web": 0, "worker": 1}
    assert scene.heroku.serving("raxx-api-prod") is None


def test_lists_may_lag_behind(scene: Scene) -> None:
    scene.app.knobs.stale_release_s, scene.app.knobs.dyno_list_lag_s = 3600, 3600
    scene.heroku.set_by_hand("raxx-api-prod", "A", "2")
    assert [row["version"] for row in scene.ask("/apps/raxx-api-prod/releases").json()] == [1]
    assert {row["release"]["version"] for row in scene.ask("/apps/raxx-api-prod/dynos").json()} == {1}
    assert (scene.heroku.serving("raxx-api-prod") or {})["A"] == "2"


@pytest.mark.parametrize("makes", [False, True])
def test_an_unchanged_value_makes_a_release_or_not(scene: Scene, makes: bool) -> None:
    scene.app.knobs.unchanged_makes_release = makes
    scene.heroku.set_by_hand("raxx-api-prod", "A", "1")
    assert len(scene.app.releases) == 1 + makes


def test_a_knob_counts_for_the_releases_made_after_it_is_turned(scene: Scene) -> None:
    scene.heroku.set_by_hand("raxx-api-prod", "A", "2")
    scene.app.knobs.crash_on_boot = True
    assert (scene.heroku.serving("raxx-api-prod") or {})["A"] == "2"


def test_an_app_that_was_never_added_is_named(scene: Scene) -> None:
    with pytest.raises(SandboxError, match="no-such-app"):
        scene.heroku.serving("no-such-app")
