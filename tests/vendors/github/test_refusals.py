"""Each refusal of GitHub says whose it is and what to do."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.responses import JSONResponse

from blocks.answer import Answer
from blocks.consumers.github.block import Github
from blocks.consumers.github.client import GithubClient
from blocks.consumers.github.place import Place
from blocks.errors import (
    CatalogError,
    Missing,
    RateLimited,
    Refused,
    Rejected,
)
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.server import SandboxServer
from tests.vendors.github.scene import KEY, Scene, new_pair
from tests.vendors.silence import assert_silent


def test_a_revoked_token_is_refused_and_the_remedy_names_the_block(scene: Scene, repository: str) -> None:
    token = scene.github.add_token({"secrets": "write"})
    scene.github.revoke_token(token)
    with scene.client(token) as client:
        for question in (lambda: client.can_write(Place.of(repository)), client.token_ends_at):
            with pytest.raises(Refused, match="GitHub block") as caught:
                question()
            assert caught.value.status == 401
            assert_silent(caught.value)


def test_an_archived_repository_is_said_to_be_archived_and_the_token_is_not_blamed(
    scene: Scene, client: GithubClient
) -> None:
    scene.github.add_repository("raxx/old", archived=True)
    with pytest.raises(Refused, match="raxx/old is archived") as caught:
        client.can_write(Place.of("raxx/old"))
    assert "Unarchive raxx/old" in caught.value.remedy
    assert "permission" not in str(caught.value)


def test_a_token_that_may_not_write_is_not_told_to_look_for_an_archived_repository(
    scene: Scene, repository: str
) -> None:
    with scene.client(scene.github.add_token({"secrets": "read"})) as client, pytest.raises(Refused) as caught:
        client.can_write(Place.of(repository))
    assert "archived" not in str(caught.value)


def test_single_sign_on_is_named_without_its_address(scene: Scene, client: GithubClient, repository: str) -> None:
    scene.github.knobs.sso_required = True
    with pytest.raises(Refused, match="single sign-on of raxx") as caught:
        client.can_write(Place.of(repository))
    assert "authorization_request" not in str(pickle.dumps(caught.value))


@pytest.mark.parametrize(
    ("policy", "fault", "remedy"),
    [
        ("lifetime", "does not take tokens that live so long", "with a shorter lifetime"),
        ("classic", "does not take classic tokens", "Make a fine-grained token"),
        ("ip", "IP allow list", "The token is not what is wrong"),
    ],
)
def test_each_policy_of_an_organisation_has_a_remedy_of_its_own(
    scene: Scene, client: GithubClient, repository: str, policy: str, fault: str, remedy: str
) -> None:
    scene.github.knobs.policy = policy
    with pytest.raises(Refused) as caught:
        client.can_write(Place.of(repository))
    assert fault in caught.value.fault
    assert remedy in caught.value.remedy
    assert "permission" not in caught.value.remedy
    assert "settings/personal-access-tokens" not in str(pickle.dumps(caught.value))


def test_a_repository_that_was_renamed_is_told_with_its_new_name_and_never_followed(
    scene: Scene, client: GithubClient, repository: str
) -> None:
    renamed = f"{repository}-new"
    scene.github.rename_repository(repository, renamed)
    for question in (
        lambda: client.can_write(Place.of(repository)),
        lambda: client.put_secrets(Place.of(repository), new_pair()),
        lambda: client.secret_updated_at(Place.of(repository), KEY),
    ):
        with pytest.raises(Rejected, match=f"{repository} was renamed or transferred to {renamed}") as caught:
            question()
        assert f"Correct repository in the catalog to {renamed}" in caught.value.remedy
        assert not caught.value.transient
    assert scene.github.names(renamed) == []


def test_a_write_to_a_repository_that_was_renamed_meanwhile_is_not_followed_either(
    scene: Scene, client: GithubClient, repository: str
) -> None:
    class Meanwhile(Fault):
        def strike(self) -> None:
            scene.github.rename_repository(repository, f"{repository}-new")

    scene.server.plan.add(Meanwhile("github", FaultKind.SLOW, "PUT", seconds=0.0))
    with pytest.raises(Rejected, match="was renamed or transferred to") as caught:
        client.put_secrets(Place.of(repository), new_pair())
    assert caught.value.status == 307
    assert scene.github.names(f"{repository}-new") == []


@pytest.mark.parametrize("location", ["https://elsewhere.example.com/repositories/7", "/login", ""])
def test_a_redirect_to_anywhere_else_is_not_asked_and_names_nobody(location: str) -> None:
    answer = JSONResponse({"message": "Moved Permanently"}, 301, {"Location": location})
    server = SandboxServer({"github": answer})
    server.start()
    try:
        with (
            Github(url=server.url("github"), token=SecretStr("made up")).get_client() as client,
            pytest.raises(Rejected, match="was renamed or transferred to another name"),
        ):
            client.can_write(Place.of("raxx/raxx"))
    finally:
        server.stop()
    assert len(server.journal.entries) == 1


def test_an_unknown_repository_or_environment_is_missing(client: GithubClient, repository: str) -> None:
    for place in (("raxx/none", None), (repository, "none")):
        with pytest.raises(Missing, match=r"Compare .* in the catalog"):
            client.can_write(Place.of(*place))


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize(
    ("knobs", "least", "most"),
    [
        ({"retry_after_s": 7}, 7, 7),
        ({"rate_limit_in_message_only": True}, 60, 60),
        ({}, 1, 3601),
        ({"retry_after_s": 7, "rate_limit_message": "Slow down"}, 7, 7),
        ({"rate_limit_message": "Slow down"}, 1, 3601),
    ],
)
def test_a_rate_limit_is_told_from_a_refusal_and_says_how_long_to_wait(
    scene: Scene,
    client: GithubClient,
    repository: str,
    status: int,
    knobs: dict[str, Any],
    least: int,
    most: int,
) -> None:
    scene.github.knobs.rate_limited, scene.github.knobs.rate_limit_status = True, status
    for name, value in knobs.items():
        setattr(scene.github.knobs, name, value)
    with pytest.raises(RateLimited) as caught:
        client.put_secrets(Place.of(repository), new_pair())
    assert caught.value.transient
    assert caught.value.retry_after_s is not None
    assert least <= caught.value.retry_after_s <= most
    assert_silent(caught.value)


@pytest.mark.parametrize("name", ["", "raxx", "raxx/", "/raxx", "raxx/..", "raxx/a/b", "raxx/a?b", "raxx/a b", "../a"])
def test_a_repository_that_is_none_is_never_asked_for(scene: Scene, client: GithubClient, name: str) -> None:
    before = len(scene.server.journal.entries)
    with pytest.raises(CatalogError):
        client.put_secrets(Place.of(name), new_pair())
    assert len(scene.server.journal.entries) == before


@pytest.mark.parametrize("environment", ["", ".", "..", " "])
def test_an_environment_that_is_none_is_never_asked_for(
    client: GithubClient, repository: str, environment: str
) -> None:
    with pytest.raises(CatalogError):
        client.can_write(Place.of(repository, environment))


def test_an_enterprise_server_is_reached_under_its_prefix_with_its_version(scene: Scene, repository: str) -> None:
    with scene.client(prefix="/api/v3", api_version="2022-11-28") as client:
        assert client.can_write(Place.of(repository)) is Answer.YES
        assert (
            client.updated_since(Place.of(repository), [KEY], client.put_secrets(Place.of(repository), new_pair()).at)
            is Answer.YES
        )


def test_an_api_version_that_the_server_does_not_know_is_rejected_with_what_to_do(
    scene: Scene, repository: str
) -> None:
    with scene.client(api_version="2031-01-01") as client, pytest.raises(Rejected, match="API version") as caught:
        client.can_write(Place.of(repository))
    assert caught.value.status == 400
