"""The twin of Anthropic answers as its documentation and its own library say, in both versions of its API."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from deployments.sandbox.issuers.anthropic import MODEL, OTHER_MODEL, WORKSPACE, Anthropic
from deployments.sandbox.issuers.app import IssuersSandbox
from tests.issuers.support import served

OLD, NEW = {"anthropic-version": "2023-06-01"}, {"anthropic-version": "2026-10-21"}
KEYS = "/v1/organizations/api_keys"
ASKED: dict[str, Any] = {"model": MODEL, "max_tokens": 1, "messages": [{"role": "user", "content": "1"}]}
NUMBER = re.compile("req_01[A-Za-z0-9]{22}")


@pytest.fixture
def twin() -> Anthropic:
    """One organization."""
    return Anthropic()


@pytest.fixture
def http(twin: Anthropic) -> Iterator[httpx.Client]:
    """Whoever asks it in the newer version, without a key."""
    with (
        served(IssuersSandbox(anthropic=twin)) as server,
        httpx.Client(base_url=server.url("issuers"), headers=NEW, trust_env=False) as made,
    ):
        yield made


@pytest.fixture
def admin(twin: Anthropic, http: httpx.Client) -> httpx.Client:
    """Whoever asks with the admin key, as the library sends it."""
    http.headers["Authorization"] = f"Bearer {twin.admin_key}"
    return http


def error_of(answer: httpx.Response, status: int) -> dict[str, str]:
    """Its error, which names its request in the header and in the body."""
    assert answer.status_code == status
    body = answer.json()
    assert set(body) == {"type", "error", "request_id"}
    assert (body["type"], body["request_id"]) == ("error", answer.headers["request-id"])
    assert NUMBER.fullmatch(body["request_id"])
    error: dict[str, str] = body["error"]
    return error


@pytest.mark.parametrize("version", [OLD, NEW])
@pytest.mark.parametrize("path", ["/v1/models", KEYS])
def test_a_key_is_taken_in_either_header_and_in_either_version(
    twin: Anthropic, http: httpx.Client, version: dict[str, str], path: str
) -> None:
    key = twin.admin_key if path == KEYS else twin.keys.mint()

    for header in ({"x-api-key": key}, {"Authorization": f"Bearer {key}"}):
        answer = http.get(path, headers={**header, **version})
        assert (answer.status_code, answer.headers["anthropic-organization-id"]) == (200, twin.organization)
        assert NUMBER.fullmatch(answer.headers["request-id"])
    for wrong in ({}, {"x-api-key": "x"}, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {key}"}):
        assert error_of(http.get(path, headers={**wrong, **version}), 401)["type"] == "authentication_error"
    for odd in ("2026-10-22", ""):
        answer = http.get(path, headers={"x-api-key": key, "anthropic-version": odd})
        assert error_of(answer, 400)["type"] == "invalid_request_error"


def test_a_key_says_its_scope_and_in_the_older_version_its_workspace_too(twin: Anthropic, admin: httpx.Client) -> None:
    twin.keys.mint()
    (key,) = twin.keys.all
    newer, older = (admin.get(f"{KEYS}/{key.id}", headers=version).json() for version in (NEW, OLD))

    assert (newer["scope"], newer["principal"]) == ({"type": "workspace", "workspace_id": WORKSPACE}, None)
    assert older == {**newer, "workspace_id": WORKSPACE}
    key.workspace = None
    newer, older = (admin.get(KEYS, headers=version).json()["data"][0] for version in (NEW, OLD))
    assert (newer["scope"]["type"], newer["scope"]["workspace_id"] is None) == ("workspace", False)
    assert older["workspace_id"] is None
    assert error_of(admin.get(f"{KEYS}/apikey_01"), 404)["type"] == "not_found_error"


@pytest.mark.parametrize("limit", ["abc", "0", "-1", "1001", "1.5", "", "\u00b2", "9" * 5000])
@pytest.mark.parametrize("path", ["/v1/models", KEYS])
def test_a_limit_that_is_none_is_refused(twin: Anthropic, admin: httpx.Client, path: str, limit: str) -> None:
    key = twin.admin_key if path == KEYS else twin.keys.mint()

    error = error_of(admin.get(path, params={"limit": limit}, headers={"x-api-key": key}), 400)

    assert error["message"].startswith("limit: ")


def test_a_list_goes_forward_and_back_and_is_filtered(twin: Anthropic, admin: httpx.Client) -> None:
    for _ in range(5):
        twin.keys.mint()
    ids = [one.id for one in twin.keys.all]

    def listed(**query: object) -> tuple[list[str], bool]:
        body = admin.get(KEYS, params={name: str(value) for name, value in query.items()}).json()
        found = [one["id"] for one in body["data"]]
        assert (body["first_id"], body["last_id"]) == ((found[0], found[-1]) if found else (None, None))
        return found, body["has_more"]

    assert listed(limit=1000) == (ids, False)
    assert listed(limit=2) == (ids[:2], True)
    assert listed(limit=2, after_id=ids[1]) == (ids[2:4], True)
    assert listed(limit=2, after_id=ids[3]) == (ids[4:], False)
    assert listed(limit=2, before_id=ids[3]) == (ids[1:3], True)
    assert listed(limit=2, before_id=ids[1]) == (ids[:1], False)
    twin.keys.set(twin.keys.all[0], "inactive")
    twin.keys.all[1].workspace = None
    twin.keys.all[2].expires_at = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    assert listed(status="inactive")[0] == ids[:1]
    assert listed(status="expired")[0] == ids[2:3]
    assert listed(status="active", workspace_id=WORKSPACE)[0] == ids[3:]
    assert listed(created_by_user_id="user_01Nobody")[0] == []
    assert listed(created_by_user_id="user_01Sandbox", limit=1) == (ids[:1], True)
    assert error_of(admin.get(KEYS, params={"status": "dead"}), 400)["message"].startswith("status: ")


def test_a_key_is_renamed_and_set(twin: Anthropic, admin: httpx.Client) -> None:
    twin.keys.mint()
    (key,) = twin.keys.all
    url = f"{KEYS}/{key.id}"

    assert admin.post(url, json={}).json()["name"] == "key 1"
    longest = 500 * "x"
    changed = admin.post(url, json={"name": longest, "status": "inactive"}).json()
    assert (changed["name"], changed["status"], key.status) == (longest, "inactive", "inactive")
    assert admin.post(url, json={"name": None, "status": "active"}).json()["name"] == longest
    for wrong in ({"name": ""}, {"name": 501 * "x"}, {"name": 1}, {"status": "expired"}, {"status": ["active"]}, [1]):
        error_of(admin.post(url, json=wrong), 400)
    error_of(admin.post(url, content=b"{"), 400)
    assert (key.name, key.status) == (longest, "active")


def test_models_have_a_date_and_are_found_by_their_names(twin: Anthropic, http: httpx.Client) -> None:
    twin.models = {MODEL, OTHER_MODEL}
    http.headers["x-api-key"] = twin.keys.mint()

    first = http.get("/v1/models", params={"limit": 1}).json()
    assert (first["has_more"], first["last_id"]) == (True, MODEL)
    (second,) = http.get("/v1/models", params={"after_id": MODEL}).json()["data"]
    assert datetime.fromisoformat(second["created_at"])
    assert http.get(f"/v1/models/{OTHER_MODEL}").json() == second
    assert error_of(http.get("/v1/models/claude-0"), 404)["type"] == "not_found_error"


def test_a_message_is_answered_whole_or_streamed_and_its_tokens_are_counted(
    twin: Anthropic, http: httpx.Client
) -> None:
    http.headers["x-api-key"] = twin.keys.mint()

    whole = http.post("/v1/messages", json=ASKED).json()
    counted = http.post("/v1/messages/count_tokens", json={"model": MODEL, "messages": ASKED["messages"]})
    assert counted.json() == {"input_tokens": whole["usage"]["input_tokens"]}
    streamed = http.post("/v1/messages", json={**ASKED, "stream": True})
    assert streamed.headers["content-type"].startswith("text/event-stream")
    assert NUMBER.fullmatch(streamed.headers["request-id"])
    events = [dict(line.split(": ", 1) for line in one.splitlines()) for one in streamed.text.split("\n\n") if one]
    told = [json.loads(one["data"]) for one in events]
    assert [one["event"] for one in events] == [one["type"] for one in told]
    assert (told[0]["type"], told[0]["message"]["stop_reason"], told[-1]["type"]) == (
        "message_start",
        None,
        "message_stop",
    )
    assert "".join(one["delta"]["text"] for one in told if one["type"] == "content_block_delta") == "1"
    assert twin.tokens == 2


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens"])
def test_a_message_that_cannot_be_asked_is_refused(twin: Anthropic, http: httpx.Client, path: str) -> None:
    http.headers["x-api-key"] = twin.keys.mint()
    odd: list[dict[str, Any]] = [{"model": [1]}, {"model": None}, {"messages": []}, {"messages": "x"}]

    for one in (*odd, {"max_tokens": 0}, {"max_tokens": True}):
        error_of(http.post(path, json={**ASKED, **one}), 400)
    error_of(http.post(path, content=b"[" * 5000), 400)
    for removed in ("temperature", "top_p", "top_k"):
        assert removed in error_of(http.post(path, json={**ASKED, removed: 1}), 400)["message"]
        assert http.post(path, json={**ASKED, removed: 1}, headers=OLD).status_code == 200
    error_of(http.post(path, json={**ASKED, "model": "claude-0"}), 404)
    assert error_of(http.post(path, json={**ASKED, "model": OTHER_MODEL}), 403)["type"] == "permission_error"


def test_what_is_not_there_is_told_in_its_own_words_and_not_in_those_of_another_vendor(
    twin: Anthropic, http: httpx.Client
) -> None:
    http.headers["x-api-key"] = twin.keys.mint()

    for method, path in (("GET", "/v1/charges"), ("POST", "/v1/organizations/me"), ("GET", "/v1/models/a/b")):
        assert error_of(http.request(method, path), 404)["type"] == "not_found_error"
    for method, path in (("GET", "/v1/messages"), ("DELETE", f"{KEYS}/apikey_01"), ("POST", "/v1/models")):
        assert error_of(http.request(method, path), 405)["type"] == "invalid_request_error"
    with httpx.Client(base_url=http.base_url, trust_env=False) as bare:
        error_of(bare.put(KEYS), 405)
        assert bare.get("/v1/chargez").json()["error"]["message"].startswith("Unrecognized request URL")


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens"])
@pytest.mark.parametrize(
    ("unpaid", "status", "kind"),
    [
        ("credit", 400, "invalid_request_error"),
        ("limit", 400, "invalid_request_error"),
        ("payment", 402, "billing_error"),
    ],
)
def test_an_organization_that_cannot_pay_gets_no_message_and_may_look_at_models(
    twin: Anthropic, http: httpx.Client, path: str, unpaid: str, status: int, kind: str
) -> None:
    twin.knobs.unpaid = unpaid
    http.headers["x-api-key"] = twin.keys.mint()
    asked = ASKED if path == "/v1/messages" else {name: ASKED[name] for name in ("model", "messages")}

    assert error_of(http.post(path, json=asked), status)["type"] == kind
    assert http.get(f"/v1/models/{MODEL}").status_code == 200
    http.headers["x-api-key"] = "none"
    assert error_of(http.post(path, json=asked), 401)["type"] == "authentication_error"
