from __future__ import annotations

import base64
import itertools
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import github
import httpx
import pytest
from nacl.encoding import Base64Encoder
from nacl.public import PublicKey, SealedBox

from deployments.sandbox import made_up
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.github.app import GithubSandbox
from deployments.sandbox.github.store import GithubKnobs
from deployments.sandbox.server import SandboxServer

# What `gh secret set` sends besides the token.
GH_HEADERS = {
    "Accept": "application/vnd.github+json",
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "GitHub CLI 2.103.3",
    "X-GitHub-Api-Version": "2022-11-28",
}
_numbers = itertools.count(1)

# No connection is left to the garbage collector.
NONE_KEPT = httpx.Limits(max_keepalive_connections=0)


@dataclass(frozen=True)
class Scene:
    """The simulated GitHub and how to reach it."""

    sandbox: GithubSandbox
    server: SandboxServer

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.server.url("github")

    def pygithub(self, token: str | None = None, prefix: str = "", **fields: Any) -> github.Github:
        """PyGithub, without its pauses between requests."""
        return github.Github(
            base_url=self.url + prefix,
            auth=github.Auth.Token(token or self.sandbox.token),
            seconds_between_requests=0,
            seconds_between_writes=0,
            **{"retry": None, **fields},
        )

    def gh(self, token: str | None = None) -> httpx.Client:
        """Requests as gh makes them."""
        authorization = {"Authorization": f"token {token or self.sandbox.token}"}
        return httpx.Client(
            base_url=self.url, headers={**GH_HEADERS, **authorization}, trust_env=False, limits=NONE_KEPT
        )


@pytest.fixture(scope="module")
def running_scene() -> Iterator[Scene]:
    sandbox = GithubSandbox()
    server = SandboxServer({"github": sandbox.app()})
    server.start()
    yield Scene(sandbox, server)
    server.stop()


@pytest.fixture
def scene(running_scene: Scene) -> Iterator[Scene]:
    yield running_scene
    running_scene.server.plan.clear()
    for name in GithubKnobs.__dataclass_fields__:
        setattr(running_scene.sandbox.knobs, name, getattr(GithubKnobs(), name))


@pytest.fixture
def repository(scene: Scene) -> str:
    name = f"raxx/raxx-{next(_numbers)}"
    scene.sandbox.add_repository(name)
    scene.sandbox.add_environment(name, "prod")
    scene.sandbox.add_environment(name, "prod/eu")
    return name


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


def sealed(answer: httpx.Response, value: str) -> dict[str, str]:
    key = answer.json()
    box = SealedBox(PublicKey(key["key"].encode(), Base64Encoder))
    return {"encrypted_value": box.encrypt(value.encode(), Base64Encoder).decode(), "key_id": key["key_id"]}


@pytest.mark.parametrize("family", ["actions", "dependabot", "environments/prod"])
@pytest.mark.parametrize("prefix", ["", "/api/v3"])
def test_a_raw_sealed_box_is_created_updated_read_and_deleted(
    scene: Scene, repository: str, family: str, prefix: str
) -> None:
    value, base = made_up.alpaca_secret(), f"{prefix}/repos/{repository}/{family}/secrets"
    with scene.gh() as gh:
        key = gh.get(f"{base}/public-key")
        assert len(base64.b64decode(key.json()["key"])) == 32
        assert key.json()["key_id"].isdecimal()
        created = gh.put(f"{base}/api_key", json=sealed(key, value))
        assert (created.status_code, created.json()) == (201, {})
        updated = gh.put(f"{base}/API_KEY", json=sealed(key, value))
        assert (updated.status_code, updated.content) == (204, b"")
        assert "content-length" not in updated.headers
        shown = gh.get(f"{base}/API_KEY").json()
        assert set(shown) == {"name", "created_at", "updated_at"}
        assert datetime.fromisoformat(shown["updated_at"]).microsecond == 0
        assert gh.get(f"{base}?per_page=100").json() == {"total_count": 1, "secrets": [shown]}
        environment = "prod" if family.startswith("env") else None
        found = scene.sandbox.reveal(repository, "API_KEY", environment, dependabot=family == "dependabot")
        assert found == value
        assert gh.delete(f"{base}/API_KEY").status_code == 204
        assert gh.delete(f"{base}/API_KEY").status_code == 404


