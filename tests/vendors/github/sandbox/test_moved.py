"""Where a redirect of the twin leads, and what exists for whoever sends no token."""

from __future__ import annotations

import httpx
import pytest

from tests.vendors.github.sandbox.scene import NONE_KEPT, Scene
from tests.vendors.github.sandbox.test_answers import sealed


@pytest.mark.parametrize("prefix", ["", "/api/v3"])
def test_a_client_that_follows_a_redirect_arrives(scene: Scene, repository: str, prefix: str) -> None:
    for number in range(3):
        scene.sandbox.edit_by_hand(repository, f"SECRET_{number}", "x")
    now = f"{repository}-now"
    scene.sandbox.rename_repository(repository, now)
    old = f"{prefix}/repos/{repository}"

    with scene.gh() as gh:
        gh.follow_redirects = True
        assert gh.get(old).json()["full_name"] == now
        page = gh.get(f"{old}/actions/secrets", params={"per_page": 2, "page": 2})
        assert [one["name"] for one in page.json()["secrets"]] == ["SECRET_2"]
        # A slash in an environment's name stays escaped on the way.
        assert gh.get(f"{old}/environments/prod%2Feu/secrets/public-key").status_code == 200
        key = gh.get(f"{old}/actions/secrets/public-key")
        written = gh.put(f"{old}/actions/secrets/NEW", json=sealed(key, "value"))
        assert ([one.status_code for one in written.history], written.status_code) == ([307], 201)

    assert scene.sandbox.reveal(now, "NEW") == "value"
    with scene.pygithub(prefix=prefix) as client:
        assert client.get_repo(repository).full_name == now


def test_a_number_leads_to_what_the_token_may_see_alone(scene: Scene, repository: str) -> None:
    number = scene.sandbox.repository(repository).id
    elsewhere = scene.sandbox.add_token({"secrets": "write"}, repositories=("raxx/other",))
    with scene.gh() as gh:
        assert gh.get(f"/repositories/{number}").json()["full_name"] == repository
        assert gh.get(f"/repositories/{number}/none").status_code == 404
        assert gh.get("/repositories/1000000001/actions/secrets").status_code == 404
    with scene.gh(elsewhere) as gh:
        for path in (f"/repositories/{number}", f"/repositories/{number}/actions/secrets"):
            assert gh.get(path).status_code == 404


def test_without_a_token_what_is_private_does_not_exist_and_what_is_public_is_read(
    scene: Scene, repository: str
) -> None:
    public, private = f"{repository}-public", f"/repos/{repository}"
    scene.sandbox.add_repository(public, private=False)
    scene.sandbox.add_workflow(public, "ci.yml", "CI")
    scene.sandbox.add_run(public, "ci.yml", "completed", "success")

    with httpx.Client(base_url=scene.url, trust_env=False, limits=NONE_KEPT) as nobody:
        for path in (private, f"{private}/actions/secrets", f"{private}/actions/runs", "/no/such/path"):
            assert nobody.get(path).json()["message"] == "Not Found"
        assert nobody.put(f"{private}/actions/secrets/A", json={}).status_code == 404
        assert nobody.get(f"/repositories/{scene.sandbox.repository(repository).id}").status_code == 404
        told = nobody.get(f"/repos/{public}").json()
        assert (told["private"], "permissions" in told) == (False, False)
        assert nobody.get(f"/repos/{public}/actions/runs").json()["total_count"] == 1
        for refused in (nobody.get(f"/repos/{public}/actions/secrets"), nobody.get("/user")):
            assert (refused.status_code, refused.json()["message"]) == (401, "Requires authentication")
        assert nobody.post(f"/repos/{public}/actions/workflows/ci.yml/dispatches", json={}).status_code == 401
