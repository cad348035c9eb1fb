"""Repositories that clients make and delete, and workflows that they bring as files."""

from __future__ import annotations

from typing import Any

import github
import pytest

from tests.vendors.github.sandbox.scene import Scene


def test_pygithub_makes_a_repository_of_an_organization_and_deletes_it(scene: Scene, repository: str) -> None:
    owner, name = repository.split("/")
    with scene.pygithub() as client, scene.gh() as gh:
        made = client.get_organization(owner).create_repo(f"{name}-made", private=True, description="keys")
        assert (made.full_name, made.private, made.description) == (f"{owner}/{name}-made", True, "keys")
        made.create_secret("KEY", "value")
        assert scene.sandbox.reveal(made.full_name, "KEY") == "value"
        assert made.full_name in [one.full_name for one in client.get_organization(owner).get_repos()]
        again = gh.post(f"/orgs/{owner}/repos", json={"name": f"{name}-made"})
        assert (again.status_code, again.json()["message"]) == (422, "Repository creation failed.")
        assert again.json()["errors"][0]["message"] == "name already exists on this account"
        made.delete()
        with pytest.raises(github.UnknownObjectException):
            client.get_repo(made.full_name)


def test_pygithub_makes_a_repository_of_its_own(scene: Scene, repository: str) -> None:
    name = f"{repository.partition('/')[2]}-own"
    with scene.pygithub() as client, scene.gh() as gh:
        made = client.get_user().create_repo(name, auto_init=True)
        assert (made.full_name, made.owner.type, made.private) == (f"sandbox/{name}", "User", False)
        assert "organization" not in made.raw_data
        shown = gh.post("/user/repos", json={"name": f"{name}-2", "visibility": "private"})
        assert (shown.status_code, shown.headers["location"]) == (201, shown.json()["url"])
        for one in (made.full_name, f"{made.full_name}-2"):
            assert gh.delete(f"/repos/{one}").status_code == 204


@pytest.mark.parametrize(("body", "field"), [({"name": "a b"}, "name"), ({"name": ""}, "name")])
def test_a_repository_without_a_right_name_is_not_made(scene: Scene, body: dict[str, Any], field: str) -> None:
    with scene.gh() as gh:
        refused = gh.post("/user/repos", json=body)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
        assert gh.post("/user/repos", json={}).json()["message"] == 'Invalid request.\n\n"name" wasn\'t supplied.'
        assert gh.post("/orgs/nobody-has-it/repos", json={"name": "a"}).status_code == 404


def test_only_who_administers_makes_and_deletes(scene: Scene, repository: str) -> None:
    with scene.gh(scene.sandbox.add_token({"secrets": "write"})) as gh:
        for refused in (gh.post("/orgs/raxx/repos", json={"name": "x"}), gh.delete(f"/repos/{repository}")):
            assert (refused.status_code, refused.headers["x-accepted-github-permissions"]) == (
                403,
                "administration=write",
            )
    with scene.gh(scene.sandbox.add_token(classic=True)) as gh:
        assert gh.delete(f"/repos/{repository}").json()["message"] == "Must have admin rights to Repository."
    with scene.gh(scene.sandbox.add_token(classic=True, scopes=("repo", "delete_repo"))) as gh:
        assert gh.delete(f"/repos/{repository}").status_code == 204
        assert gh.get(f"/repos/{repository}").status_code == 404


WORKFLOW = "name: Rotated\non:\n  workflow_dispatch:\njobs: {}\n"


def test_pygithub_brings_a_workflow_and_starts_it(scene: Scene, repository: str) -> None:
    path = ".github/workflows/rotated.yml"
    with scene.pygithub() as client:
        found = client.get_repo(repository)
        made = found.create_file(path, "Add it", WORKFLOW)
        content: Any = made["content"]
        assert (content.path, content.type, content.size) == (path, "file", len(WORKFLOW))
        workflow = found.get_workflow("rotated.yml")
        assert (workflow.name, workflow.path, workflow.state) == ("Rotated", path, "active")
        assert workflow.create_dispatch("main")
        assert found.get_workflow_runs()[0].name == "Rotated"
        file: Any = found.get_contents(path)
        assert (file.decoded_content.decode(), file.sha) == (WORKFLOW, content.sha)
        directory: Any = found.get_contents(".github/workflows")
        assert [one.path for one in directory] == [path]
        changed = found.update_file(path, "No hand", "name: Pushed\non: push\n", file.sha)["content"]
        with pytest.raises(github.GithubException, match="does not have 'workflow_dispatch' trigger"):
            found.get_workflow("rotated.yml").create_dispatch("main", throw=True)
        assert found.delete_file(path, "Away", changed.sha)["content"] is github.GithubObject.NotSet
        with pytest.raises(github.UnknownObjectException):
            found.get_workflow("rotated.yml")


