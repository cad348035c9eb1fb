"""Write access is proved by a secret of rekey's own that does not stay."""

from __future__ import annotations

import pytest

from blocks.answer import Answer
from blocks.consumers.github.client import WRITE_CHECK, GithubClient
from blocks.consumers.github.place import Place
from blocks.errors import (
    Missing,
    Refused,
    Unclear,
    Unreachable,
)
from deployments.sandbox.faults import FaultKind
from tests.vendors.github.scene import Scene, new_pair
from tests.vendors.silence import assert_silent


@pytest.mark.parametrize("environment", [None, "prod/eu"])
def test_write_access_is_proved_and_leaves_nothing_behind(
    scene: Scene, client: GithubClient, repository: str, environment: str | None
) -> None:
    assert client.can_write(Place.of(repository, environment)) is Answer.YES
    assert scene.github.names(repository, environment) == []
    seen = scene.requests(repository, 3)
    assert seen == [("GET", "public-key"), ("PUT", WRITE_CHECK), ("DELETE", WRITE_CHECK)]


def test_a_write_check_that_was_left_over_is_cleaned_up(scene: Scene, client: GithubClient, repository: str) -> None:
    scene.github.edit_by_hand(repository, WRITE_CHECK, "left over")
    assert client.can_write(Place.of(repository)) is Answer.YES
    assert scene.github.names(repository) == []


def test_a_write_check_whose_answer_was_lost_is_deleted_all_the_same(
    scene: Scene, client: GithubClient, repository: str
) -> None:
    scene.fault(FaultKind.DROP_AFTER, method="PUT")
    with pytest.raises(Unreachable) as caught:
        client.can_write(Place.of(repository))
    assert caught.value.operation.startswith("write ")
    assert scene.github.names(repository) == []


def test_a_write_check_that_cannot_be_deleted_is_no_proof(scene: Scene, client: GithubClient, repository: str) -> None:
    scene.fault(FaultKind.DROP_BEFORE, method="DELETE")
    with pytest.raises(Unreachable):
        client.can_write(Place.of(repository))
    assert client.can_write(Place.of(repository)) is Answer.YES
    assert scene.github.names(repository) == []


def test_a_check_deleted_by_somebody_else_meanwhile_is_still_a_proof(
    scene: Scene, client: GithubClient, repository: str
) -> None:
    scene.fault(FaultKind.ANSWER, method="DELETE", status=404, body={"message": "Not Found"})
    assert client.can_write(Place.of(repository)) is Answer.YES


def test_a_success_that_is_no_receipt_of_githubs_is_unknown(
    scene: Scene, client: GithubClient, repository: str
) -> None:
    scene.fault(FaultKind.ANSWER, method="PUT", status=200, body={}, times=None)
    assert client.can_write(Place.of(repository)) is Answer.UNKNOWN
    with pytest.raises(Unclear, match="no receipt"):
        client.put_secrets(Place.of(repository), new_pair())


@pytest.mark.parametrize(
    ("granted", "environment", "named"),
    [
        ({"secrets": "read"}, None, '"Secrets: read and write".*GitHub asks for secrets=write'),
        ({}, None, '"Secrets: read and write".*GitHub asks for secrets=read'),
        ({"secrets": "write"}, "prod/eu", '"Environments: read and write".*GitHub asks for environments=read'),
        ({"environments": "read"}, "prod/eu", '"Environments: read and write".*GitHub asks for environments=write'),
    ],
)
def test_a_token_that_may_not_write_is_refused_with_the_permission_and_the_repository(
    scene: Scene, repository: str, granted: dict[str, str | None], environment: str | None, named: str
) -> None:
    with scene.client(scene.github.add_token(granted)) as client, pytest.raises(Refused, match=named) as caught:
        client.can_write(Place.of(repository, environment))
    assert caught.value.status == 403
    assert caught.value.request_id
    assert repository in caught.value.remedy
    assert_silent(caught.value)


def test_a_classic_token_needs_the_scope_repo(scene: Scene, repository: str) -> None:
    with scene.client(scene.github.add_token(classic=True)) as client:
        assert client.can_write(Place.of(repository)) is Answer.YES
    with (
        scene.client(scene.github.add_token(classic=True, scopes=("gist",))) as client,
        pytest.raises(Missing, match="scope repo"),
    ):
        client.can_write(Place.of(repository))
    scene.github.add_repository(public := f"{repository}-public", private=False)
    with (
        scene.client(scene.github.add_token(classic=True, scopes=("gist",))) as client,
        pytest.raises(Refused, match="scope repo"),
    ):
        client.can_write(Place.of(public))
