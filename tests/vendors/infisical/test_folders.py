"""Folders of the simulated vaults, as their command line and SDKs use them, and what a server tells anybody."""

from __future__ import annotations

from typing import Any

import httpx

from tests.vendors.infisical.raw import RAW, Raw, by_age, refusal
from tests.vendors.infisical.vaults import PATH, TestVault


def folder(raw: Raw, method: str, wanted: str = "", **fields: Any) -> httpx.Response:
    place = {"workspaceId": raw.vault.project_id, "environment": "prod", "path": PATH}
    # A field that is None is left out: the server refuses null.
    place = {name: value for name, value in {**place, **fields}.items() if value is not None}
    url = "/api/v1/folders" + (f"/{wanted}" if wanted else "")
    if method == "GET":
        return raw.http.get(url, params=place)
    return raw.http.request(method, url, json=place)


def made_folder(raw: Raw, name: str, **fields: Any) -> dict[str, Any]:
    place = {"workspaceId": raw.vault.project_id, "environment": "prod", "path": PATH, **fields}
    answer = raw.http.post("/api/v1/folders", json={**place, "name": name})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()["folder"]
    return found


def test_a_folder_is_made_read_renamed_and_deleted(raw: Raw) -> None:
    made = made_folder(raw, "one")
    below = made_folder(raw, "two", path=f"{PATH}/one")
    assert below["parentId"] == made["id"]
    one = folder(raw, "GET", made["id"]).json()["folder"]
    assert (one["path"], one["projectId"], one["environment"]["envSlug"]) == (
        f"{PATH}/one",
        raw.vault.project_id,
        "prod",
    )
    renamed = folder(raw, "PATCH", made["id"], name="three").json()["folder"]
    assert (renamed["id"], renamed["name"]) == (made["id"], "three")
    every = folder(raw, "GET", recursive="true").json()["folders"]
    assert {row["relativePath"] for row in every} == {"/three", "/three/two"}
    assert [row["name"] for row in folder(raw, "GET").json()["folders"]] == ["three"]
    # The command line says directory, and may give the name.
    assert folder(raw, "DELETE", "three", path=None, directory=PATH).json()["folder"]["id"] == made["id"]
    assert folder(raw, "GET").json()["folders"] == []
    assert folder(raw, "GET", made["id"]).status_code == folder(raw, "DELETE", "three").status_code == 404


def test_a_name_that_is_taken_is_refused(raw: Raw) -> None:
    one, _ = made_folder(raw, "one"), made_folder(raw, "two")
    assert folder(raw, "PATCH", one["id"], name="two").status_code == 400
    assert folder(raw, "PATCH", one["id"], name="one").status_code == 200


def test_a_folder_that_is_there_was_given_back_in_2024_and_is_refused_today(vault: TestVault, raw: Raw) -> None:
    one = made_folder(raw, "one")
    again = folder(raw, "POST", name="one")
    if vault.profile == "2024":
        assert again.json()["folder"]["id"] == one["id"]
    else:
        assert refusal(again) == (400, "BadRequest", f"Folder with name 'one' already exists in path '{PATH}'")
    nowhere = folder(raw, "POST", name="one", environment="nope")
    where = by_age(vault, "in project", f"in project with ID '{vault.project_id}'")
    assert refusal(nowhere) == (404, "NotFound", f"Environment with slug 'nope' {where} not found")


def test_anybody_may_ask_whether_the_server_lives(vault: TestVault) -> None:
    answer = httpx.get(f"{vault.url}/api/status", trust_env=False)
    assert (answer.status_code, answer.json()["message"]) == (200, "Ok")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


def test_the_projects_of_an_identity_are_listed(raw: Raw) -> None:
    listed = raw.http.get("/api/v1/workspace").json()["workspaces"]
    assert [one["id"] for one in listed] == [raw.vault.project_id]


def test_a_slash_at_the_end_is_ignored_unless_it_is_part_of_a_name(raw: Raw) -> None:
    assert raw.get(f"{RAW}/").status_code == 200
    assert raw.send("POST", f"{RAW}/NAME/", secretValue="x").status_code == 200
    assert raw.get(f"{RAW}/NAME").json()["secret"]["secretValue"] == "x"
    assert raw.get(f"{RAW}/NAME%2F").status_code == 404


def test_a_read_without_its_environment_is_told_so(raw: Raw) -> None:
    place = {"workspaceId": raw.vault.project_id}
    missing = by_age(raw.vault, "Missing workspace id or environment", "Missing project id or environment")
    assert refusal(raw.http.get(RAW, params=place)) == (400, "BadRequest", missing)
    assert refusal(raw.http.get(f"{RAW}/NAME", params=place)) == (400, "BadRequest", "Missing environment")


def test_a_server_of_2024_ignores_what_it_does_not_know(raw: Raw) -> None:
    raw.send("POST", f"{RAW}/NAME", secretValue="x")
    assert raw.get(f"{RAW}/NAME", viewSecretValue="perhaps").status_code == by_age(raw.vault, 200, 422)
