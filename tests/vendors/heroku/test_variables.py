"""Both variables go in one change, and a release tells which pair it carries."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from blocks.answer import Answer
from blocks.consumers.heroku.client import HerokuClient
from blocks.errors import (
    Unreachable,
    Unreadable,
)
from deployments.sandbox.faults import FaultKind
from deployments.sandbox.heroku.apps import SandboxApp
from tests.vendors.heroku.scene import KEY, SECRET, Scene, clear, new_pair


def test_both_variables_go_in_one_patch_and_make_one_release(
    scene: Scene, app: SandboxApp, client: HerokuClient
) -> None:
    before, pair = client.newest_release(app.name), new_pair()
    client.set_variables(app.name, pair)
    assert app.variables == {**clear(pair), "OTHER": "kept"}
    after = client.newest_release(app.name)
    assert [path for method, path in scene.requests(app) if method == "PATCH"] == ["/config-vars"]
    assert after.version == before.version + 1
    assert after.status == "succeeded"
    assert after.description == f"Set {KEY}, {SECRET} config vars"
    assert after.user_email == "operator@example.com"
    assert after.created_at >= before.created_at


def test_setting_is_one_request(scene: Scene, app: SandboxApp, client: HerokuClient) -> None:
    client.set_variables(app.name, new_pair())
    assert len(scene.requests(app)) == 1


def test_variables_come_back_out_of_sight_and_none_when_not_set(app: SandboxApp, client: HerokuClient) -> None:
    read = client.variables(app.name, [KEY, SECRET, "NOT_SET"])
    assert read[KEY] == SecretStr(app.variables[KEY])
    assert read["NOT_SET"] is None
    assert app.variables[SECRET] not in repr(read)


def test_a_release_tells_whether_it_carries_the_pair_after_later_changes(
    app: SandboxApp, client: HerokuClient, scene: Scene
) -> None:
    pair = new_pair()
    client.set_variables(app.name, pair)
    version = client.newest_release(app.name).version
    scene.heroku.set_by_hand(app.name, SECRET, "changed by hand")
    assert client.release_carries(app.name, version, pair) is Answer.YES
    assert client.release_carries(app.name, version + 1, pair) is Answer.NO
    assert client.release_carries(app.name, version, {"NOT_SET": SecretStr("")}) is Answer.NO


def test_half_a_character_is_no_value_and_in_an_answer_it_is_unclear(app: SandboxApp, client: HerokuClient) -> None:
    broken = {SECRET: SecretStr("\ud800")}
    assert client.release_carries(app.name, 1, broken) is Answer.NO
    with pytest.raises(Unreadable, match="half a character"):
        client.set_variables(app.name, broken)
    with pytest.raises(Unreadable, match="half a character"):
        client.release_carries(app.name, 2, broken)


def test_after_a_dropped_answer_the_change_can_be_read_back(
    scene: Scene, app: SandboxApp, client: HerokuClient
) -> None:
    pair = new_pair()
    scene.fault(FaultKind.DROP_AFTER, method="PATCH")
    with pytest.raises(Unreachable):
        client.set_variables(app.name, pair)
    assert client.variables(app.name, [KEY, SECRET]) == pair
    version = client.newest_release(app.name).version
    assert client.release_carries(app.name, version, pair) is Answer.YES


def test_setting_again_what_is_set_may_make_no_release_and_is_no_error(app: SandboxApp, client: HerokuClient) -> None:
    pair = new_pair()
    client.set_variables(app.name, pair)
    client.set_variables(app.name, pair)
    assert client.newest_release(app.name).version == 2
    app.knobs.unchanged_makes_release = True
    client.set_variables(app.name, pair)
    assert client.newest_release(app.name).version == 3
