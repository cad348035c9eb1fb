"""Files are uploaded in two steps by the SDK unchanged, shared by a message, and fetched by who may read them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.vendors.slack.sandbox.scene import Scene, error_of
from tests.vendors.slack.scene import USER


def begun(scene: Scene, name: str = "a.txt", length: int = 4) -> tuple[str, str]:
    answer = scene.sdk().files_getUploadURLExternal(filename=name, length=length)
    return answer["file_id"], answer["upload_url"]


def test_the_sdk_uploads_a_file_and_a_message_shares_it(scene: Scene, channel: str) -> None:
    sdk = scene.sdk()
    ts = sdk.chat_postMessage(channel=channel, text="the report")["ts"]
    sent: dict[str, Any] = {"filename": "report.csv", "content": "a,b", "title": "Report", "initial_comment": "here"}
    file = sdk.files_upload_v2(channel=channel, thread_ts=ts, **sent)["file"]
    shared = sdk.conversations_replies(channel=channel, ts=ts)["messages"][1]
    assert (shared["text"], [one["title"] for one in shared["files"]]) == ("here", ["Report"])
    shown = sdk.files_info(file=file["id"])["file"]
    assert (shown["name"], shown["filetype"], shown["size"], shown["ims"]) == ("report.csv", "csv", 3, [channel])
    assert file["id"] in [one["id"] for one in sdk.files_list(channel=channel)["files"]]
    with scene.http() as http:
        assert http.get(shown["url_private"]).text == "a,b"
    stranger = httpx.get(shown["url_private"], trust_env=False)
    assert (stranger.status_code, "Sign in" in stranger.text) == (200, True)
    sdk.files_delete(file=file["id"])
    for method in ("files_info", "files_delete"):
        assert error_of(scene, method, file=file["id"]) == "file_deleted"
    after = sdk.conversations_replies(channel=channel, ts=ts)["messages"][1]
    assert [one["mode"] for one in after["files"]] == ["tombstone"]


def test_a_file_is_sent_as_bytes_or_as_a_form_and_once(scene: Scene) -> None:
    for number, sent in enumerate(({"content": b"four"}, {"files": {"filename": ("a.txt", b"four")}})):
        file, url = begun(scene)
        assert httpx.post(url, trust_env=False, **sent).text == "OK - 4"  # type: ignore[arg-type]  # either way
        assert httpx.post(url, trust_env=False, content=b"four").status_code == 404
        done = scene.sdk().files_completeUploadExternal(files=[{"id": file, "title": str(number)}])
        assert done["files"][0]["id"] == file
    _, url = begun(scene)
    assert httpx.post(url, trust_env=False, content=b"other").status_code == 400


@pytest.mark.parametrize(("given", "code"), [("C0NONE", "channel_not_found"), (USER, "invalid_arguments")])
def test_a_file_is_not_shared_where_it_cannot_be(scene: Scene, given: str, code: str) -> None:
    file, url = begun(scene)
    assert error_of(scene, "files_completeUploadExternal", files=[{"id": file}]) == "file_not_found"
    httpx.post(url, trust_env=False, content=b"four")
    assert error_of(scene, "files_completeUploadExternal", files=[{"id": file}], channel_id=given) == code
    others = scene.sandbox.add_channel("C0FILES", member=False)
    sent = {"files": [{"id": file}], "channel_id": others}
    assert error_of(scene, "files_completeUploadExternal", **sent) == "not_in_channel"


def test_an_upload_that_cannot_be_is_refused(scene: Scene) -> None:
    assert error_of(scene, "files_getUploadURLExternal", filename="a", length=0) == "missing_argument"
    assert error_of(scene, "files_info", file="F0NONE") == "file_not_found"
    scene.sandbox.scopes.discard("files:write")
    assert error_of(scene, "files_getUploadURLExternal", filename="a", length=1) == "missing_scope"


def test_a_message_is_pinned_once_and_listed(scene: Scene, channel: str) -> None:
    sdk = scene.sdk()
    ts = sdk.chat_postMessage(channel=channel, text="x")["ts"]
    assert error_of(scene, "pins_remove", channel=channel, timestamp=ts) == "no_pin"
    sdk.pins_add(channel=channel, timestamp=ts)
    assert error_of(scene, "pins_add", channel=channel, timestamp=ts) == "already_pinned"
    (item,) = sdk.pins_list(channel=channel)["items"]
    assert (item["message"]["ts"], item["message"]["pinned_to"]) == (ts, [channel])
    assert sdk.conversations_history(channel=channel)["pin_count"] == 1
    sdk.pins_remove(channel=channel, timestamp=ts)
    assert sdk.pins_list(channel=channel)["items"] == []
    for stamp, code in (("x", "bad_timestamp"), ("1.1", "message_not_found"), ("", "no_item_specified")):
        assert error_of(scene, "pins_add", channel=channel, timestamp=stamp) == code


def test_what_the_bot_reacted_to_is_listed(scene: Scene, channel: str) -> None:
    sdk = scene.sdk()
    ts = sdk.chat_postMessage(channel=channel, text="x")["ts"]
    sdk.reactions_add(channel=channel, timestamp=ts, name="eyes")
    assert ts in [one["message"]["ts"] for one in sdk.reactions_list()["items"]]
    assert ts not in [one["message"]["ts"] for one in sdk.reactions_list(user=USER)["items"]]
