"""The branch and the commit of a repository of the twin, by which workflows are started."""

from __future__ import annotations

import github
import httpx
import pytest

from tests.vendors.github.sandbox.scene import Scene


def test_pygithub_starts_a_workflow_on_a_branch_that_it_has_read(scene: Scene, repository: str) -> None:
    scene.sandbox.add_workflow(repository, "tests.yml", "Tests")
    with scene.pygithub() as client:
        found = client.get_repo(repository)
        branch = found.get_branch(found.default_branch)
        assert [one.name for one in found.get_branches()] == [branch.name] == ["main"]
        assert found.get_workflow("tests.yml").create_dispatch(branch)
        run = found.get_workflow_runs(head_sha=branch.commit.sha)[0]
        assert (run.head_sha, run.head_commit.message) == (branch.commit.sha, "Initial commit")
        assert run.head_repository.full_name == run.repository.full_name == repository
        assert run.actor.avatar_url.startswith("https://")
        assert found.get_git_ref("heads/main").object.sha == found.get_commit("main").sha == run.head_sha
        assert found.get_commits()[0].commit.author.name == "Sandbox"
        assert found.get_git_commit(run.head_sha).tree.sha == branch.commit.commit.tree.sha
        assert set(run.head_sha) > {"0"}
        with pytest.raises(github.UnknownObjectException, match="Branch not found"):
            found.get_branch("other")


def test_nothing_checks_a_commit(scene: Scene, repository: str) -> None:
    with scene.pygithub() as client:
        commit = client.get_repo(repository).get_commit("main")
        assert list(commit.get_check_runs()) == list(commit.get_statuses()) == []
        combined = commit.get_combined_status()
        assert (combined.state, combined.total_count, combined.sha) == ("pending", 0, commit.sha)
        assert combined.repository.full_name == repository


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("commits/other", 422, "No commit found for SHA: other"),
        ("commits/other/check-runs", 422, "No commit found for SHA: other"),
        ("git/ref/heads/other", 404, "Not Found"),
        ("branches/main/protection", 404, "Branch not protected"),
        ("branches/main/protection/required_status_checks", 404, "Branch not protected"),
        ("branches/other/protection/enforce_admins", 404, "Branch not found"),
        ("contents/README.md", 404, "Not Found"),
    ],
)
def test_what_is_not_there_is_refused(scene: Scene, repository: str, path: str, status: int, message: str) -> None:
    with scene.gh() as gh:
        answer = gh.get(f"/repos/{repository}/{path}")
    assert (answer.status_code, answer.json()["message"]) == (status, message)


def test_code_is_read_by_who_may_and_a_commit_by_the_beginning_of_its_number(scene: Scene, repository: str) -> None:
    with scene.gh() as gh:
        commit = gh.get(f"/repos/{repository}/commits/heads/main").json()
        assert gh.get(f"/repos/{repository}/commits/{commit['sha'][:7]}").json() == commit
        assert gh.get(f"/repos/{repository}/commits/{commit['sha'][:6]}").status_code == 422
        assert len(gh.get(f"/repos/{repository}/git/matching-refs/heads/ma").json()) == 1
    with scene.gh(scene.sandbox.add_token({"secrets": "write"})) as gh:
        refused = gh.get(f"/repos/{repository}/branches/main")
    assert (refused.status_code, refused.headers["x-accepted-github-permissions"]) == (403, "contents=read")
    public = f"{repository}-public"
    scene.sandbox.add_repository(public, private=False)
    assert httpx.get(f"{scene.url}/repos/{public}/branches/main", trust_env=False).status_code == 200