def test_a_file_is_changed_by_who_knows_it_and_read_as_it_is(scene: Scene, repository: str) -> None:
    url = f"/repos/{repository}/contents/docs/a.txt"
    body = {"message": "x", "content": "YQ=="}
    with scene.gh() as gh:
        assert gh.put(url, json=body).status_code == 201
        again = gh.put(url, json=body)
        assert (again.status_code, again.json()["message"]) == (422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
        wrong = gh.put(url, json={**body, "sha": "0" * 40})
        assert (wrong.status_code, wrong.json()["message"]) == (409, f"docs/a.txt does not match {'0' * 40}")
        sha = gh.get(url).json()["sha"]
        assert sha == "2e65efe2a145dda7ee51d1741299f848e5bf752e"
        assert gh.put(url, json={**body, "content": "Yg==", "sha": sha}).status_code == 200
        raw = gh.get(url, headers={"Accept": "application/vnd.github.raw+json"})
        assert (raw.text, raw.headers["content-type"].partition(";")[0]) == ("b", "application/vnd.github.raw+json")
        assert gh.put(url, json={"message": "x", "content": "!", "sha": sha}).status_code == 422
        assert gh.get(f"/repos/{repository}/contents/docs", params={"ref": "none"}).status_code == 404
    with scene.gh(scene.sandbox.add_token({"contents": "write"})) as gh:
        refused = gh.put(f"/repos/{repository}/contents/.github/workflows/a.yml", json=body)
        assert refused.headers["x-accepted-github-permissions"] == "contents=write,workflows=write"
        assert gh.put(f"/repos/{repository}/contents/b.txt", json=body).status_code == 201


def test_the_commit_has_the_files_that_are_kept(scene: Scene, repository: str) -> None:
    """Terraform's provider looks there for the file that it has written."""
    with scene.pygithub() as client:
        found = client.get_repo(repository)
        found.create_file("docs/a.txt", "Add it", "a\nb\n")
        (file,) = found.get_commit("main").files
        assert (file.filename, file.status, file.additions, file.changes) == ("docs/a.txt", "added", 2, 2)
        assert file.sha == found.get_contents("docs/a.txt").sha  # type: ignore[union-attr]
        assert found.get_commit("main").stats.total == 2


def test_alerts_of_old_packages_are_switched_on_and_off(scene: Scene, repository: str) -> None:
    with scene.pygithub() as client, scene.gh() as gh:
        found = client.get_repo(repository)
        assert not found.get_vulnerability_alert()
        off = gh.get(f"/repos/{repository}/vulnerability-alerts")
        assert (off.status_code, off.json()["message"]) == (404, "Vulnerability alerts are disabled.")
        assert found.enable_vulnerability_alert()
        assert found.get_vulnerability_alert()
        assert gh.get(f"/repos/{repository}/dependabot/alerts").json() == []
        assert found.disable_vulnerability_alert()
        assert not found.get_vulnerability_alert()
        fixes = gh.get(f"/repos/{repository}/automated-security-fixes").json()
        assert fixes == {"enabled": False, "paused": False}


WITH_INPUTS = """\
name: Asks
on:
  push:
  workflow_dispatch:
    inputs:
      place:
        description: where
        required: true
      "why":
        required: false
jobs:
  inputs:
    runs-on: ubuntu-latest
"""


def test_a_workflow_is_started_with_the_inputs_that_its_file_names(scene: Scene, repository: str) -> None:
    with scene.pygithub() as client, scene.gh() as gh:
        found = client.get_repo(repository)
        for file, text in {"asks.yml": WITH_INPUTS, "asks-not.yml": WORKFLOW}.items():
            found.create_file(f".github/workflows/{file}", "x", text)

        def start(file: str, **inputs: str) -> tuple[int, str]:
            path = f"/repos/{repository}/actions/workflows/{file}/dispatches"
            answer = gh.post(path, json={"ref": "main", "inputs": inputs})
            return answer.status_code, answer.json()["message"] if answer.content else ""

        assert start("asks.yml", place="prod", why="due") == start("asks.yml", place="prod") == (204, "")
        assert start("asks.yml") == (422, "Required input 'place' not provided")
        assert start("asks.yml", place="prod", other="1") == (422, 'Unexpected inputs provided: ["other"]')
        assert start("asks-not.yml") == (204, "")
        assert start("asks-not.yml", place="prod") == (422, 'Unexpected inputs provided: ["place"]')
