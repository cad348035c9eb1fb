"""Which branches may be deployed to an environment, what Actions may do, and what is switched off."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vendors.github.sandbox.scene import Scene

CUSTOM = {"deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True}}


def test_branches_are_named_that_may_be_deployed_to_an_environment(scene: Scene, repository: str) -> None:
    base = f"/repos/{repository}/environments/prod%2Feu"
    with scene.gh() as gh:
        gh.put(base, json=CUSTOM)
        made = gh.post(f"{base}/deployment-branch-policies", json={"name": "release/*"})
        row = made.json()
        assert (made.status_code, row["name"], row["type"]) == (200, "release/*", "branch")
        one = f"{base}/deployment-branch-policies/{row['id']}"
        assert gh.get(f"{base}/deployment-branch-policies").json() == {"total_count": 1, "branch_policies": [row]}
        # Documented: 303 for a name that is there.
        again = gh.post(f"{base}/deployment-branch-policies", json={"name": "release/*"})
        assert (again.status_code, again.headers["location"]) == (303, str(gh.get(one).url))
        assert gh.put(one, json={"name": "main"}).json()["name"] == "main"
        tag = gh.post(f"{base}/deployment-branch-policies", json={"name": "v*", "type": "tag"}).json()
        assert tag["type"] == "tag"
        assert gh.delete(one).status_code == 204
        assert gh.get(one).status_code == 404
        assert gh.get(f"{base}/deployment_protection_rules").json() == {
            "total_count": 0,
            "custom_deployment_protection_rules": [],
        }


def test_an_environment_without_such_a_policy_names_no_branches(scene: Scene, repository: str) -> None:
    path = f"/repos/{repository}/environments/prod/deployment-branch-policies"
    with scene.gh() as gh:
        assert gh.post(path, json={"name": "main"}).status_code == 404
        gh.put(f"/repos/{repository}/environments/prod", json=CUSTOM)
        assert gh.post(path, json={}).json()["message"] == 'Invalid request.\n\n"name" wasn\'t supplied.'
        assert gh.post(path, json={"name": "main", "type": "commit"}).status_code == 422
        assert gh.post(path, json={"name": "main"}).status_code == 200
        # Whoever allows every branch again has named none.
        gh.put(f"/repos/{repository}/environments/prod", json={})
        gh.put(f"/repos/{repository}/environments/prod", json=CUSTOM)
        assert gh.get(path).json()["total_count"] == 0
    with scene.gh(scene.sandbox.add_token({"actions": "read"})) as gh:
        assert gh.get(path).status_code == 200
        refused = gh.post(path, json={"name": "main"})
        assert refused.headers["x-accepted-github-permissions"] == "administration=write"


def test_actions_may_be_switched_off_and_on_again(scene: Scene, repository: str) -> None:
    base = f"/repos/{repository}/actions/permissions"
    scene.sandbox.add_workflow(repository, "tests.yml", "Tests")
    dispatches = f"/repos/{repository}/actions/workflows/tests.yml/dispatches"
    with scene.gh() as gh:
        assert gh.get(base).json() == {"enabled": True, "allowed_actions": "all"}
        assert gh.put(base, json={"enabled": False}).status_code == 204
        assert gh.get(base).json() == {"enabled": False}
        refused = gh.post(dispatches, json={"ref": "main"})
        assert (refused.status_code, refused.json()["message"]) == (
            422,
            "Actions has been disabled for this repository.",
        )
        assert gh.put(base, json={}).json()["message"] == 'Invalid request.\n\n"enabled" wasn\'t supplied.'
        assert gh.put(base, json={"enabled": True, "allowed_actions": "none"}).status_code == 422
        gh.put(base, json={"enabled": True, "allowed_actions": "local_only"})
        assert gh.get(base).json()["allowed_actions"] == "local_only"
        assert gh.post(dispatches, json={"ref": "main"}).status_code == 204
        workflow = {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": False}
        assert gh.get(f"{base}/workflow").json() == workflow
        changed = {**workflow, "default_workflow_permissions": "write"}
        assert gh.put(f"{base}/workflow", json=changed).status_code == 204
        assert gh.get(f"{base}/workflow").json() == changed


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("secret-scanning/alerts", 404, "Secret scanning is disabled on this repository."),
        ("dependabot/alerts", 403, "Dependabot alerts are disabled for this repository."),
        ("code-scanning/alerts", 404, "no analysis found"),
    ],
)
def test_what_would_find_secrets_is_switched_off(
    scene: Scene, repository: str, path: str, status: int, message: str
) -> None:
    with scene.gh() as gh:
        refused = gh.get(f"/repos/{repository}/{path}")
    assert (refused.status_code, refused.json()["message"]) == (status, message)


def test_a_program_asks_which_versions_there_are_and_what_is_left(scene: Scene, repository: str) -> None:
    with scene.gh() as gh:
        assert gh.get("/versions").json() == ["2022-11-28", "2026-03-10"]
        meta: dict[str, Any] = gh.get("/meta").json()
        assert meta["verifiable_password_authentication"] is False
        resources = gh.get("/rate_limit").json()["resources"]
        assert {"core", "search", "graphql", "integration_manifest", "code_search"} <= set(resources)
        assert gh.get(f"/repos/{repository}/actions/caches").json() == {"total_count": 0, "actions_caches": []}
        usage = gh.get(f"/repos/{repository}/actions/cache/usage").json()
        assert usage == {
            "full_name": repository,
            "active_caches_size_in_bytes": 0,
            "active_caches_count": 0,
        }


def test_the_root_leads_to_what_there_is(scene: Scene) -> None:
    """Recorded (octokit/fixtures, get-root): 33 addresses."""
    with scene.gh() as gh:
        told = gh.get("/").json()
        assert len(told) == 33
        assert told["repository_url"] == f"{scene.url}/repos/{{owner}}/{{repo}}"
        for name in ("current_user_url", "rate_limit_url", "emojis_url", "emails_url", "keys_url", "organization_url"):
            assert told[name].startswith(scene.url)
        assert gh.get(told["current_user_url"]).json()["login"] == "sandbox"


def test_a_subject_of_jobs_and_the_rights_of_an_organizations_actions_are_kept(scene: Scene, repository: str) -> None:
    subject = f"/repos/{repository}/actions/oidc/customization/sub"
    owner = f"/orgs/{repository.partition('/')[0]}/actions/permissions"
    scene.sandbox.add_workflow(repository, "tests.yml", "Tests")
    with scene.gh() as gh:
        assert gh.get(subject).json() == {"use_default": True}
        asked = {"use_default": False, "include_claim_keys": ["repo", "context"]}
        assert gh.put(subject, json=asked).status_code == 201
        assert gh.get(subject).json() == asked
        assert gh.put(subject, json={}).json()["message"] == 'Invalid request.\n\n"use_default" wasn\'t supplied.'
        assert gh.get(owner).json() == {"enabled_repositories": "all", "allowed_actions": "all"}
        assert gh.get(f"/repos/{repository}/actions/workflows/tests.yml/timing").json() == {"billable": {}}


def test_a_job_begins_and_ends_with_steps_of_githubs_own(scene: Scene, repository: str) -> None:
    scene.sandbox.add_workflow(repository, "tests.yml", "Tests")
    with scene.pygithub() as client:
        found = client.get_repo(repository)
        found.get_workflow("tests.yml").create_dispatch("main")
        steps = found.get_workflow_runs()[0].jobs()[0].steps
    assert [(one.number, one.name) for one in steps] == [(1, "Set up job"), (2, "Complete job")]
    assert {(one.status, one.conclusion) for one in steps} == {("completed", "success")}
