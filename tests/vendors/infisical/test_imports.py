"""Secret imports of the simulated vaults, and what lists and reads show of them."""

from __future__ import annotations

from typing import Any

import httpx

from tests.vendors.infisical.raw import RAW, Raw, refusal
from tests.vendors.infisical.vaults import PATH, TestVault

IMPORTS, V4 = "/api/v1/secret-imports", "/api/v4/secrets"


def imports(raw: Raw, method: str, wanted: str = "", source: Any = None, path: str = PATH) -> httpx.Response:
    place = {"workspaceId": raw.vault.project_id, "environment": "prod", "path": path}
    if source is not None:
        place["import"] = source
    url = f"{IMPORTS}/{wanted}" if wanted else IMPORTS
    return raw.http.get(url, params=place) if method == "GET" else raw.http.request(method, url, json=place)


def made(raw: Raw, environment: str, path: str, *, into: str = PATH) -> dict[str, Any]:
    answer = imports(raw, "POST", source={"environment": environment, "path": path}, path=into)
    assert (answer.status_code, answer.json()["message"]) == (200, "Successfully created secret import")
    found: dict[str, Any] = answer.json()["secretImport"]
    return found


def brought(raw: Raw, **params: Any) -> list[tuple[str, str, dict[str, str]]]:
    """Where each import comes from, and its values by name."""
    found = raw.get(RAW, include_imports="true", **params).json()["imports"]
    return [
        (one["environment"], one["secretPath"], {row["secretKey"]: row["secretValue"] for row in one["secrets"]})
        for one in found
    ]


def test_an_import_is_made_listed_moved_and_deleted(vault: TestVault, raw: Raw) -> None:
    vault.sandbox.put(vault.project_id, "staging", "/x", {"A": "a"})
    first, second = made(raw, "staging", "/x/"), made(raw, "dev", "/not-there")
    assert [(one["importPath"], one["importEnv"]["slug"], one["position"]) for one in (first, second)] == [
        ("/x", "staging", 1),
        ("/not-there", "dev", 2),
    ]
    moved = imports(raw, "PATCH", second["id"], {"position": 1, "path": "/other"}).json()["secretImport"]
    assert (moved["position"], moved["importPath"], moved["importEnv"]["slug"]) == (1, "/other", "dev")
    listed = imports(raw, "GET").json()["secretImports"]
    assert [one["id"] for one in listed] == [second["id"], first["id"]]
    alone = raw.http.get(f"{IMPORTS}/{first['id']}").json()["secretImport"]
    assert (alone["secretPath"], alone["environment"]["slug"], alone["projectId"]) == (PATH, "prod", vault.project_id)
    gone = imports(raw, "DELETE", second["id"]).json()["secretImport"]
    assert gone["id"] == second["id"]
    assert [one["position"] for one in imports(raw, "GET").json()["secretImports"]] == [1]


def test_a_list_shows_imports_only_when_asked_and_a_read_takes_the_last_one(vault: TestVault, raw: Raw) -> None:
    vault.put(OWN="own")
    vault.sandbox.put(vault.project_id, "staging", "/x", {"A": "first", "OWN": "theirs", "B": "b"})
    vault.sandbox.put(vault.project_id, "dev", "/", {"A": "last"})
    made(raw, "staging", "/x")
    made(raw, "dev", "/")

    assert not raw.get(RAW).json().get("imports")
    assert brought(raw) == [
        ("staging", "/x", {"A": "first", "B": "b", "OWN": "theirs"}),
        ("dev", "/", {"A": "last"}),
    ]
    assert raw.get(f"{RAW}/A").status_code == 404
    found = raw.get(f"{RAW}/A", include_imports="true").json()["secret"]
    assert (found["secretValue"], found["environment"]) == ("last", "dev")
    assert raw.get(f"{RAW}/OWN", include_imports="true").json()["secret"]["secretValue"] == "own"
    assert raw.get(f"{RAW}/NONE", include_imports="true").status_code == 404


def test_what_an_import_imports_comes_under_it_and_no_folder_twice(vault: TestVault, raw: Raw) -> None:
    for environment, path, name in (("prod", "/one", "A"), ("prod", "/two", "B"), ("prod", PATH, "C")):
        vault.sandbox.put(vault.project_id, environment, path, {name: f"${{{name}X}}", f"{name}X": path})
    made(raw, "prod", "/one")
    made(raw, "prod", "/two", into="/one")
    made(raw, "prod", PATH, into="/two")

    assert brought(raw) == [
        ("prod", "/one", {"A": "${AX}", "AX": "/one", "B": "${BX}", "BX": "/two", "C": "${CX}", "CX": PATH})
    ]
    assert brought(raw, expandSecretReferences="true")[0][2]["A"] == "/one"


def test_what_is_wrong_with_an_import_is_said(vault: TestVault, raw: Raw) -> None:
    vault.sandbox.add_folder(vault.project_id, "prod", "/one")
    made(raw, "prod", "/one")
    back = imports(raw, "POST", path="/one", source={"environment": "prod", "path": PATH})
    assert refusal(back) == (400, "BadRequest", "Cyclic import not allowed")
    nowhere = imports(raw, "POST", source={"environment": "none", "path": "/"})
    assert nowhere.status_code == 404
    assert imports(raw, "GET", path="/none").status_code == 404
    assert refusal(imports(raw, "PATCH", "x", source={}))[0] == 400
    assert refusal(imports(raw, "DELETE", "x"))[0] == 404
    issues = imports(raw, "POST", source={"environment": 1}).json()["message"]
    assert [(issue["path"], issue["message"]) for issue in issues] == [
        (["import", "environment"], "Expected string, received number"),
        (["import", "path"], "Required"),
    ]
    assert imports(raw, "POST").json()["message"][0]["path"] == ["import"]
    vault.sandbox.set_permissions(vault.client_id, vault.project_id, {"read"})
    assert imports(raw, "POST", source={"environment": "dev", "path": "/"}).status_code == 403


def test_v4_follows_references_and_shows_imports_unless_it_is_told_not_to(current: TestVault) -> None:
    raw = Raw(current)
    place = {"projectId": current.project_id, "environment": "prod", "secretPath": PATH}
    current.put(A="a", B="${A}")
    current.sandbox.put(current.project_id, "dev", "/", {"C": "c"})
    made(raw, "dev", "/")
    assert raw.http.get("/api/v2/secret-imports", params={**place, "path": PATH}).json()["secretImports"]

    def read(name: str = "", **params: Any) -> Any:
        return raw.http.get(f"{V4}/{name}" if name else V4, params={**place, **params}).json()

    whole = read()
    assert {row["secretKey"]: row["secretValue"] for row in whole["secrets"]} == {"A": "a", "B": "a"}
    assert [row["secretKey"] for row in whole["imports"][0]["secrets"]] == ["C"]
    assert (read("B")["secret"]["secretValue"], read("C")["secret"]["secretValue"]) == ("a", "c")
    plain = read(expandSecretReferences="false", includeImports="false", includePersonalOverrides="true")
    assert {row["secretKey"]: row["secretValue"] for row in plain["secrets"]} == {"A": "a", "B": "${A}"}
    assert not plain["imports"]
    assert read("C", includeImports="false")["statusCode"] == 404
    assert read("C", include_imports="false")["secret"]["secretValue"] == "c", "the older name is none of its fields"
    assert read(includePersonalOverrides="yes")["statusCode"] == 422
