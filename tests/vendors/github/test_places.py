"""A secret's name is found wherever GitHub has it, and what may not be listed is said."""

from __future__ import annotations

import pytest

from blocks.consumers.github.client import GithubClient
from blocks.consumers.github.places import MOST_ENVIRONMENTS, Held
from blocks.errors import Unclear
from deployments.sandbox.faults import FaultKind
from deployments.sandbox.github.store import Variable
from tests.vendors.github.scene import KEY, SECRET, Scene

OWNERS = ("repository", "organisation")


def test_every_place_that_has_the_name_is_found(scene: Scene, client: GithubClient, repository: str) -> None:
    scene.github.edit_by_hand(repository, KEY, "one")
    scene.github.edit_by_hand(repository, SECRET, "one")
    scene.github.edit_by_hand(repository, KEY, "two", "prod/eu")
    scene.github.edit_by_hand(repository, KEY, "three", dependabot=True)
    scene.github.edit_by_hand(repository, KEY, "four", codespaces=True)
    scene.github.edit_by_hand(repository, "ANOTHER", "five", codespaces=True)
    scene.github.add_organization_secret("raxx", SECRET, "six")

    found = client.places.holding(repository, (KEY, SECRET))

    assert found.unlisted == ()
    assert found.held == (
        Held("the repository", (KEY, SECRET)),
        Held("the organisation", (SECRET,)),
        Held("Dependabot", (KEY,)),
        Held("Codespaces", (KEY,)),
        Held("environment prod/eu", (KEY,)),
    )


def test_a_name_on_the_second_page_is_found(scene: Scene, client: GithubClient, repository: str) -> None:
    for number in range(120):
        scene.github.edit_by_hand(repository, f"A_{number}", "x", dependabot=True)
    scene.github.edit_by_hand(repository, SECRET, "x", dependabot=True)
    assert Held("Dependabot", (SECRET,)) in client.places.holding(repository, (SECRET,)).held


def test_of_very_many_environments_some_are_looked_at_and_the_others_are_said(
    scene: Scene, client: GithubClient, repository: str
) -> None:
    for number in range(60):
        scene.github.add_environment(repository, f"e-{number:02}")
        scene.github.edit_by_hand(repository, KEY, "one", f"e-{number:02}")

    found = client.places.holding(repository, (KEY,))

    # The repository has one more, prod/eu, without any secret.
    assert len([one for one in found.held if one.place.startswith("environment ")]) == MOST_ENVIRONMENTS - 1
    assert found.unlisted == ("11 more environments (there are more than 50)",)


def test_what_the_token_may_not_list_is_said(scene: Scene, repository: str) -> None:
    scene.github.edit_by_hand(repository, KEY, "one")
    with scene.client(scene.github.add_token({"secrets": "write"})) as client:
        found = client.places.holding(repository, (KEY,))
    assert found.held[0] == Held("the repository", (KEY,))
    refused = "the token is not allowed to do this"
    skipped = ["the environments", "Dependabot", "Codespaces", *(f"variables of the {one}" for one in OWNERS)]
    assert found.unlisted == tuple(f"{one} ({refused})" for one in skipped)


def test_variables_of_these_names_are_found_wherever_they_are(
    scene: Scene, client: GithubClient, repository: str
) -> None:
    found, one = scene.github.repository(repository), Variable("x", 0.0, 0.0)
    found.variables |= {f"A_{number:03}": one for number in range(120)} | {SECRET: one}
    found.environment_variables["prod/eu"] = {KEY: one, "ANOTHER": one}
    scene.github._estate.shared_variables("raxx")[KEY] = one

    assert client.places.holding(repository, (KEY, SECRET)).variables == (
        Held("the repository", (SECRET,)),
        Held("the organisation", (KEY,)),
        Held("environment prod/eu", (KEY,)),
    )


@pytest.mark.parametrize("path", ["environments", "dependabot/secrets", "actions/variables"])
def test_a_place_that_does_not_answer_is_not_taken_for_one_that_may_not_be_listed(
    scene: Scene, client: GithubClient, repository: str, path: str
) -> None:
    scene.fault(FaultKind.ANSWER, path=f".*/{path}", status=502)
    with pytest.raises(Unclear):
        client.places.holding(repository, (KEY,))
