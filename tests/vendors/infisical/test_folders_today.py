"""Folders of a server of today: a full one is not deleted by accident, and refusals say which call made them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.vendors.infisical.raw import RAW, Raw, refusal
from tests.vendors.infisical.vaults import PATH, TestVault


@pytest.fixture
def today(current: TestVault) -> Raw:
    return Raw(current)


def call(raw: Raw, method: str, wanted: str = "", **fields: Any) -> httpx.Response:
    place = {"projectId": raw.vault.project_id, "environment": "prod", "path": PATH, **fields}
    place = {name: value for name, value in place.items() if value is not None}
    url = "/api/v2/folders" + (f"/{wanted}" if wanted else "")
    if method == "GET":
        return raw.http.get(url, params=place)
    return raw.http.request(method, url, json=place)


def made(raw: Raw, name: str, **fields: Any) -> dict[str, Any]:
    answer = call(raw, "POST", name=name, **fields)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["folder"]
    return found


def names(raw: Raw, **fields: Any) -> list[str]:
    return [row["name"] for row in call(raw, "GET", **fields).json()["folders"]]


@pytest.mark.parametrize("inside", ["secret", "folder"])
def test_a_folder_that_is_not_empty_is_deleted_only_by_force(today: Raw, inside: str) -> None:
    made(today, "one")
    if inside == "secret":
        assert today.send("POST", f"{RAW}/NAME", secretPath=f"{PATH}/one", secretValue="x").status_code == 200
    else:
        made(today, "two", path=f"{PATH}/one")
    status, error, message = refusal(call(today, "DELETE", "one"))
    assert (status, error) == (400, "deleteFolder")
    assert 'Cannot delete folder "one"' in message
    assert "forceDelete=true" in message
    assert call(today, "DELETE", "one", forceDelete=False).status_code == 400
    assert names(today) == ["one"]
    assert call(today, "DELETE", "one", forceDelete=True).status_code == 200
    assert names(today) == []


def test_an_empty_folder_is_deleted_and_the_older_route_always_forces(today: Raw) -> None:
    made(today, "empty")
    assert call(today, "DELETE", "empty").status_code == 200
    made(today, "two", path=f"{PATH}/full")
    place = {"workspaceId": today.vault.project_id, "environment": "prod", "path": PATH}
    assert today.http.request("DELETE", "/api/v1/folders/full", json=place).status_code == 200
    assert names(today) == []


def test_a_refusal_to_rename_says_which_call_made_it(today: Raw) -> None:
    one, _ = made(today, "one"), made(today, "two")
    taken = call(today, "PATCH", one["id"], name="two")
    assert refusal(taken) == (400, "UpdateFolder", "Folder with specified name already exists")
    missing = call(today, "PATCH", "three", name="four")
    assert refusal(missing) == (404, "UpdateFolder", "Folder with ID 'three' not found")
    nowhere = call(today, "PATCH", one["id"], name="four", path="/nowhere")
    message = "Folder with path '/nowhere' in environment with slug 'prod' not found"
    assert refusal(nowhere) == (404, "UpdateFolder", message)
    elsewhere = call(today, "PATCH", one["id"], name="four", environment="nope")
    message = f"Folder with path '{PATH}' in environment with slug 'nope' not found"
    assert refusal(elsewhere) == (404, "UpdateFolder", message)


def test_a_delete_tells_a_missing_environment_from_a_missing_path(today: Raw) -> None:
    nowhere = call(today, "DELETE", "one", path="/nowhere")
    message = "Folder with path '/nowhere' in environment with slug 'prod' not found"
    assert refusal(nowhere) == (404, "NotFound", message)
    elsewhere = call(today, "DELETE", "one", environment="nope")
    assert refusal(elsewhere) == (404, "NotFound", "Environment with slug 'nope' not found")


def test_folders_are_listed_by_name_with_their_descriptions(today: Raw) -> None:
    for name in ("b", "c", "a"):
        made(today, name, description=f"of {name}")
    rows = call(today, "GET").json()["folders"]
    assert [(row["name"], row["description"]) for row in rows] == [("a", "of a"), ("b", "of b"), ("c", "of c")]
    one = call(today, "GET", rows[0]["id"]).json()["folder"]
    assert one["description"] == "of a"
    renamed = call(today, "PATCH", "a", name="a", description=None).json()["folder"]
    assert renamed["description"] == "of a"
    changed = call(today, "PATCH", "a", name="z", description="last").json()["folder"]
    assert (changed["description"], changed["path"]) == ("last", f"{PATH}/z")


def test_a_list_of_the_newer_route_needs_its_path(today: Raw) -> None:
    assert call(today, "GET", path=None).status_code == 422
    assert call(today, "GET", path="/").status_code == 200


def test_many_folders_are_renamed_in_one_call_or_none_is(today: Raw) -> None:
    one, two = made(today, "one"), made(today, "two")

    def batch(*pairs: tuple[str, str]) -> httpx.Response:
        folders = [{"id": who, "name": name, "environment": "prod", "path": PATH} for who, name in pairs]
        body = {"projectId": today.vault.project_id, "folders": folders}
        return today.http.patch("/api/v2/folders/batch", json=body)

    missing = batch((one["id"], "three"), ("nope", "four"))
    message = "Folder with id 'nope' in environment with slug 'prod' not found"
    assert refusal(missing) == (404, "UpdateManyFolders", message)
    taken = batch((two["id"], "four"), (one["id"], "two"))
    assert refusal(taken) == (400, "Batch update folder", "Folder with specified name already exists")
    assert names(today) == ["one", "two"]
    assert batch().status_code == 422
    done = batch((two["id"], "five"), (one["id"], "three"))
    assert [row["name"] for row in done.json()["folders"]] == ["five", "three"]
    assert names(today) == ["five", "three"]


@pytest.mark.parametrize(("name", "status"), [("-", 200), ("a_b-1", 200), ("ß", 422), ("a.b", 422)])
def test_names_are_of_plain_letters(today: Raw, name: str, status: int) -> None:
    assert call(today, "POST", name=name).status_code == status
