"""What a bot's token may not call at all, and which workspaces it is good for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vendors.slack.sandbox.scene import Scene, error_of


@pytest.mark.parametrize(
    ("method", "args"),
    [
        ("search_messages", {"query": "keys"}),
        ("reminders_add", {"text": "rotate", "time": "1"}),
        ("files_sharedPublicURL", {"file": "F1"}),
        ("users_profile_set", {"name": "title", "value": "x"}),
        ("admin_users_list", {"team_id": "T1"}),
        ("rtm_connect", {}),
    ],
)
def test_what_is_for_people_or_apps_is_refused_by_the_kind_of_token(
    scene: Scene, method: str, args: dict[str, Any]
) -> None:
    assert error_of(scene, method, **args) == "not_allowed_token_type"


def test_socket_mode_wants_an_apps_own_token(scene: Scene) -> None:
    bots = scene.sdk().token
    assert bots is not None
    assert error_of(scene, "apps_connections_open", app_token=bots) == "not_allowed_token_type"
    unknown = bots[::-1]
    assert error_of(scene, "apps_connections_open", app_token=unknown) == "invalid_auth"


def test_a_bot_is_of_one_workspace(scene: Scene) -> None:
    sdk = scene.sdk()
    (team,) = sdk.auth_teams_list()["teams"]
    assert (team["id"], "icon" in team) == (sdk.auth_test()["team_id"], False)
    assert "icon" in sdk.auth_teams_list(include_icon=True)["teams"][0]
    assert error_of(scene, "auth_teams_list", cursor="nowhere") == "invalid_cursor"
