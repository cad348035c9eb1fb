"""What clients of GitHub meet beside the secrets: workflows and runs, organizations, variables, pages, Basic, ETags."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import github
import httpx
import pytest
from nacl.encoding import Base64Encoder
from nacl.public import PublicKey, SealedBox

from tests.vendors.github.scene import Scene


@pytest.fixture
def gh(scene: Scene) -> Any:
    headers = {"Authorization": f"token {scene.github.token}"}
    with httpx.Client(base_url=scene.server.url("github"), headers=headers, trust_env=False) as client:
        yield client


def pygithub(scene: Scene) -> github.Github:
    return github.Github(
        base_url=scene.server.url("github"),
        auth=github.Auth.Token(scene.github.token),
        seconds_between_requests=0,
        seconds_between_writes=0,
        retry=None,
    )


def test_pygithub_starts_a_workflow_and_finds_its_run(scene: Scene, repository: str) -> None:
    scene.github.add_workflow(repository, "tests.yml", "Tests")
    busy = scene.github.add_run(repository, "tests.yml", "in_progress")
    with pygithub(scene) as client:
        found = client.get_repo(repository)
        assert [(one.name, one.path) for one in found.get_workflows()] == [("Tests", ".github/workflows/tests.yml")]
        workflow = found.get_workflow("tests.yml")
        assert workflow.create_dispatch("main")
        assert [one.status for one in workflow.get_runs()] == ["completed", "in_progress"]
        assert [one.id for one in found.get_workflow_runs(status="in_progress")] == [busy]
        run = found.get_workflow_run(busy)
        assert (run.head_branch, run.status, run.run_number) == ("main", "in_progress", 1)
        assert not list(run.jobs())
        assert run.cancel()
        assert found.get_workflow_run(busy).conclusion == "cancelled"
        assert found.get_workflow(workflow.id).name == "Tests"


def test_a_dispatch_names_its_run_for_who_asks_and_refuses_what_is_wrong(
    scene: Scene, repository: str, gh: httpx.Client
) -> None:
    scene.github.add_workflow(repository, "tests.yml", "Tests")
    scene.github.add_attestation(repository, "attest.yml", ("A", "B"))
    base = f"/repos/{repository}/actions/workflows"
    told = gh.post(f"{base}/tests.yml/dispatches", json={"ref": "refs/heads/main", "return_run_details": True})
    run = gh.get(told.json()["run_url"]).json()
    assert (told.status_code, run["id"], run["conclusion"]) == (200, told.json()["workflow_run_id"], "success")
    assert gh.post(f"/repos/{repository}/actions/runs/{run['id']}/cancel").status_code == 409
    assert gh.post(f"/repos/{repository}/actions/runs/{run['id']}/rerun").status_code == 201
    refused: list[tuple[Any, int, str]] = [
        ({"ref": "other"}, 422, "No ref found for: other"),
        ({"ref": "main", "inputs": {"x": "1"}}, 422, 'Unexpected inputs provided: ["x"]'),
        ({"ref": "main", "inputs": None}, 422, "Required input 'nonce' not provided"),
        ([], 422, "Invalid request.\n\nFor 'links/0/schema', [] is not an object."),
    ]
    for body, status, message in refused:
        answer = gh.post(f"{base}/attest.yml/dispatches", json=body)
        assert (answer.status_code, answer.json()["message"]) == (status, message)
    assert gh.post(f"{base}/attest.yml/dispatches", content=b"{").status_code == 400
    assert gh.get(f"{base}/none.yml").status_code == 404


def test_a_list_has_pages_with_links_and_takes_what_is_no_number_as_absent(
    scene: Scene, repository: str, gh: httpx.Client
) -> None:
    for number in range(5):
        scene.github.edit_by_hand(repository, f"SECRET_{number}", "x")
    path = f"/repos/{repository}/actions/secrets"
    second = gh.get(path, params={"per_page": 2, "page": 2})
    assert [one["name"] for one in second.json()["secrets"]] == ["SECRET_2", "SECRET_3"]
    assert set(second.links) == {"prev", "next", "last", "first"}
    assert len(gh.get(second.links["last"]["url"]).json()["secrets"]) == 1
    for odd in ("abc", "0", "-1", "²", "9" * 5000):
        assert len(gh.get(path, params={"per_page": odd, "page": odd}).json()["secrets"]) == 5
    with pygithub(scene) as client:
        assert client.get_repo(repository).get_secrets().totalCount == 5


def test_an_organizations_secrets_are_written_with_whom_they_are_for(
    scene: Scene, repository: str, gh: httpx.Client
) -> None:
    key = gh.get("/orgs/raxx/actions/secrets/public-key").json()
    box = SealedBox(PublicKey(key["key"].encode(), Base64Encoder)).encrypt(b"x", Base64Encoder).decode()
    body = {"encrypted_value": box, "key_id": key["key_id"]}
    assert gh.put("/orgs/raxx/actions/secrets/SHARED", json=body).status_code == 422
    assert gh.put("/orgs/raxx/actions/secrets/SHARED", json={**body, "visibility": "all"}).status_code == 201
    assert gh.get("/orgs/raxx/actions/secrets").json()["secrets"][0]["visibility"] == "all"
    shared = gh.get(f"/repos/{repository}/actions/organization-secrets").json()["secrets"]
    assert ("SHARED", False) in [(one["name"], "visibility" in one) for one in shared]
    small = {"Authorization": f"token {scene.github.add_token({'secrets': 'write'})}"}
    refused = gh.get("/orgs/raxx/actions/secrets", headers=small)
    assert (refused.status_code, refused.headers["x-accepted-github-permissions"]) == (403, "organization_secrets=read")
    assert gh.get("/orgs/none/actions/secrets").status_code == 404
    assert gh.get("/orgs/raxx/actions/secrets/SHARED/repositories").status_code == 409
    number = gh.get(f"/repos/{repository}").json()["id"]
    chosen = {"visibility": "selected", "selected_repository_ids": [number]}
    assert gh.put("/orgs/raxx/actions/secrets/SHARED", json={**body, **chosen}).status_code == 204
    picked = gh.get(gh.get("/orgs/raxx/actions/secrets/SHARED").json()["selected_repositories_url"]).json()
    assert [one["full_name"] for one in picked["repositories"]] == [repository]
    assert gh.delete("/orgs/raxx/actions/secrets/SHARED").status_code == 204


def test_pygithub_writes_and_reads_variables(scene: Scene, repository: str) -> None:
    with pygithub(scene) as client:
        found = client.get_repo(repository)
        found.create_variable("KEY_ID", "PK1")
        with pytest.raises(github.GithubException) as caught:
            found.create_variable("KEY_ID", "PK1")
        assert caught.value.status == 409
        assert found.get_variable("KEY_ID").edit("PK2")
        assert [(one.name, one.value) for one in found.get_variables()] == [("KEY_ID", "PK2")]
        assert found.delete_variable("KEY_ID")
        assert [one.full_name for one in client.get_organization("raxx").get_repos() if one.full_name == repository]


def test_an_environment_is_made_and_deleted(repository: str, gh: httpx.Client) -> None:
    path = f"/repos/{repository}/environments/qa%2Feu"
    assert [gh.put(path).json()["name"] for _ in range(2)] == ["qa/eu", "qa/eu"]
    assert gh.get(f"{path}/secrets/public-key").status_code == 200
    assert (gh.delete(path).status_code, gh.get(path).status_code) == (204, 404)


def test_a_token_comes_as_a_password_too_and_ends_by_whoever_found_it(scene: Scene, gh: httpx.Client) -> None:
    token = scene.github.add_token(classic=True)
    for halves in (f"sandbox:{token}", f"{token}:x-oauth-basic", f"{token}:"):
        basic = {"Authorization": f"Basic {b64encode(halves.encode()).decode()}"}
        assert gh.get("/user", headers=basic).status_code == 200
    assert gh.get("/user", headers={"Authorization": "Basic ?"}).status_code == 401
    anonymous = httpx.get(f"{scene.server.url('github')}/rate_limit", trust_env=False)
    assert anonymous.json()["rate"]["limit"] == 60
    revoked = httpx.post(
        f"{scene.server.url('github')}/credentials/revoke", json={"credentials": [token]}, trust_env=False
    )
    assert revoked.status_code == 202
    assert gh.get("/user", headers={"Authorization": f"token {token}"}).status_code == 401


def test_who_has_an_answer_already_gets_304(repository: str, gh: httpx.Client) -> None:
    first = gh.get(f"/repos/{repository}")
    assert first.headers["content-type"] == "application/json; charset=utf-8"
    again = gh.get(f"/repos/{repository}", headers={"If-None-Match": f"W/{first.headers['etag']}"})
    assert (again.status_code, again.content) == (304, b"")
    assert gh.get(f"/repos/{repository}/").status_code == 404
