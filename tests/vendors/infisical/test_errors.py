"""Errors, rate limits, lag and the access proxy of the simulated vaults of both ages."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from deployments.sandbox import made_up
from deployments.sandbox.faults import FaultKind
from tests.vendors.infisical.raw import BATCH, RAW, Raw, by_age, item, refusal
from tests.vendors.infisical.vaults import (
    KEY,
    LOGIN,
    PATH,
    TestVault,
    Vaults,
    fresh_vault,
)

FOLDERS = "/api/v1/folders"


@pytest.fixture
def old(vaults: Vaults) -> Iterator[TestVault]:
    with fresh_vault(vaults, "2024") as fresh:
        yield fresh


# Errors


def test_errors_of_single_secrets_are_in_the_words_of_their_age(vault: TestVault, raw: Raw) -> None:
    vault.put(A="a")
    nowhere = "Folder with path '/nope' in environment with slug 'prod' not found"
    assert refusal(raw.get(f"{RAW}/X")) == (404, "NotFound", "Secret with name 'X' not found")
    assert refusal(raw.send("PATCH", f"{RAW}/X", secretValue="x")) == (404, "NotFound", "Secret with name X not found")
    assert refusal(raw.send("DELETE", f"{RAW}/X"))[2] == by_age(
        vault, "Secret with name 'X' not found", "Secret not found"
    )
    assert refusal(raw.send("POST", f"{RAW}/A", secretValue="x")) == (
        400,
        "BadRequest",
        by_age(vault, "Secret already exist", "Secret already exists"),
    )
    assert refusal(raw.get(f"{RAW}/A", secretPath="/nope")) == (404, "GetSecretByName", nowhere)
    for method, error in (("POST", "CreateSecret"), ("PATCH", "UpdateSecret"), ("DELETE", "DeleteSecret")):
        assert refusal(raw.send(method, f"{RAW}/A", secretValue="x", secretPath="/nope")) == (404, error, nowhere)
    personal = raw.send("POST", f"{RAW}/P", secretValue="x", type="personal")
    assert refusal(personal) == (400, "BadRequest", "Must be user to create personal secret")


def test_a_list_of_a_missing_folder_is_empty_in_2024_and_missing_today(vault: TestVault, raw: Raw) -> None:
    for answer in (raw.get(RAW, secretPath="/nope"), raw.get(RAW, environment="nope")):
        if vault.profile == "2024":
            assert (answer.status_code, answer.json()) == (200, {"secrets": [], "imports": []})
        else:
            status, error, message = refusal(answer)
            assert (status, error) == (404, "SecretPathNotFound")
            assert "was not found. Please ensure the environment slug and secret path is correct." in message


def test_a_wrong_project_is_not_found_by_a_list_and_refused_by_its_folders(vault: TestVault, raw: Raw) -> None:
    theirs = vault.sandbox.add_project()
    assert refusal(raw.get(RAW, workspaceId="nope"))[:2] == (404, "NotFound")
    for path, project in ((RAW, theirs), (FOLDERS, theirs), (FOLDERS, "nope")):
        error = f"Identity is not a member of the specified project with ID '{project}'"
        assert refusal(raw.get(path, workspaceId=project)) == (
            403,
            error,
            "You are not allowed to access this resource",
        )


def test_a_folder_has_its_fields_and_takes_a_right_on_secrets(vault: TestVault, raw: Raw) -> None:
    place = {"workspaceId": vault.project_id, "environment": "prod", "path": PATH}

    def make(name: str) -> httpx.Response:
        return raw.http.post(FOLDERS, json={**place, "name": name})

    made = make("ab").json()["folder"]
    assert made.keys() >= {"createdAt", "updatedAt", "envId", "isReserved"}
    assert made["parentId"] is not None
    with_a_space = by_age(vault, (500, "Find by secret path"), (422, "ValidationFailure"))
    assert refusal(make("re key"))[:2] == with_a_space
    vault.sandbox.set_permissions(vault.client_id, vault.project_id, {"read"})
    assert refusal(make("c")) == (403, "PermissionDenied", "You are not allowed to create on secrets")


def test_folders_have_a_second_version_today(vault: TestVault, raw: Raw) -> None:
    place = {"projectId": vault.project_id, "environment": "prod", "path": "/"}
    answer = raw.http.get("/api/v2/folders", params=place)
    assert answer.status_code == by_age(vault, 404, 200)
    if vault.profile == "current":
        assert [one["name"] for one in answer.json()["folders"]] == ["MooseQuest"]
        assert raw.http.post("/api/v2/folders", json={**place, "name": "new"}).status_code == 200
        assert vault.sandbox.has_folder(vault.project_id, "prod", "/new")


def test_a_batch_in_a_missing_folder_is_in_words_of_its_own(raw: Raw) -> None:
    for method, error in (("POST", "CreateMany"), ("PATCH", "UpdateMany"), ("DELETE", "DeleteMany")):
        assert refusal(raw.batch(method, item("A"), secretPath="/nope"))[:2] == (404, f"{error}Secret")


def test_schema_errors_are_401_in_2024_and_422_today_and_hold_no_value(vault: TestVault, raw: Raw) -> None:
    secret = made_up.alpaca_secret()
    answers = [
        raw.send("POST", f"{RAW}/A"),
        raw.send("POST", f"{RAW}/A", secretValue=[secret]),
        raw.batch("PATCH", {"secretValue": secret}),
        raw.get(RAW, expandSecretReferences="yes"),
        raw.http.post(f"{RAW}/A"),
        raw.http.post(f"{RAW}/A", content=b"x", headers={"Content-Type": "text/plain"}),
        raw.http.post(LOGIN, json={"clientId": secret}),
    ]
    for answer in answers:
        status, error, issues = refusal(answer)
        assert (status, error) == (by_age(vault, 401, 422), "ValidationFailure")
        assert isinstance(issues, list)
        assert issues
        assert secret not in answer.text


def test_what_cannot_be_parsed_is_a_500(raw: Raw) -> None:
    bad = [
        raw.http.post(f"{RAW}/A", content=b"{", headers={"Content-Type": "application/json"}),
        raw.send("POST", f"{RAW}/A", secretValue="x" * (1024 * 1024 + 1)),
    ]
    assert [refusal(answer)[:2] for answer in bad] == [(500, "InternalServerError")] * 2
    assert raw.send("POST", f"{RAW}/A", secretValue="x" * 900_000).status_code == 200


def test_an_unknown_route_is_404_and_its_query_is_told_in_2024(vault: TestVault, raw: Raw) -> None:
    answer = raw.http.get("/api/v9/x?a=b")
    assert refusal(answer)[:2] == (404, "Not Found")
    if vault.profile == "2024":
        assert answer.json()["message"] == "Route GET:/api/v9/x?a=b not found"
    else:
        assert answer.json()["message"].startswith("Route GET:/api/v9/x not found. ")
        assert (answer.json()["docs"], "reqId" in answer.json()) == ("/api/docs/json", True)
    assert refusal(raw.http.put(RAW))[1] == "Not Found"


def test_today_errors_carry_a_request_id(vault: TestVault, raw: Raw) -> None:
    body = raw.get(f"{RAW}/X").json()
    assert body.get("reqId", "").startswith("req-") is (vault.profile == "current")


def test_a_missing_right_is_named(vault: TestVault, raw: Raw) -> None:
    vault.put(A="a")
    vault.sandbox.set_permissions(vault.client_id, vault.project_id, {"read"})
    answer = raw.batch("PATCH", item("A"))
    assert refusal(answer) == (403, "PermissionDenied", "You are not allowed to edit on secrets")
    assert answer.json().get("details", "none") == by_age(vault, "none", [])
    assert raw.get(RAW).status_code == 200


def test_versions_and_trees_of_references_are_not_for_identities(raw: Raw) -> None:
    for path in (f"/api/v1/secret/{made_up.identifier()}/secret-versions", f"{RAW}/A/secret-reference-tree"):
        said = "You are not allowed to access this resource"
        assert refusal(raw.http.get(path)) == (403, f"Forbidden access to {path}", said)


def test_hidden_values_are_masked_in_lists_and_refused_by_name(current: TestVault) -> None:
    raw = Raw(current)
    current.put(A="a")
    masked = raw.get(RAW, viewSecretValue="false").json()["secrets"][0]
    assert (masked["secretValue"], masked["secretValueHidden"]) == ("<hidden-by-infisical>", True)
    current.sandbox.knobs.hide_values = True
    assert raw.get(RAW).json()["secrets"][0]["secretValueHidden"] is True
    assert refusal(raw.get(f"{RAW}/A"))[:2] == (403, "ForbiddenReadSecretError")


def test_in_2024_nothing_is_hidden(old: TestVault) -> None:
    old.put(A="a")
    old.sandbox.knobs.hide_values = True
    assert Raw(old).get(RAW, viewSecretValue="false").json()["secrets"][0]["secretValue"] == "a"


# Rate limits, lag, proxy


def test_a_rate_limit_counts_by_route_and_says_how_long(vault: TestVault, raw: Raw) -> None:
    limit = by_age(vault, 40, 120)
    assert "x-ratelimit-limit" not in raw.get(RAW).headers
    vault.sandbox.knobs.rate_limits = True
    answers = [raw.get(RAW) for _ in range(limit)]
    assert {answer.status_code for answer in answers} == {200}
    assert [int(answer.headers["x-ratelimit-remaining"]) for answer in answers] == list(reversed(range(limit)))
    full = raw.get(RAW)
    assert refusal(full)[:2] == (429, "RateLimitExceeded")
    assert 0 < int(full.headers["retry-after"]) <= 60
    assert ("1 minute" in full.text) is (vault.profile == "2024")
    assert raw.get(f"{RAW}/A").status_code == 404
    vault.sandbox.knobs.rate_window_s = 0.0
    assert raw.get(RAW).status_code == 200


def test_requests_that_fail_their_login_are_not_counted(vault: TestVault, raw: Raw) -> None:
    vault.sandbox.knobs.rate_limits = True
    vault.sandbox.knobs.rates = {"secrets": 1, "read": 1, "write": 99}
    for _ in range(3):
        assert "x-ratelimit-limit" not in httpx.get(vault.url + "/api/v1/folders", trust_env=False).headers
    place = {"workspaceId": vault.project_id, "environment": "prod"}
    assert raw.http.get("/api/v1/folders", params=place).status_code == 200
    assert raw.http.get("/api/v1/folders", params=place).status_code == 429


def test_a_replica_shows_a_change_later(vault: TestVault, raw: Raw) -> None:
    vault.put(A="old")
    vault.sandbox.knobs.replica_lag_s = 60
    assert raw.batch("PATCH", item("A", "new")).status_code == 200
    assert vault.values == {"A": "new"}
    assert raw.get(f"{RAW}/A").json()["secret"]["secretValue"] == "old"
    assert raw.get(RAW).json()["secrets"][0]["secretValue"] == "old"


def test_an_access_proxy_answers_html_without_its_headers(vault: TestVault, raw: Raw) -> None:
    vault.sandbox.knobs.access_proxy = {"CF-Access-Client-Id": "rekey"}
    answer = raw.get(RAW)
    assert (answer.status_code, "1010" in answer.text) == (403, True)
    assert answer.headers["content-type"].startswith("text/html")
    raw.http.headers["CF-Access-Client-Id"] = "rekey"
    assert raw.get(RAW).status_code == 200


def test_a_connection_can_drop_after_the_commit(vault: TestVault, raw: Raw) -> None:
    vault.put(**{KEY: "old"})
    vault.fault(FaultKind.DROP_AFTER, path=BATCH)
    with pytest.raises(httpx.HTTPError):
        raw.batch("PATCH", item(KEY, "new"))
    assert vault.values == {KEY: "new"}
