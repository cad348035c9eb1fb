"""GitHub's GraphQL endpoint, as `gh auth status`, `gh repo view` and a client of one's own ask it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from deployments.sandbox import made_up
from tests.vendors.github.scene import Scene

SECRETS_PLACES = """
query Places($owner: String!, $name: String!, $count: Int = 1, $after: String) {
  repo: repository(owner: $owner, name: $name) {
    __typename
    ...Facts
    environments(first: $count, after: $after) { totalCount nodes { name } pageInfo { hasNextPage endCursor } }
    description @skip(if: true)
  }
}
fragment Facts on Repository { nameWithOwner isPrivate owner { login ... on Organization { name } } }
"""


def ask(scene: Scene, query: Any, token: str | None = None, path: str = "/graphql", **more: Any) -> httpx.Response:
    headers = {"Authorization": f"bearer {token or scene.github.token}"}
    url = scene.server.url("github") + path
    return httpx.post(url, json={"query": query, **more}, headers=headers, trust_env=False)


@pytest.mark.parametrize("path", ["/graphql", "/api/graphql"])
def test_gh_asks_who_it_is(scene: Scene, path: str) -> None:
    answer = ask(scene, "query UserCurrent{viewer{login}}", path=path)
    assert answer.json() == {"data": {"viewer": {"login": "sandbox"}}}
    assert answer.headers["x-ratelimit-resource"] == "graphql"


def test_a_query_has_variables_aliases_fragments_directives_and_pages(scene: Scene, repository: str) -> None:
    scene.github.add_environment(repository, "staging")
    given = {"owner": "raxx", "name": repository.partition("/")[2].upper()}
    first = ask(scene, SECRETS_PLACES, variables=given).json()["data"]["repo"]
    page = first.pop("environments")
    assert first == {
        "__typename": "Repository",
        "nameWithOwner": repository,
        "isPrivate": True,
        "owner": {"login": "raxx", "name": "raxx"},
    }
    assert (page["totalCount"], page["nodes"], page["pageInfo"]["hasNextPage"]) == (2, [{"name": "prod/eu"}], True)
    then = ask(scene, SECRETS_PLACES, variables={**given, "after": page["pageInfo"]["endCursor"]}).json()
    rest = then["data"]["repo"]["environments"]
    assert (rest["nodes"], rest["pageInfo"]["hasNextPage"]) == ([{"name": "staging"}], False)


def test_what_does_not_exist_is_null_with_an_error_beside_it(scene: Scene, repository: str) -> None:
    other = scene.github.add_token({"secrets": "write"}, repositories=("raxx/another",))
    query = f'{{repository(owner:"raxx",name:"{repository.partition("/")[2]}"){{id}} viewer{{login}}}}'
    body = ask(scene, query, other).json()
    assert body["data"] == {"repository": None, "viewer": {"login": "sandbox"}}
    assert body["errors"][0] == {
        "type": "NOT_FOUND",
        "path": ["repository"],
        "locations": [{"line": 1, "column": 2}],
        "message": f"Could not resolve to a Repository with the name '{repository}'.",
    }
    scene.github.knobs.sso_required = True
    refused = ask(scene, query).json()
    assert refused["data"]["repository"] is None
    assert (refused["errors"][0]["type"], refused["errors"][0]["extensions"]) == ("FORBIDDEN", {"saml_failure": True})


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("{viewer{password}}", "Field 'password' doesn't exist on type 'User'"),
        ("{viewer}", "Field must have selections"),
        ("{viewer{login{x}}}", "Selections can't be made on scalars"),
        ('{repository(name:"x"){id}}', "missing required arguments: owner"),
        ("mutation{createIssue(input:{}){clientMutationId}}", "doesn't exist on type 'Mutation'"),
        ("query($login:String!){organization(login:$login){id}}", "Variable $login of type String! was provided"),
        ("{viewer{...Absent}}", "Fragment Absent was used, but not defined"),
        ("{viewer{...F}} fragment F on User{...F}", "infinite loop"),
        ("{viewer{login}", "Parse error on end of file"),
        ("{" * 3000, "Parse error"),
        ("{a" * 3000, "nested too deeply"),
        ("", "No operation was found"),
    ],
)
def test_a_query_that_is_not_valid_has_no_data(scene: Scene, query: str, said: str) -> None:
    answer = ask(scene, query)
    assert answer.status_code == 200
    assert "data" not in answer.json()
    assert said in answer.json()["errors"][0]["message"]


def test_a_list_without_bounds_or_beyond_a_hundred_is_refused(scene: Scene, repository: str) -> None:
    asked = '{{repository(owner:"raxx",name:"{}"){{environments{}{{totalCount}}}}}}'
    kinds = []
    for bounds in ("", "(first:101)", '(first:1,after:"x")'):
        body = ask(scene, asked.format(repository.partition("/")[2], bounds)).json()
        assert body["data"]["repository"]["environments"] is None
        kinds.append(body["errors"][0]["type"])
    assert kinds == ["MISSING_PAGINATION_BOUNDARIES", "EXCESSIVE_PAGINATION", "INVALID_CURSOR_ARGUMENTS"]


def test_who_may_not_ask_and_what_is_no_query_is_no_200(scene: Scene) -> None:
    assert ask(scene, "{viewer{login}}", made_up.token("ghp_", 36)).json()["message"] == "Bad credentials"
    assert ask(scene, None).status_code == 400
    scene.github.knobs.rate_limited = True
    used_up = ask(scene, "{viewer{login}}")
    assert (used_up.status_code, used_up.json()["errors"][0]["type"]) == (200, "RATE_LIMITED")
    assert used_up.headers["x-ratelimit-remaining"] == "0"
    scene.github.knobs.retry_after_s = 60
    assert (ask(scene, "{viewer{login}}").status_code, ask(scene, "{}").headers["retry-after"]) == (403, "60")
