"""Every fault becomes one error that holds no secret, and no proof."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.answer import Answer
from blocks.consumers.github.block import Github
from blocks.consumers.github.client import GithubClient
from blocks.consumers.github.place import Place
from blocks.errors import (
    RateLimited,
    Refused,
    Rejected,
    Unclear,
    Unreachable,
    VendorError,
)
from deployments.sandbox.faults import FaultKind
from tests.vendors.github.scene import KEY, SECRET, Scene, new_pair
from tests.vendors.silence import assert_silent

OPERATIONS: dict[str, Callable[[GithubClient, str], object]] = {
    "token_ends_at": lambda client, _: client.token_ends_at(),
    "can_write": lambda client, repository: client.can_write(Place.of(repository)),
    "secret_updated_at": lambda client, repository: client.secret_updated_at(Place.of(repository), KEY),
    "put_secrets": lambda client, repository: client.put_secrets(Place.of(repository), new_pair()),
}

FAULTS: list[tuple[dict[str, Any], type[VendorError], bool]] = [
    # Twice: a read that was refused once is asked again.
    ({"kind": FaultKind.ANSWER, "status": 401, "body": {"message": "Bad credentials"}, "times": 2}, Refused, False),
    ({"kind": FaultKind.ANSWER, "status": 403, "body": {"message": "Resource not accessible"}}, Refused, False),
    ({"kind": FaultKind.ANSWER, "status": 409, "body": {"message": "Conflict"}}, Rejected, False),
    ({"kind": FaultKind.RATE_LIMIT}, RateLimited, True),
    ({"kind": FaultKind.RATE_LIMIT, "retry_after_s": 7}, RateLimited, True),
    ({"kind": FaultKind.ANSWER, "status": 500}, Unclear, True),
    ({"kind": FaultKind.HTML, "status": 502}, Unclear, True),
    ({"kind": FaultKind.HTML, "status": 200}, Unclear, True),
    ({"kind": FaultKind.HTML, "status": 403}, Unclear, False),
    ({"kind": FaultKind.HTML, "status": 404}, Unclear, False),
    ({"kind": FaultKind.ANSWER, "status": 404, "body": "Not Found"}, Unclear, False),
    ({"kind": FaultKind.ANSWER, "status": 302, "body": {}}, Unclear, False),
    ({"kind": FaultKind.HANG}, Unreachable, True),
    ({"kind": FaultKind.DROP_BEFORE}, Unreachable, True),
    ({"kind": FaultKind.DROP_AFTER}, Unreachable, True),
]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_404_of_somebody_else_says_nothing_of_github(scene: Scene, repository: str, operation: str) -> None:
    """GitHub's own is a JSON object."""
    scene.github.edit_by_hand(repository, KEY, "known")
    scene.fault(FaultKind.ANSWER, status=404, body="Not Found")
    with scene.client() as client, pytest.raises(Unclear) as caught:
        OPERATIONS[operation](client, repository)
    assert not caught.value.transient
    assert_silent(caught.value)


@pytest.mark.parametrize(("fault", "kind", "transient"), FAULTS)
def test_a_fault_of_the_second_write_is_raised_as_what_it_is(
    scene: Scene,
    client: GithubClient,
    repository: str,
    fault: dict[str, Any],
    kind: type[VendorError],
    transient: bool,
) -> None:
    scene.fault(**fault, method="PUT", path=f".*/{SECRET}")
    pair = new_pair()
    moment = datetime.now(UTC)
    with scene.client_for(fault) as hasty, pytest.raises(VendorError) as caught:
        hasty.put_secrets(Place.of(repository), pair)
    assert type(caught.value) is kind
    assert caught.value.transient is transient
    assert SECRET in caught.value.operation
    assert_silent(caught.value)
    # A write was not asked again.
    scene.server.plan.clear()
    applied = fault["kind"] is FaultKind.DROP_AFTER
    assert client.updated_since(Place.of(repository), pair, moment) is (Answer.YES if applied else Answer.NO)
    client.put_secrets(Place.of(repository), pair)
    assert scene.github.reveal(repository, SECRET) == pair[SECRET].get_secret_value()


@pytest.mark.parametrize(("fault", "kind", "transient"), FAULTS)
def test_a_proof_without_a_clear_answer_is_unknown_or_an_error_and_never_yes_or_no(
    scene: Scene,
    client: GithubClient,
    repository: str,
    fault: dict[str, Any],
    kind: type[VendorError],
    transient: bool,
) -> None:
    moment = client.put_secrets(Place.of(repository), new_pair()).at
    scene.fault(**fault, path=f".*/{SECRET}")
    with scene.client_for(fault) as hasty:
        if kind in {Unclear, Unreachable}:
            assert hasty.updated_since(Place.of(repository), [KEY, SECRET], moment) is Answer.UNKNOWN
        else:
            with pytest.raises(kind) as caught:
                hasty.updated_since(Place.of(repository), [KEY, SECRET], moment)
            assert caught.value.transient is transient
    assert client.updated_since(Place.of(repository), [KEY, SECRET], moment) is Answer.YES


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"updated_at": None},
        {"updated_at": "yesterday"},
        {"updated_at": "2026-11-21T10:00:00"},
        {"key_id": 1, "key": "AAAA"},
        {"key_id": "1", "key": "AAAA"},
        {"key_id": "1", "key": "\u00e9"},
        {"key_id": "1"},
    ],
)
def test_an_answer_without_the_documented_fields_is_unclear(
    scene: Scene, client: GithubClient, repository: str, body: Any
) -> None:
    scene.fault(FaultKind.ANSWER, status=200, body=body, times=None)
    for operation in ("can_write", "secret_updated_at", "put_secrets"):
        with pytest.raises(Unclear) as caught:
            OPERATIONS[operation](client, repository)
        assert not caught.value.transient
        assert_silent(caught.value)
    assert client.updated_since(Place.of(repository), [KEY], datetime.now(UTC)) is Answer.UNKNOWN


def test_the_block_shows_no_token(scene: Scene) -> None:
    block = Github(token=SecretStr(scene.github.token))
    assert block.url == "https://api.github.com"
    assert scene.github.token not in repr(block) + str(block.model_dump())
    with block.get_client() as client:
        assert scene.github.token not in repr(vars(client)) + repr(vars(client._http))
