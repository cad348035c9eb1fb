"""What the twin says beside a body, and how it refuses who says too little: as recorded of Heroku."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.vendors.heroku.sandbox.scene import ACCEPT, Scene

APP = "/apps/raxx-api-prod"
EVERY, PROTECTED = "global read read-protected write write-protected", "global read-protected write-protected"


@pytest.mark.parametrize(
    ("method", "path", "accepted", "more"),
    [
        ("GET", APP, EVERY, {}),
        ("GET", f"{APP}/config-vars", PROTECTED, {}),
        ("PATCH", f"{APP}/config-vars", "global write-protected", {"json": {"A": "2"}}),
        ("PATCH", f"{APP}/formation/none", "global write write-protected", {"json": {}}),
        ("GET", "/oauth/authorizations", "global", {}),
        ("GET", "/account", f"global identity {EVERY.removeprefix('global ')}", {}),
    ],
)
def test_an_answer_names_the_scopes_that_are_had_and_those_that_would_do(
    scene: Scene, method: str, path: str, accepted: str, more: dict[str, Any]
) -> None:
    answer = scene.ask(path, method, **more)
    assert (answer.headers["oauth-scope"], answer.headers["oauth-scope-accepted"]) == ("global", accepted)
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["vary"] == "Authorization,Accept-Encoding"
    assert answer.headers["ratelimit-multiplier"] == "1"
    assert answer.headers["x-content-type-options"] == "nosniff"
    small = scene.heroku.access.grant(("read", "write"), "operator@example.com", None)
    refused = scene.ask(f"{APP}/config-vars", headers={"Authorization": f"Bearer {small}"})
    assert (refused.status_code, refused.headers["oauth-scope"]) == (403, "read write")


def test_the_clients_own_number_of_a_request_is_given_back_behind_herokus(scene: Scene) -> None:
    sent = "53b4ae57-6355-439c-8b17-5a20c2a3afd8"
    own, theirs = scene.ask(APP, headers={"Request-Id": sent}).headers["request-id"].split(",")
    assert theirs == sent
    assert own != sent
    assert "," not in scene.ask(APP).headers["request-id"]


def test_whoever_names_no_version_is_told_how(scene: Scene) -> None:
    """Public reports: this one answer has its text as ``error``."""
    refused = scene.ask("/apps", headers={"Accept": "*/*"})
    assert refused.status_code == 406
    assert set(refused.json()) == {"id", "error"}
    assert refused.json()["id"] == "missing_version"
    assert f"`Accept: {ACCEPT}`" in refused.json()["error"]
    assert scene.ask("/apps", headers={"Accept": f"{ACCEPT.removesuffix('3')}2"}).json()["id"] == "not_acceptable"


def test_whoever_presents_nothing_is_told_so(scene: Scene) -> None:
    for presented in ("", "Token x"):
        refused = scene.ask("/apps", headers={"Authorization": presented})
        assert (refused.status_code, refused.json()["id"]) == (401, "unauthorized")
        assert refused.json()["message"].startswith("There were no credentials in your `Authorization` header. Try ")
    assert (
        scene.ask("/apps", headers={"Authorization": "Bearer x"}).json()["message"] == "Invalid credentials provided."
    )


def test_a_token_for_the_identity_reads_whose_it_is_and_nothing_else(scene: Scene) -> None:
    made = scene.ask("/oauth/authorizations", "POST", json={"scope": ["identity"]})
    assert made.status_code == 201
    headers = {"Authorization": f"Bearer {made.json()['access_token']['token']}"}
    assert scene.ask("/account", headers=headers).json()["email"] == "operator@example.com"
    assert scene.ask("/apps", headers=headers).status_code == 403
    assert scene.ask(f"{APP}/config-vars", headers=headers).status_code == 403


def test_a_token_lasts_for_the_seconds_that_are_left(scene: Scene) -> None:
    """`heroku authorizations:info` counts them from now on (heroku/cli, lib/authorizations)."""
    made = scene.ask("/oauth/authorizations", "POST", json={"expires_in": 3600}).json()
    assert made["access_token"]["expires_in"] == 3600
    known = scene.heroku.access.authorizations[made["id"]]
    known.made_at = time.monotonic() - 600
    assert scene.ask(f"/oauth/authorizations/{made['id']}").json()["access_token"]["expires_in"] == 3000
