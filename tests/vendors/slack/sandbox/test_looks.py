"""Messages, conversations and people of the twin have what Slack adds to them."""

from __future__ import annotations

from tests.vendors.slack.sandbox.scene import BLOCKS, METADATA, Scene, _numbers, error_of
from tests.vendors.slack.scene import USER


def test_a_message_names_its_app_and_its_blocks(scene: Scene, channel: str) -> None:
    sdk = scene.sdk()
    named = {"type": "divider", "block_id": "line"}
    posted = sdk.chat_postMessage(channel=channel, text="x", blocks=[*BLOCKS, named], metadata=METADATA)

    message, me = posted["message"], sdk.auth_test()

    assert (message["team"], message["app_id"]) == (me["team_id"], me["app_id"])
    assert message["bot_profile"]["id"] == me["bot_id"]
    ids = [one["block_id"] for one in message["blocks"]]
    assert (len(set(ids)), ids[-1]) == (len(BLOCKS) + 1, "line")
    assert message["blocks"][0]["text"] == {**BLOCKS[0]["text"], "emoji": True}
    assert message["blocks"][1]["fields"] == [{**BLOCKS[1]["fields"][0], "verbatim": False}]
    assert message["blocks"][4]["elements"] == [{**BLOCKS[4]["elements"][0], "verbatim": False}]
    (again,) = sdk.conversations_history(channel=channel, include_all_metadata=True)["messages"]
    assert again == message
    assert scene.posted(channel)[0]["blocks"] == [*BLOCKS, named], "what was received is kept as it was"


def test_a_channel_has_a_topic_and_counts_its_members_for_who_asks(scene: Scene) -> None:
    sdk, name = scene.sdk(), f"C0TEST{next(_numbers):04}"
    scene.sandbox.add_channel(name)
    private = scene.sandbox.add_channel(f"G0TEST{next(_numbers):04}")
    shown = sdk.conversations_info(channel=name)["channel"]
    assert (shown["is_channel"], shown["is_group"], shown["is_mpim"], shown["is_general"]) == (
        True,
        False,
        False,
        False,
    )
    assert (shown["topic"]["value"], shown["purpose"]["value"], shown["name_normalized"]) == ("", "", name.lower())
    assert "num_members" not in shown
    assert sdk.conversations_info(channel=name, include_num_members=True)["channel"]["num_members"] == 1
    group = sdk.conversations_info(channel=private)["channel"]
    assert (group["is_channel"], group["is_group"], group["is_private"]) == (False, True, True)


def test_a_person_and_the_workspace_have_the_fields_of_slacks_clients(scene: Scene) -> None:
    sdk = scene.sdk()
    person = sdk.users_info(user=USER)["user"]
    assert (person["tz_offset"], person["is_ultra_restricted"], person["is_email_confirmed"]) == (0, False, True)
    profile = sdk.users_profile_get(user=USER)["profile"]
    assert profile == person["profile"]
    assert {"display_name_normalized", "status_text", "image_72", "team"} <= set(profile)
    assert sdk.users_getPresence(user=USER)["presence"] == "active"
    me = sdk.auth_test()
    assert sdk.bots_info(bot=me["bot_id"])["bot"]["user_id"] == me["user_id"]
    assert sdk.team_info()["team"].items() >= {"id": me["team_id"], "name": me["team"]}.items()
    assert error_of(scene, "bots_info", bot="B0NONE") == "bot_not_found"
    assert error_of(scene, "users_profile_get", user="U0NONE") == "user_not_found"
    scene.sandbox.scopes -= {"team:read", "users.profile:read"}
    assert error_of(scene, "team_info") == error_of(scene, "users_profile_get") == "missing_scope"
