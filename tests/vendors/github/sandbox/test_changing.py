"""Repositories that clients rename, archive and describe."""

from __future__ import annotations

import httpx
import pytest

from tests.vendors.github.sandbox.scene import Scene


def test_pygithub_renames_a_repository_and_is_led_there_from_its_former_name(scene: Scene, repository: str) -> None:
    name = f"{repository.partition('/')[2]}-renamed"
    scene.sandbox.edit_by_hand(repository, "KEY", "x")
    with scene.pygithub() as client, scene.gh() as gh:
        found = client.get_repo(repository)
        number = found.id
        found.edit(name=name, description="keys")
        assert (found.full_name, found.description, found.id) == (f"raxx/{name}", "keys", number)
        moved = gh.get(f"/repos/{repository}/actions/secrets")
        assert (moved.status_code, str(number) in moved.headers["location"]) == (301, True)
        assert gh.get(moved.headers["location"]).json()["secrets"][0]["name"] == "KEY"
        assert client.get_repo(repository).full_name == f"raxx/{name}"
        for wrong in ("a b", "", 1):
            assert gh.patch(f"/repos/raxx/{name}", json={"name": wrong}).status_code == 422


def test_pygithub_archives_a_repository_which_can_be_changed_no_more(scene: Scene, repository: str) -> None:
    with scene.pygithub() as client, scene.gh() as gh:
        found = client.get_repo(repository)
        found.replace_topics(["Trading", "keys"])
        assert found.get_topics() == client.get_repo(repository).topics == ["trading", "keys"]
        assert gh.put(f"/repos/{repository}/topics", json={"names": ["no topic"]}).status_code == 422
        found.edit(archived=True)
        assert client.get_repo(repository).archived
        assert gh.patch(f"/repos/{repository}", json={"description": "x"}).status_code == 403
        assert gh.patch(f"/repos/{repository}", json={"archived": False}).json()["archived"] is False


@pytest.mark.parametrize("body", [{"private": False}, {"visibility": "public"}])
def test_a_repository_is_made_public(scene: Scene, repository: str, body: dict[str, object]) -> None:
    url = f"{scene.url}/repos/{repository}"
    assert httpx.get(url, trust_env=False).status_code == 404
    with scene.gh() as gh:
        assert gh.patch(f"/repos/{repository}", json=body).json()["visibility"] == "public"
    assert httpx.get(url, trust_env=False).status_code == 200
    with scene.gh(scene.sandbox.add_token({"secrets": "write"})) as gh:
        assert gh.patch(f"/repos/{repository}", json=body).status_code == 403


def test_a_name_that_another_one_has_is_refused(scene: Scene, repository: str) -> None:
    scene.sandbox.add_repository(f"{repository}-other")
    with scene.gh() as gh:
        taken = gh.patch(f"/repos/{repository}", json={"name": f"{repository.partition('/')[2]}-other"})
    assert taken.status_code == 422
    assert taken.json()["errors"][0]["message"] == "name already exists on this account"
