from __future__ import annotations

from datetime import UTC, datetime, timedelta

import github
import pytest

from deployments.sandbox import made_up
from deployments.sandbox.faults import Fault, FaultKind
from tests.vendors.github.sandbox.scene import Scene


@pytest.mark.parametrize("prefix", ["", "/api/v3"])
@pytest.mark.parametrize("lazy", [True, False])
@pytest.mark.parametrize("family", ["actions", "dependabot"])
def test_pygithub_writes_reads_and_deletes_secrets(
    scene: Scene, repository: str, family: str, lazy: bool, prefix: str
) -> None:
    with scene.pygithub(prefix=prefix, lazy=lazy) as client:
        repo = client.get_repo(repository)
        values = [made_up.alpaca_secret(), made_up.alpaca_secret()]
        for value in values:
            repo.create_secret("API_KEY", value, secret_type=family)
        dependabot = family == "dependabot"
        assert scene.sandbox.reveal(repository, "API_KEY", dependabot=dependabot) == values[-1]
        assert scene.sandbox.names(repository, dependabot=not dependabot) == []
        found = repo.get_secret("API_KEY", secret_type=family)
        assert datetime.now(UTC) - found.updated_at < timedelta(seconds=10)
        assert [one.name for one in repo.get_secrets(secret_type=family)] == ["API_KEY"]
        assert repo.delete_secret("API_KEY", secret_type=family)
        assert scene.sandbox.names(repository, dependabot=dependabot) == []


@pytest.mark.parametrize("name", ["prod", "prod/eu"])
def test_pygithub_writes_reads_and_deletes_secrets_of_an_environment(scene: Scene, repository: str, name: str) -> None:
    with scene.pygithub() as client:
        environment = client.get_repo(repository).get_environment(name)
        value = made_up.alpaca_secret()
        environment.create_secret("API_KEY", value)
        assert scene.sandbox.reveal(repository, "API_KEY", name) == value
        assert scene.sandbox.names(repository) == []
        assert environment.get_secret("API_KEY").name == "API_KEY"
        assert [one.name for one in environment.get_secrets()] == ["API_KEY"]
        assert environment.delete_secret("API_KEY")
        assert scene.sandbox.names(repository, name) == []


def test_a_slash_in_an_environments_name_must_be_escaped(scene: Scene, repository: str) -> None:
    with scene.gh() as gh:
        assert gh.get(f"/repos/{repository}/environments/prod%2Feu/secrets/public-key").status_code == 200
        assert gh.get(f"/repos/{repository}/environments/prod/eu/secrets/public-key").status_code == 404


def test_pygithub_reads_all_pages_of_a_list(scene: Scene, repository: str) -> None:
    names = [f"SECRET_{number:02}" for number in range(35)]
    for name in names:
        scene.sandbox.edit_by_hand(repository, name, "x")
    with scene.pygithub() as client:
        assert [one.name for one in client.get_repo(repository).get_secrets()] == names


def test_pygithub_reads_who_it_is_and_its_scopes(scene: Scene) -> None:
    with scene.pygithub(scene.sandbox.add_token(classic=True, scopes=("repo", "gist"))) as client:
        assert client.get_user().login == "sandbox"
        assert client.oauth_scopes == ["repo", "gist"]
        assert client.get_rate_limit().resources.core.limit == 5000


def test_pygithub_raises_its_own_exceptions(scene: Scene, repository: str) -> None:
    with scene.pygithub(made_up.token("ghp_", 36)) as client, pytest.raises(github.BadCredentialsException):
        client.get_repo(repository)
    with scene.pygithub() as client, pytest.raises(github.UnknownObjectException):
        client.get_repo("raxx/none")
    reads_only = scene.sandbox.add_token({"secrets": "read"})
    with (
        scene.pygithub(reads_only, lazy=True) as client,
        pytest.raises(github.GithubException, match="not accessible") as caught,
    ):
        client.get_repo(repository).create_secret("API_KEY", "x")
    assert caught.value.status == 403
    assert caught.value.headers is not None
    assert caught.value.headers["x-accepted-github-permissions"] == "secrets=write"


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize("message_only", [False, True])
def test_pygithub_knows_a_rate_limit_when_it_sees_one(
    scene: Scene, repository: str, status: int, message_only: bool
) -> None:
    scene.sandbox.knobs.rate_limited, scene.sandbox.knobs.rate_limit_status = True, status
    scene.sandbox.knobs.rate_limit_in_message_only = message_only
    expected = github.RateLimitExceededException if status == 403 else github.GithubException
    with scene.pygithub() as client, pytest.raises(expected, match="rate limit"):
        client.get_repo(repository)
    if status == 403:
        retry = github.GithubRetry(total=1, max_rate_limit_wait=0)
        with scene.pygithub(retry=retry) as client, pytest.raises(github.RateLimitExceededException):
            client.get_repo(repository)


def test_pygithub_writes_again_after_a_server_error(scene: Scene, repository: str) -> None:
    scene.server.plan.add(Fault("github", FaultKind.ANSWER, method="PUT", status=502))
    retry = github.GithubRetry(total=1, backoff_factor=0)
    with scene.pygithub(retry=retry, lazy=True) as client:
        client.get_repo(repository).create_secret("API_KEY", "x")
    assert scene.sandbox.reveal(repository, "API_KEY") == "x"
