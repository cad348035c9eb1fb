"""Dependabot's and an organization's secrets are places of their own, and rekey never decides for whom a secret is."""

from __future__ import annotations

import pytest

from blocks.answer import Answer
from blocks.consumers.github.client import WRITE_CHECK, GithubClient
from blocks.consumers.github.place import Place
from blocks.errors import CatalogError, Missing, Refused, StepError, Unclear, Unreachable
from deployments.sandbox.faults import FaultKind
from tests.vendors.github.scene import KEY, SECRET, Scene, new_pair
from tests.vendors.silence import assert_silent

OWNER = "sharing"


@pytest.fixture
def organization(scene: Scene, repository: str) -> Place:
    """One that shares one half with all repositories, and the other with one."""
    scene.github.add_repository(f"{OWNER}/other")
    scene.github.add_organization_secret(OWNER, KEY, "before")
    scene.github.share(OWNER, SECRET, "before", f"{OWNER}/other", repository)
    return Place.of_organization(OWNER)


def for_whom(scene: Scene, name: str) -> tuple[str, list[int]]:
    _, visibility, selected = scene.github.shared(OWNER, name)
    return visibility, sorted(selected)


def test_dependabot_has_a_key_and_secrets_of_its_own(scene: Scene, client: GithubClient, repository: str) -> None:
    place, pair = Place.of_dependabot(repository), new_pair()

    assert client.can_write(place) is Answer.YES
    written = client.put_secrets(place, pair)

    assert client.updated_since(place, tuple(pair), written.at) is Answer.YES
    assert scene.github.reveal(repository, SECRET, dependabot=True) == pair[SECRET].get_secret_value()
    assert scene.github.names(repository) == []
    assert scene.github.names(repository, dependabot=True) == [KEY, SECRET]


def test_what_an_organization_shares_goes_to_the_same_repositories_as_before(
    scene: Scene, client: GithubClient, organization: Place
) -> None:
    pair = new_pair()
    before = [for_whom(scene, name) for name in pair]

    assert client.can_write(organization) is Answer.YES
    written = client.put_secrets(organization, pair)

    assert client.updated_since(organization, tuple(pair), written.at) is Answer.YES
    assert [scene.github.shared(OWNER, name)[0] for name in pair] == [one.get_secret_value() for one in pair.values()]
    assert [for_whom(scene, name) for name in pair] == before
    assert [len(selected) for _, selected in before] == [0, 2]
    assert scene.github.shared(OWNER, WRITE_CHECK)[0] is None
    assert written.created == ()


def test_a_secret_that_an_organization_has_not_is_made_for_nobody(
    scene: Scene, client: GithubClient, organization: Place
) -> None:
    with pytest.raises(StepError, match=r"has no organisation secret OTHER.*for whom a secret is") as told:
        client.put_secrets(organization, {**new_pair(), "OTHER": new_pair()[SECRET]})
    assert_silent(told.value)
    assert scene.github.shared(OWNER, KEY)[0] == "before"
    assert scene.github.shared(OWNER, "OTHER")[0] is None


@pytest.mark.parametrize(
    ("place", "permissions", "asked"),
    [
        (Place.of_dependabot("raxx/odd"), {"secrets": "write"}, "Dependabot secrets: read and write"),
        (Place.of_organization(OWNER), {"secrets": "write"}, "of the organisation"),
    ],
)
def test_a_token_that_may_write_elsewhere_only_is_told_what_it_lacks(
    scene: Scene, organization: Place, place: Place, permissions: dict[str, str | None], asked: str
) -> None:
    scene.github.add_repository("raxx/odd")
    assert organization
    with scene.client(scene.github.add_token(permissions)) as client, pytest.raises(Refused) as told:
        client.can_write(place)
    assert asked in told.value.remedy
    classic = scene.client(scene.github.add_token(classic=True))
    with classic, pytest.raises(Refused, match="needs the scope admin:org"):
        classic.can_write(organization)


def test_an_organization_that_is_none_or_cannot_be_one_is_told(client: GithubClient) -> None:
    with pytest.raises(Missing, match="nobody-here"):
        client.can_write(Place.of_organization("nobody-here"))
    with pytest.raises(CatalogError, match="is not an organisation"):
        Place.of_organization("a/b")


@pytest.mark.parametrize(
    ("kind", "error"),
    [(FaultKind.HTML, Unclear), (FaultKind.DROP_BEFORE, Unreachable), (FaultKind.ANSWER, Unclear)],
)
def test_without_a_clear_answer_for_whom_it_is_nothing_is_written(
    scene: Scene, client: GithubClient, organization: Place, kind: FaultKind, error: type[Exception]
) -> None:
    scene.fault(kind, method="GET", path=f".*/{SECRET}/repositories", status=200, body={"total_count": 2})
    with pytest.raises(error):
        client.put_secrets(organization, new_pair())
    assert scene.github.shared(OWNER, KEY)[0] == "before"


def test_a_list_of_repositories_that_does_not_end_is_none(
    scene: Scene, client: GithubClient, organization: Place
) -> None:
    body = {"total_count": 5, "repositories": [{"id": 1}]}
    scene.fault(FaultKind.ANSWER, method="GET", path=f".*/{SECRET}/repositories", status=200, body=body)
    last = {"total_count": 5, "repositories": []}
    scene.fault(FaultKind.ANSWER, method="GET", path=f".*/{SECRET}/repositories", status=200, body=last)
    with pytest.raises(Unclear, match="does not end"):
        client.put_secrets(organization, new_pair())
