"""Variables, and for whom an organization's secrets and variables are: asked by PyGithub, and as documented."""

from __future__ import annotations

import json

import github
import pytest

from tests.vendors.github.sandbox.scene import Scene


def listed(scene: Scene, repository: str, kind: str) -> list[str]:
    with scene.gh() as gh:
        found = gh.get(f"/repos/{repository}/actions/organization-{kind}", params={"per_page": 30}).json()
    assert found["total_count"] == len(found[kind])
    return [one["name"] for one in found[kind]]


def test_variables_come_in_pages_of_ten_and_thirty_at_most(scene: Scene, repository: str) -> None:
    path = f"/repos/{repository}/actions/variables"
    with scene.pygithub() as client, scene.gh() as gh:
        repo = client.get_repo(repository)
        for number in range(35):
            repo.create_variable(f"VARIABLE_{number:02}", "x")
        assert [one.name for one in repo.get_variables()] == [f"VARIABLE_{number:02}" for number in range(35)]
        for size, count in ((None, 10), (20, 20), (100, 30)):
            page = gh.get(path, params={"per_page": size} if size else {}).json()
            assert (page["total_count"], len(page["variables"])) == (35, count)


def test_a_variable_is_changed_to_a_name_that_may_be_taken_alone(scene: Scene, repository: str) -> None:
    path = f"/repos/{repository}/actions/variables"
    with scene.gh() as gh:
        for name in ("ONE", "TWO"):
            assert gh.post(path, json={"name": name, "value": "x"}).status_code == 201
        for body, status in (
            ({"name": "GITHUB_ONE"}, 422),
            ({"name": "1"}, 422),
            ({"name": "two"}, 409),
            ({"value": 1}, 422),
            ({"value": "\ud800"}, 422),
        ):
            assert gh.patch(f"{path}/ONE", content=json.dumps(body)).status_code == status
        assert [one["name"] for one in gh.get(path).json()["variables"]] == ["ONE", "TWO"]
        assert gh.patch(f"{path}/ONE", json={"name": "one", "value": "y"}).status_code == 204
        assert gh.patch(f"{path}/ONE", json={"name": "three"}).status_code == 204
        assert [(one["name"], one["value"]) for one in gh.get(path).json()["variables"]] == [
            ("THREE", "y"),
            ("TWO", "x"),
        ]


def test_a_secret_is_shared_with_those_that_are_selected_one_after_the_other(scene: Scene, repository: str) -> None:
    other, owner = f"{repository}-other", "raxx"
    scene.sandbox.add_repository(other)
    scene.sandbox.share(owner, "SELECTED", "x", repository)
    with scene.pygithub() as client:
        repo, second = client.get_repo(repository), client.get_repo(other)
        secret = client.get_organization(owner).get_secret("SELECTED")
        assert ("SELECTED" in listed(scene, repository, "secrets"), "SELECTED" in listed(scene, other, "secrets")) == (
            True,
            False,
        )

        assert secret.add_repo(second)
        assert secret.remove_repo(repo)

        assert [one.full_name for one in secret.selected_repositories] == [other]
        assert "SELECTED" not in listed(scene, repository, "secrets")
    with scene.gh() as gh:
        path = "/orgs/raxx/actions/secrets/SELECTED/repositories"
        assert gh.put(path, json={"selected_repository_ids": [repo.id]}).status_code == 204
        assert scene.sandbox.shared(owner, "SELECTED")[2] == [repo.id]
        assert gh.put(path, json={}).status_code == 422
        assert gh.put(f"{path}/1000000001").status_code == 404
        assert gh.put("/orgs/raxx/actions/secrets/NONE/repositories/1").status_code == 404
        scene.sandbox.add_organization_secret(owner, "FOR_ALL", "x")
        for method in ("PUT", "DELETE"):
            assert gh.request(method, f"/orgs/raxx/actions/secrets/FOR_ALL/repositories/{repo.id}").status_code == 409
        assert "FOR_ALL" in listed(scene, repository, "secrets")


def test_an_organizations_variables_are_made_changed_shared_and_deleted(scene: Scene, repository: str) -> None:
    public = f"{repository}-public"
    scene.sandbox.add_repository(public, private=False)
    with scene.pygithub() as client:
        organization, repo = client.get_organization("raxx"), client.get_repo(repository)
        organization.create_variable("EVERY", "1", "all")
        organization.create_variable("PRIVATE", "2", "private")
        chosen = organization.create_variable("CHOSEN", "3", "selected", [repo])
        with pytest.raises(github.GithubException) as caught:
            organization.create_variable("EVERY", "1", "all")
        assert caught.value.status == 409

        assert listed(scene, repository, "variables") == ["CHOSEN", "EVERY", "PRIVATE"]
        assert listed(scene, public, "variables") == ["EVERY"]
        found = organization.get_variable("CHOSEN")
        assert (found.value, found.visibility) == ("3", "selected")
        assert [one.full_name for one in found.selected_repositories] == [repository]
        assert chosen.add_repo(client.get_repo(public))
        assert chosen.remove_repo(repo)
        assert listed(scene, public, "variables") == ["CHOSEN", "EVERY"]
        assert organization.get_variable("PRIVATE").edit("4", "all")
        assert {one.name: one.value for one in organization.get_variables()} == {
            "CHOSEN": "3",
            "EVERY": "1",
            "PRIVATE": "4",
        }
        assert listed(scene, public, "variables") == ["CHOSEN", "EVERY", "PRIVATE"]
    with scene.gh() as gh:
        path = "/orgs/raxx/actions/variables"
        assert gh.post(path, json={"name": "NOBODYS", "value": "x"}).status_code == 422
        assert gh.patch(f"{path}/CHOSEN", json={"value": "5"}).status_code == 204
        kept = gh.get(f"{path}/CHOSEN").json()
        assert (kept["visibility"], kept["selected_repositories_url"].endswith("/CHOSEN/repositories")) == (
            "selected",
            True,
        )
        for name in ("CHOSEN", "EVERY", "PRIVATE"):
            assert gh.delete(f"{path}/{name}").status_code == 204
        assert gh.get(path).json() == {"total_count": 0, "variables": []}
    with scene.gh(scene.sandbox.add_token({"organization_secrets": "write"})) as gh:
        refused = gh.get(path)
    assert refused.headers["x-accepted-github-permissions"] == "organization_actions_variables=read"