def test_created_at_stays_and_updated_at_moves(scene: Scene, repository: str) -> None:
    scene.sandbox.edit_by_hand(repository, "API_KEY", "old", updated_at=time.time() - 60)
    scene.sandbox.edit_by_hand(repository, "API_KEY", "new")
    with scene.gh() as gh:
        shown = gh.get(f"/repos/{repository}/actions/secrets/API_KEY").json()
    moments = [datetime.fromisoformat(shown[name]) for name in ("created_at", "updated_at")]
    assert timedelta(seconds=59) <= moments[1] - moments[0] <= timedelta(seconds=61)


def test_every_answer_names_its_request_its_date_and_the_allowance(scene: Scene, repository: str) -> None:
    with scene.gh() as gh:
        for path in (f"/repos/{repository}", "/repos/raxx/none", "/rate_limit", "/no/such/path"):
            headers = gh.get(path).headers
            assert {"x-github-request-id", "date", "x-ratelimit-remaining", "x-ratelimit-reset"} <= set(headers)
            assert "x-oauth-scopes" not in headers


def test_errors_have_githubs_body(scene: Scene, repository: str) -> None:
    base = f"/repos/{repository}/actions/secrets"
    with scene.gh(made_up.token("ghp_", 36)) as gh:
        body = gh.get(f"{base}/public-key").json()
    assert (body["message"], body["status"]) == ("Bad credentials", "401")
    assert set(body) == {"message", "documentation_url", "status"}
    with scene.gh() as gh:
        assert gh.get(f"{base}/API_KEY").json()["message"] == "Not Found"
        assert gh.get(f"{base}/API_KEY", headers={"Authorization": ""}).status_code == 401
        assert gh.get("/user", headers={"X-GitHub-Api-Version": "1999-01-01"}).status_code == 400


def test_what_is_no_secret_is_rejected(scene: Scene, repository: str) -> None:
    base = f"/repos/{repository}/actions/secrets"
    with scene.gh() as gh:
        key = gh.get(f"{base}/public-key")
        good = sealed(key, "x")
        other = SealedBox(PublicKey(b"9" * 32))
        wrong_key = base64.b64encode(other.encrypt(b"x")).decode()
        bodies: list[Any] = [
            {**good, "key_id": "1"},
            {"encrypted_value": good["encrypted_value"]},
            {"key_id": good["key_id"]},
            {**good, "encrypted_value": "not base64!"},
            {**good, "encrypted_value": "eA=="},
            {**good, "encrypted_value": wrong_key},
            sealed(key, "x" * (48 * 1024 + 1)),
            [],
        ]
        answers = [gh.put(f"{base}/API_KEY", json=body) for body in bodies]
        assert {answer.status_code for answer in answers} == {422}
        assert all(answer.json()["errors"][0]["code"] for answer in answers)
        assert gh.put(f"{base}/GITHUB_KEY", json=good).status_code == 422
        assert gh.put(f"{base}/1KEY", json=good).status_code == 422
        assert gh.put(f"{base}/API_KEY", content=b"{").status_code == 400
        assert scene.sandbox.names(repository) == []


def test_a_repository_holds_a_hundred_secrets(scene: Scene, repository: str) -> None:
    for number in range(100):
        scene.sandbox.edit_by_hand(repository, f"SECRET_{number}", "x")
    base = f"/repos/{repository}/actions/secrets"
    with scene.gh() as gh:
        body = sealed(gh.get(f"{base}/public-key"), "x")
        assert gh.put(f"{base}/ONE_MORE", json=body).status_code == 422
        assert gh.put(f"{base}/SECRET_1", json=body).status_code == 204


def test_a_proxys_request_line_with_the_whole_url_is_understood(scene: Scene, repository: str) -> None:
    parts = urlsplit(scene.url)
    path = f"http://api.github.localhost/repos/{repository}/actions/secrets/public-key"
    head = f"GET {path} HTTP/1.1\r\nHost: api.github.localhost\r\nAuthorization: token {scene.sandbox.token}\r\n"
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as line:
        line.sendall(f"{head}Connection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    head_bytes, _, body = answer.partition(b"\r\n\r\n")
    assert head_bytes.startswith(b"HTTP/1.1 200")
    assert set(json.loads(body)) == {"key_id", "key"}


def test_the_store_shows_no_value_in_its_repr(scene: Scene, repository: str) -> None:
    value = made_up.alpaca_secret()
    scene.sandbox.edit_by_hand(repository, "API_KEY", value)
    assert value not in repr(scene.sandbox._estate) + repr(scene.sandbox._estate.repositories[repository])
    assert scene.sandbox.token not in repr(scene.sandbox._estate)
