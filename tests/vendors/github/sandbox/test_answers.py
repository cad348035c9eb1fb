"""Answers of the twin beside those that PyGithub reads: errors, limits, and what is no secret."""

from __future__ import annotations

import base64
import json
import socket
import time
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from nacl.encoding import Base64Encoder
from nacl.public import PublicKey, SealedBox

from deployments.sandbox import made_up
from tests.vendors.github.sandbox.scene import Scene


def sealed(answer: httpx.Response, value: str) -> dict[str, str]:
    key = answer.json()
    box = SealedBox(PublicKey(key["key"].encode(), Base64Encoder))
    return {"encrypted_value": box.encrypt(value.encode(), Base64Encoder).decode(), "key_id": key["key_id"]}


@pytest.mark.parametrize("family", ["actions", "dependabot", "environments/prod"])
@pytest.mark.parametrize("prefix", ["", "/api/v3"])
def test_a_raw_sealed_box_is_created_updated_read_and_deleted(
    scene: Scene, repository: str, family: str, prefix: str
) -> None:
    value, base = made_up.alpaca_secret(), f"{prefix}/repos/{repository}/{family}/secrets"
    with scene.gh() as gh:
        key = gh.get(f"{base}/public-key")
        assert len(base64.b64decode(key.json()["key"])) == 32
        assert key.json()["key_id"].isdecimal()
        created = gh.put(f"{base}/api_key", json=sealed(key, value))
        assert (created.status_code, created.json()) == (201, {})
        updated = gh.put(f"{base}/API_KEY", json=sealed(key, value))
        assert (updated.status_code, updated.content) == (204, b"")
        assert "content-length" not in updated.headers
        shown = gh.get(f"{base}/API_KEY").json()
        assert set(shown) == {"name", "created_at", "updated_at"}
        assert datetime.fromisoformat(shown["updated_at"]).microsecond == 0
        assert gh.get(f"{base}?per_page=100").json() == {"total_count": 1, "secrets": [shown]}
        environment = "prod" if family.startswith("env") else None
        found = scene.sandbox.reveal(repository, "API_KEY", environment, dependabot=family == "dependabot")
        assert found == value
        assert gh.delete(f"{base}/API_KEY").status_code == 204
        assert gh.delete(f"{base}/API_KEY").status_code == 404


def test_created_at_stays_and_updated_at_moves(scene: Scene, repository: str) -> None:
    scene.sandbox.edit_by_hand(repository, "API_KEY", "old", updated_at=time.time() - 60)
    scene.sandbox.edit_by_hand(repository, "API_KEY", "new")
    with scene.gh() as gh:
        shown = gh.get(f"/repos/{repository}/actions/secrets/API_KEY").json()
    moments = [datetime.fromisoformat(shown[name]) for name in ("created_at", "updated_at")]
    assert timedelta(seconds=59) <= moments[1] - moments[0] <= timedelta(seconds=61)


def test_every_answer_names_its_request_its_date_and_the_allowance(scene: Scene, repository: str) -> None:
    with scene.gh() as gh:
        for path in (f"/repos/{repository}", "/repos/raxx/none", "/rate_limit", "/no/such/path"):
            headers = gh.get(path).headers
            assert {"x-github-request-id", "date", "x-ratelimit-remaining", "x-ratelimit-reset"} <= set(headers)
            assert "x-oauth-scopes" not in headers


def test_errors_have_githubs_body(scene: Scene, repository: str) -> None:
    base = f"/repos/{repository}/actions/secrets"
    with scene.gh(made_up.token("ghp_", 36)) as gh:
        body = gh.get(f"{base}/public-key").json()
    assert (body["message"], body["status"]) == ("Bad credentials", "401")
    assert set(body) == {"message", "documentation_url", "status"}
    with scene.gh() as gh:
        assert gh.get(f"{base}/API_KEY").json()["message"] == "Not Found"
        # A private repository does not exist for nobody (documented: REST API, troubleshooting).
        assert gh.get(f"{base}/API_KEY", headers={"Authorization": ""}).status_code == 404
        assert gh.get("/user", headers={"Authorization": ""}).status_code == 401
        assert gh.get("/user", headers={"X-GitHub-Api-Version": "1999-01-01"}).status_code == 400


def test_a_repository_holds_a_hundred_secrets(scene: Scene, repository: str) -> None:
    for number in range(100):
        scene.sandbox.edit_by_hand(repository, f"SECRET_{number}", "x")
    base = f"/repos/{repository}/actions/secrets"
    with scene.gh() as gh:
        body = sealed(gh.get(f"{base}/public-key"), "x")
        assert gh.put(f"{base}/ONE_MORE", json=body).status_code == 422
        assert gh.put(f"{base}/SECRET_1", json=body).status_code == 204


def test_a_proxys_request_line_with_the_whole_url_is_understood(scene: Scene, repository: str) -> None:
    parts = urlsplit(scene.url)
    path = f"http://api.github.localhost/repos/{repository}/actions/secrets/public-key"
    head = f"GET {path} HTTP/1.1\r\nHost: api.github.localhost\r\nAuthorization: token {scene.sandbox.token}\r\n"
    head += "User-Agent: GitHub CLI 2.103.3\r\n"
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as line:
        line.sendall(f"{head}Connection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    head_bytes, _, body = answer.partition(b"\r\n\r\n")
    assert head_bytes.startswith(b"HTTP/1.1 200")
    assert set(json.loads(body)) == {"key_id", "key"}


def test_the_store_shows_no_value_in_its_repr(scene: Scene, repository: str) -> None:
    value = made_up.alpaca_secret()
    scene.sandbox.edit_by_hand(repository, "API_KEY", value)
    assert value not in repr(scene.sandbox._estate) + repr(scene.sandbox._estate.repositories[repository])
    assert scene.sandbox.token not in repr(scene.sandbox._estate)
