"""Accounts and repositories of the twin have the fields that clients complete, type or clone by."""

from __future__ import annotations

import github
import httpx
import pytest

from tests.vendors.github.sandbox.scene import Scene


def test_pygithub_reads_a_repository_its_owner_and_who_asks(scene: Scene, repository: str) -> None:
    name = repository.partition("/")[2]
    with scene.pygithub() as client:
        found = client.get_repo(repository)
        assert found.clone_url == f"https://github.com/{repository}.git"
        assert found.ssh_url == f"git@github.com:{repository}.git"
        assert (found.topics, found.has_issues, found.size, found.fork) == ([], True, 0, False)
        assert found.hooks_url == f"{scene.url}/repos/{repository}/hooks"
        # Completed by a further request to the owner's own address.
        assert found.owner.name == "raxx"
        assert found.owner.avatar_url.startswith("https://")
        assert (found.organization.login, found.organization.type) == ("raxx", "Organization")
        person = client.get_user()
        assert (person.login, person.type, person.total_private_repos > 0) == ("sandbox", "User", True)
        assert person.created_at.year == client.get_user("sandbox").created_at.year == 2026
        assert "raxx" in [one.login for one in person.get_orgs()]
        organization = client.get_organization("raxx")
        assert (organization.plan.name, [one.login for one in organization.get_members()]) == ("team", ["sandbox"])
        assert person.get_organization_membership("raxx").role == "admin"
        assert name in [one.name for one in organization.get_repos(type="private")]
        assert name not in [one.name for one in organization.get_repos(type="public")]
        with pytest.raises(github.UnknownObjectException):
            client.get_user("nobody")


def test_an_account_is_seen_without_a_token_and_its_repositories_by_visibility(scene: Scene, repository: str) -> None:
    public = f"{repository}-public"
    scene.sandbox.add_repository(public, private=False)
    shown = httpx.get(f"{scene.url}/users/raxx", trust_env=False)
    assert (shown.status_code, shown.json()["type"]) == (200, "Organization")
    assert httpx.get(f"{scene.url}/users/nobody", trust_env=False).status_code == 404
    with scene.gh() as gh:
        for asked, ours in (("public", public), ("private", repository)):
            names = [one["full_name"] for one in gh.get(f"/user/repos?visibility={asked}&per_page=100").json()]
            assert {ours} == {ours, *names} & {public, repository}


def test_an_answer_that_is_known_costs_nothing_and_a_request_is_counted_once(scene: Scene, repository: str) -> None:
    path = f"/repos/{repository}/actions/secrets"
    for number in range(3):
        scene.sandbox.add_organization_secret("raxx", f"COUNTED_{number}", "x")
    with scene.gh() as gh:

        def used(of: httpx.Response) -> int:
            return int(of.headers["x-ratelimit-used"])

        first = gh.get(path)
        again = gh.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, used(again)) == (304, used(first))
        shared = gh.get(f"/repos/{repository}/actions/organization-secrets")
        assert used(shared) == used(first) + 1
