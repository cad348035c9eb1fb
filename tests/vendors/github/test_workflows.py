"""A workflow that does not start says why: it is disabled, none for starting by hand, or the token may start none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from blocks.consumers.github.client import GithubClient
from blocks.errors import Missing, Refused, Rejected
from deployments.sandbox.github.store import Repository
from tests.vendors.github.scene import KEY, SECRET, Scene
from tests.vendors.silence import assert_silent

WORKFLOW = "rekey-attestation.yml"


@pytest.fixture
def repository(scene: Scene, repository: str) -> str:
    scene.github.add_attestation(repository, WORKFLOW, (KEY, SECRET))
    return repository


def disabled(found: Repository) -> None:
    found.disabled.add(WORKFLOW)


def by_schedule_only(found: Repository) -> None:
    found.without_dispatch.add(WORKFLOW)


@pytest.mark.parametrize(
    ("happens", "inputs", "fault", "remedy"),
    [
        (disabled, {"nonce": "n"}, "that workflow is disabled", "Enable it (the repository's Actions page"),
        (by_schedule_only, {"nonce": "n"}, "has no workflow_dispatch", "as docs/rekey-attestation.yml"),
        (lambda _: None, {"other": "n"}, "does not take the input", "as docs/rekey-attestation.yml"),
        (lambda _: None, {}, "does not take the input", "as docs/rekey-attestation.yml"),
    ],
)
def test_a_workflow_that_does_not_start_says_what_to_do_about_it_and_nothing_of_secrets(
    scene: Scene,
    client: GithubClient,
    repository: str,
    happens: Callable[[Repository], None],
    inputs: dict[str, str],
    fault: str,
    remedy: str,
) -> None:
    happens(scene.github.repository(repository))

    with pytest.raises(Rejected, match=f"start {WORKFLOW} of {repository} failed: .*{fault}") as caught:
        client.actions.dispatch(repository, WORKFLOW, inputs)

    assert remedy in caught.value.remedy
    assert "sealing key" not in caught.value.remedy
    assert_silent(caught.value)


def test_a_token_that_may_write_secrets_and_start_nothing_lacks_the_permission_for_actions(
    scene: Scene, repository: str
) -> None:
    token = scene.github.add_token({"secrets": "write"})
    with scene.client(token) as client, pytest.raises(Refused) as caught:
        client.actions.dispatch(repository, WORKFLOW, {"nonce": "n"})
    assert 'the permission "Actions: read and write"' in caught.value.remedy
    assert "Secrets" not in caught.value.remedy


def test_a_workflow_that_is_not_there_is_looked_for_with_the_permission_for_actions(
    client: GithubClient, repository: str
) -> None:
    with pytest.raises(Missing, match=r"start none\.yml") as caught:
        client.actions.dispatch(repository, "none.yml", {"nonce": "n"})
    assert '"Actions: read and write"' in caught.value.remedy
