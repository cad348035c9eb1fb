"""The home tab is published and changed by its hash, no modal is opened without a trigger, and groups have members."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from tests.vendors.slack.sandbox.scene import BLOCKS, Scene, error_of, text
from tests.vendors.slack.scene import USER

HOME: dict[str, Any] = {"type": "home", "blocks": BLOCKS}
MODAL: dict[str, Any] = {"type": "modal", "title": {"type": "plain_text", "text": "Keys"}, "blocks": BLOCKS}


def test_a_home_tab_is_published_and_changed_by_its_hash(scene: Scene) -> None:
    sdk = scene.sdk()
    first = sdk.views_publish(user_id=USER, view=HOME)["view"]
    assert (first["type"], first["bot_id"], len(first["blocks"])) == ("home", sdk.auth_test()["bot_id"], len(BLOCKS))
    second = sdk.views_publish(user_id=USER, view=HOME, hash=first["hash"])["view"]
    assert (second["id"], second["hash"] != first["hash"]) == (first["id"], True)
    assert error_of(scene, "views_publish", user_id=USER, view=HOME, hash=first["hash"]) == "hash_conflict"
    assert error_of(scene, "views_update", view_id="V0NONE", view=HOME) == "not_found"
    assert error_of(scene, "views_update", view_id=first["id"], view=HOME, hash="1.1") == "hash_conflict"
    assert sdk.views_update(view_id=first["id"], view={**HOME, "external_id": "mine"})["view"]["external_id"] == "mine"
    assert sdk.views_update(external_id="mine", view=HOME)["ok"]


@pytest.mark.parametrize(
    ("trigger", "code"),
    [("x", "invalid_trigger_id"), ("12.34.abcdef", "expired_trigger_id"), ("", "invalid_trigger_id")],
)
def test_no_modal_is_opened_without_a_person(scene: Scene, trigger: str, code: str) -> None:
    assert error_of(scene, "views_open", trigger_id=trigger, view=MODAL) == code
    assert error_of(scene, "views_push", trigger_id=trigger, view=MODAL) == code


@pytest.mark.parametrize(
    ("view", "said"),
    [
        ({"type": "home"}, "missing required field: blocks [json-pointer:/view]"),
        (MODAL, "invalid view type [json-pointer:/view/type]"),
        (
            {"type": "home", "blocks": [{"type": "divider"}] * 101},
            "no more than 100 items allowed [json-pointer:/blocks]",
        ),
        (
            {"type": "home", "blocks": [{"type": "header", "text": text(151, "plain_text")}]},
            "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
        ),
    ],
)
def test_a_view_that_is_wrong_is_told_where(scene: Scene, view: dict[str, Any], said: str) -> None:
    with pytest.raises(SlackApiError) as caught:
        scene.sdk().views_publish(user_id=USER, view=view)
    assert caught.value.response["error"] == "invalid_arguments"
    assert f"[ERROR] {said}" in caught.value.response["response_metadata"]["messages"]


def test_a_group_is_made_filled_disabled_and_enabled(scene: Scene) -> None:
    sdk = scene.sdk()
    group = sdk.usergroups_create(name="On call", handle="on-call")["usergroup"]["id"]
    assert error_of(scene, "usergroups_create", name="On call") == "name_already_exists"
    assert error_of(scene, "usergroups_create", name="Other", handle="on-call") == "handle_already_exists"
    assert sdk.usergroups_users_update(usergroup=group, users=[USER])["usergroup"]["users"] == [USER]
    assert sdk.usergroups_users_list(usergroup=group)["users"] == [USER]
    assert error_of(scene, "usergroups_users_update", usergroup=group, users=["U0NONE"]) == "invalid_users"
    assert error_of(scene, "usergroups_users_list", usergroup="S0NONE") == "no_such_subteam"
    assert sdk.usergroups_update(usergroup=group, name="Operators")["usergroup"]["handle"] == "on-call"
    assert sdk.usergroups_disable(usergroup=group)["usergroup"]["date_delete"] > 0
    assert group not in [one["id"] for one in sdk.usergroups_list()["usergroups"]]
    assert group in [one["id"] for one in sdk.usergroups_list(include_disabled=True)["usergroups"]]
    assert sdk.usergroups_enable(usergroup=group)["usergroup"]["date_delete"] == 0
