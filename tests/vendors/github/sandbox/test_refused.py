"""What the twin refuses, in GitHub's own words: secrets that are none, and clients that say nothing of themselves."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest
from nacl.public import PublicKey, SealedBox

from tests.vendors.github.sandbox.scene import Scene
from tests.vendors.github.sandbox.test_answers import sealed

_NOT_SEALED = "Bad request - validation failed due to an improperly encrypted secret"
_PATTERN = "/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/"


def test_what_is_no_secret_is_rejected_in_githubs_words(scene: Scene, repository: str) -> None:
    """None of these has a list of errors, as the public reports show."""
    base = f"/repos/{repository}/actions/secrets"
    with scene.gh() as gh:
        good = sealed(gh.get(f"{base}/public-key"), "x")
        wrong_key = base64.b64encode(SealedBox(PublicKey(b"9" * 32)).encrypt(b"x")).decode()
        bodies: list[tuple[Any, str]] = [
            ({**good, "key_id": "1"}, _NOT_SEALED),
            ({**good, "encrypted_value": "eA=="}, _NOT_SEALED),
            ({**good, "encrypted_value": wrong_key}, _NOT_SEALED),
            ({"encrypted_value": good["encrypted_value"]}, 'Invalid request.\n\n"key_id" wasn\'t supplied.'),
            ({"key_id": good["key_id"]}, 'Invalid request.\n\n"encrypted_value" wasn\'t supplied.'),
            ({}, 'Invalid request.\n\n"encrypted_value", "key_id" weren\'t supplied.'),
            ({**good, "encrypted_value": "no base64!"}, f"Invalid request.\n\nno base64! does not match {_PATTERN}."),
            ({**good, "key_id": 1}, "Invalid request.\n\nFor 'properties/key_id', 1 is not a string."),
            ([], "Invalid request.\n\nFor 'links/0/schema', [] is not an object."),
        ]
        for body, message in bodies:
            answer = gh.put(f"{base}/API_KEY", json=body)
            assert (answer.status_code, answer.json()["message"]) == (422, message)
            assert "errors" not in answer.json()
        assert gh.put(f"{base}/API_KEY", content=b"{").status_code == 400
    assert scene.sandbox.names(repository) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [("GITHUB_KEY", "must not start with GITHUB_."), ("1KEY", "can only contain"), ("A-KEY", "can only contain")],
)
def test_a_name_that_no_secret_may_have_is_rejected(scene: Scene, repository: str, name: str, message: str) -> None:
    base = f"/repos/{repository}/actions/secrets"
    with scene.gh() as gh:
        answer = gh.put(f"{base}/{name}", json=sealed(gh.get(f"{base}/public-key"), "x"))
    assert answer.status_code == 422
    assert answer.json()["message"].startswith(f"Secret names {message}")


def test_a_value_of_more_than_48_kilobytes_is_rejected(scene: Scene, repository: str) -> None:
    base = f"/repos/{repository}/actions/secrets"
    with scene.gh() as gh:
        answer = gh.put(f"{base}/API_KEY", json=sealed(gh.get(f"{base}/public-key"), "x" * (48 * 1024 + 1)))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "too_large")


@pytest.mark.parametrize("path", ["/", "/zen", "/user", "/no/such/path", "/api/v3/rate_limit"])
def test_who_sends_no_user_agent_is_not_let_in(scene: Scene, path: str) -> None:
    with scene.gh() as gh:
        request = gh.build_request("GET", path)
        request.headers.pop("user-agent")
        refused = gh.send(request)
    assert (refused.status_code, refused.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert "User-Agent header" in refused.text
    assert "x-github-request-id" not in refused.headers
    assert httpx.get(scene.url + path, headers={"User-Agent": ""}, trust_env=False).status_code == 403
