"""Secrets that a person shares with the codespaces of repositories, as `gh secret set --user` writes them."""

from __future__ import annotations

from deployments.sandbox import made_up
from tests.vendors.github.sandbox.scene import Scene
from tests.vendors.github.sandbox.test_answers import sealed

BASE = "/user/codespaces/secrets"


def test_a_secret_of_the_person_is_written_for_some_repositories(scene: Scene, repository: str) -> None:
    value = made_up.token("", 30)
    with scene.gh() as gh:
        number = gh.get(f"/repos/{repository}").json()["id"]
        body = sealed(gh.get(f"{BASE}/public-key"), value)
        made = gh.put(f"{BASE}/own_key", json={**body, "selected_repository_ids": [str(number)]})
        assert (made.status_code, made.json()) == (201, {})
        shown = gh.get(f"{BASE}/OWN_KEY").json()
        assert (shown["name"], shown["visibility"]) == ("OWN_KEY", "selected")
        listed = gh.get(shown["selected_repositories_url"]).json()
        assert (listed["total_count"], listed["repositories"][0]["full_name"]) == (1, repository)
        assert [one["name"] for one in gh.get(BASE).json()["secrets"]] == ["OWN_KEY"]
        # Whose repositories are selected already are not sent again.
        assert gh.put(f"{BASE}/OWN_KEY", json=body).status_code == 204
        place = f"{BASE}/OWN_KEY/repositories"
        assert gh.get(place).json()["total_count"] == 1
        assert gh.delete(f"{place}/{number}").status_code == 204
        assert gh.get(place).json()["total_count"] == 0
        assert gh.put(f"{place}/{number}").status_code == 204
        assert gh.put(place, json={"selected_repository_ids": []}).status_code == 204
        assert gh.put(f"{place}/1").status_code == 404
        assert scene.sandbox.reveal_own("OWN_KEY") == value
        assert gh.delete(f"{BASE}/OWN_KEY").status_code == 204
        assert gh.get(f"{BASE}/OWN_KEY").status_code == 404


def test_they_are_for_who_may_write_them(scene: Scene) -> None:
    with scene.gh(scene.sandbox.add_token({"secrets": "write"})) as gh:
        refused = gh.get(BASE)
        assert (refused.status_code, refused.headers["x-accepted-github-permissions"]) == (
            403,
            "codespaces_user_secrets=read",
        )
    with scene.gh(scene.sandbox.add_token(classic=True)) as gh:
        assert gh.get(BASE).status_code == 404
    with scene.gh(scene.sandbox.add_token(classic=True, scopes=("codespace:secrets",))) as gh:
        assert gh.get(BASE).json()["total_count"] == 0
        assert gh.put(f"{BASE}/GITHUB_KEY", json=sealed(gh.get(f"{BASE}/public-key"), "x")).status_code == 422
