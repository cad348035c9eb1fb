"""Each refusal names the page of GitHub's documentation that is about what was asked."""

from __future__ import annotations

import pytest

from deployments.sandbox import made_up
from deployments.sandbox.github.api import GithubApi
from deployments.sandbox.github.documentation import page_of, plain
from deployments.sandbox.github.store import Estate
from tests.vendors.github.sandbox.scene import Scene

# What GitHub does not describe as an operation of its REST API.
NOT_DESCRIBED = {
    "/repos/{}/{}/branches/{}/protection/{}",
    "/repos/{}/{}/git/refs",
    "/graphql",
    "/api/graphql",
    "/_logs/{}",
    "/repos/{}/{}/statuses/{}",
    "/{}",
}


@pytest.mark.parametrize(
    ("method", "path", "page"),
    [
        ("GET", "actions/secrets/NONE", "actions/secrets#get-a-repository-secret"),
        ("DELETE", "environments/prod/secrets/NONE", "actions/secrets#delete-an-environment-secret"),
        ("POST", "actions/variables", "actions/variables#create-a-repository-variable"),
        ("POST", "actions/workflows/none.yml/dispatches", "actions/workflows#create-a-workflow-dispatch-event"),
        ("GET", "actions/runs/1", "actions/workflow-runs#get-a-workflow-run"),
        ("PATCH", "hooks/1/config", "repos/webhooks#update-a-webhook-configuration-for-a-repository"),
        ("GET", "none/of/these", ""),
        ("DELETE", "actions/variables", ""),
    ],
)
def test_a_refusal_names_its_page(scene: Scene, repository: str, method: str, path: str, page: str) -> None:
    with scene.gh() as gh:
        refused = gh.request(method, f"/repos/{repository}/{path}", json={})
        by_number = gh.get(f"/repos/{repository}").json()["id"]
        again = gh.request(method, f"/repositories/{by_number}/{path}", json={})
    told = refused.json()["documentation_url"]
    assert refused.status_code in {404, 422}
    assert told == again.json()["documentation_url"] == f"https://docs.github.com/rest{'/' if page else ''}{page}"


def test_a_token_that_nobody_knows_and_a_limit_have_pages_of_their_own(scene: Scene, repository: str) -> None:
    path = f"/repos/{repository}/actions/secrets"
    with scene.gh(made_up.token("ghp_", 36)) as gh:
        assert gh.get(path).json()["documentation_url"] == "https://docs.github.com/rest"
    with scene.gh() as gh:
        for wait, part in ((None, ""), (1, "#about-secondary-rate-limits")):
            scene.sandbox.knobs.rate_limited, scene.sandbox.knobs.retry_after_s = True, wait
            told = gh.get(path).json()["documentation_url"]
            assert told.endswith(f"rate-limits-for-the-rest-api{part}")


def test_every_route_has_a_page() -> None:
    routes = [(method, plain(one.path)) for one in GithubApi(Estate()).routes() for method in one.methods or ()]
    without = {path for method, path in routes if method != "HEAD" and page_of(method, path) is None}
    assert without == NOT_DESCRIBED
