"""What every answer of the twin says beside its body: how long it may be kept, who may read it, what it needed."""

from __future__ import annotations

import httpx
import pytest

from tests.vendors.github.sandbox.scene import Scene


def test_an_answer_may_be_kept_for_a_minute_by_who_asked_and_a_refusal_by_nobody(scene: Scene, repository: str) -> None:
    """Recorded (octokit/fixtures: get-repository, errors)."""
    base = f"/repos/{repository}/actions/variables"
    with scene.gh() as gh:
        shown, made = gh.get(base), gh.post(base, json={"name": "A", "value": "1"})
        for kept in (shown, made):
            assert kept.headers["cache-control"] == "private, max-age=60, s-maxage=60"
            assert {"accept", "authorization"} <= {one.strip().lower() for one in kept.headers["vary"].split(",")}
            assert kept.headers["etag"]
        for other in (gh.get(f"{base}/NONE"), gh.delete(f"{base}/A")):
            assert "cache-control" not in other.headers
            assert "etag" not in other.headers
    scene.sandbox.add_repository(f"{repository}-public", private=False)
    nobody = httpx.get(f"{scene.url}/repos/{repository}-public", trust_env=False)
    assert nobody.headers["cache-control"] == "public, max-age=60, s-maxage=60"
    assert "authorization" not in nobody.headers["vary"].lower()


@pytest.mark.parametrize("path", ["/user", "/repos/raxx/none", "/rate_limit"])
def test_a_page_of_another_site_may_read_every_answer(scene: Scene, path: str) -> None:
    with scene.gh() as gh:
        answer = gh.get(path, headers={"Origin": "https://example.com"})
        assert answer.headers["access-control-allow-origin"] == "*"
        exposed = answer.headers["access-control-expose-headers"]
        assert {"ETag", "Link", "Retry-After", "X-RateLimit-Remaining", "X-GitHub-SSO"} <= set(exposed.split(", "))
        assert answer.headers["x-content-type-options"] == "nosniff"
        before = gh.options(path, headers={"Origin": "https://example.com", "Authorization": ""})
    assert (before.status_code, before.content) == (204, b"")
    assert before.headers["access-control-allow-methods"] == "GET, POST, PATCH, PUT, DELETE"
    assert "Authorization" in before.headers["access-control-allow-headers"].split(", ")
    assert before.headers["access-control-max-age"] == "86400"


def test_a_fine_grained_token_is_told_what_was_needed_also_when_it_has_it(scene: Scene, repository: str) -> None:
    with scene.gh() as gh:
        for path, needed in {
            f"/repos/{repository}/actions/secrets": "secrets=read",
            f"/repos/{repository}/actions/runs": "actions=read",
            "/orgs/raxx/actions/secrets": "organization_secrets=read",
        }.items():
            assert gh.get(path).headers["x-accepted-github-permissions"] == needed
    with scene.gh(scene.sandbox.add_token(classic=True)) as gh:
        classic = gh.get(f"/repos/{repository}/actions/secrets")
    assert "x-accepted-github-permissions" not in classic.headers


def test_one_of_several_tags_that_a_client_has_is_enough(scene: Scene, repository: str) -> None:
    path = f"/repos/{repository}/actions/secrets"
    with scene.gh() as gh:
        tag = gh.get(path).headers["etag"]
        for known in (f'"other", {tag}', f'W/{tag}, "other"', tag):
            assert gh.get(path, headers={"If-None-Match": known}).status_code == 304
        assert gh.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "actions/variables", {"name": "B", "value": "1"}),
        ("DELETE", "actions/variables/A", None),
        ("POST", "actions/workflows/tests.yml/dispatches", {"ref": "main"}),
        ("PUT", "environments/prod", {}),
        ("POST", "environments/prod/variables", {"name": "A", "value": "1"}),
        ("POST", "deployments", {"ref": "main"}),
        ("PUT", "topics", {"names": []}),
        ("POST", "dispatches", {"event_type": "x"}),
    ],
)
def test_nothing_of_an_archived_repository_is_changed(
    scene: Scene, repository: str, method: str, path: str, body: object
) -> None:
    scene.sandbox.add_workflow(repository, "tests.yml", "Tests")
    with scene.gh() as gh:
        gh.post(f"/repos/{repository}/actions/variables", json={"name": "A", "value": "1"})
        gh.patch(f"/repos/{repository}", json={"archived": True})
        refused = gh.request(method, f"/repos/{repository}/{path}", json=body)
        assert (refused.status_code, refused.json()["message"]) == (403, "Repository was archived so is read-only.")
        assert gh.get(f"/repos/{repository}/actions/variables").json()["total_count"] == 1
    with scene.gh(scene.sandbox.add_token({"secrets": "read"})) as gh:
        assert "not accessible" in gh.request(method, f"/repos/{repository}/{path}", json=body).json()["message"]
