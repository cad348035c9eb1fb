"""What the twin has none of, and clients list all the same; and the SSH keys and addresses of the person."""

from __future__ import annotations

import base64
import secrets
from typing import Any

import github
import pytest

from tests.vendors.github.sandbox.scene import Scene

LISTS = (
    "get_issues",
    "get_issues_comments",
    "get_issues_events",
    "get_labels",
    "get_milestones",
    "get_pulls",
    "get_pulls_comments",
    "get_releases",
    "get_tags",
    "get_comments",
    "get_contributors",
    "get_events",
    "get_forks",
    "get_stargazers",
    "get_subscribers",
    "get_teams",
    "get_pending_invitations",
    "get_autolinks",
)
OWN_LISTS = (
    "get_followers",
    "get_following",
    "get_starred",
    "get_subscriptions",
    "get_teams",
    "get_issues",
    "get_gists",
)


def test_pygithub_finds_every_list_of_a_repository_that_is_empty(scene: Scene, repository: str) -> None:
    with scene.pygithub() as client:
        found: Any = client.get_repo(repository)
        for name in LISTS:
            assert list(getattr(found, name)()) == [], name
        assert set(found.get_languages()) <= {"url"}
        assert [one.login for one in found.get_collaborators()] == ["sandbox"]
        assert [one.login for one in found.get_assignees()] == ["sandbox"]
        assert [one.ref for one in found.get_git_refs()] == ["refs/heads/main"]
        for name in ("get_latest_release", "get_readme", "get_license"):
            with pytest.raises(github.UnknownObjectException):
                getattr(found, name)()
        commit = found.get_commit("main")
        assert list(commit.get_comments()) == list(commit.get_pulls()) == []
        assert [one.name for one in commit.get_branches_where_head()] == ["main"]


def test_pygithub_finds_every_list_of_an_organization_and_a_person(scene: Scene, repository: str) -> None:
    app = scene.sandbox.add_app("shown", {"secrets": "write"})
    installation = scene.sandbox.install(app, "raxx")
    with scene.pygithub() as client:
        organization: Any = client.get_organization(repository.partition("/")[0])
        for name in [
            "get_teams",
            "get_outside_collaborators",
            "get_secret_scanning_alerts",
            "get_dependabot_alerts",
            "get_events",
            "get_issues",
        ]:
            assert list(getattr(organization, name)()) == [], name
        assert [one.login for one in organization.get_public_members()] == ["sandbox"]
        assert installation in [one.id for one in organization.get_installations()]
        person: Any = client.get_user()
        for name in OWN_LISTS:
            assert list(getattr(person, name)()) == [], name
        assert [one.state for one in person.get_organization_memberships()].count("active") >= 1
        (address,) = person.get_emails()
        assert (address.email, address.primary, address.verified) == ("sandbox@example.com", True, True)


def test_pygithub_replaces_the_ssh_key_of_a_person(scene: Scene) -> None:
    key = f"ssh-ed25519 {base64.b64encode(secrets.token_bytes(51)).decode()}"
    with scene.pygithub() as client, scene.gh() as gh:
        person: Any = client.get_user()
        made = person.create_key("laptop", key)
        assert (made.title, made.key, made.verified) == ("laptop", key, True)
        assert [one.id for one in person.get_keys()] == [made.id] == [person.get_key(made.id).id]
        again = gh.post("/user/keys", json={"title": "x", "key": key})
        assert (again.status_code, again.json()["errors"][0]["message"]) == (422, "key is already in use")
        assert gh.get("/users/sandbox/keys").json() == [{"id": made.id, "key": key}]
        made.delete()
        assert gh.get("/user/keys").json() == []
        assert gh.post("/user/keys", json={"key": "no key"}).status_code == 422
        assert gh.post("/user/keys", json={}).json()["message"] == 'Invalid request.\n\n"key" wasn\'t supplied.'


def test_what_is_empty_is_so_for_who_may_read_it(scene: Scene, repository: str) -> None:
    with scene.gh(scene.sandbox.add_token({"secrets": "write"})) as gh:
        for path, needed in {"issues": "issues=read", "pulls": "pull_requests=read", "tags": "contents=read"}.items():
            refused = gh.get(f"/repos/{repository}/{path}")
            assert (refused.status_code, refused.headers["x-accepted-github-permissions"]) == (403, needed)
        assert gh.get(f"/repos/{repository}/stargazers").json() == []
        assert gh.get("/repos/raxx/none/stargazers").status_code == 404
