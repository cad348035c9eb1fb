"""Add-ons that bring config vars of their own, buildpacks, and apps that are handed over."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vendors.heroku.sandbox.scene import Scene

APP = "/apps/raxx-api-prod"


def test_an_add_on_brings_a_variable_in_a_release_of_its_own_and_takes_it_away(
    scene: Scene, heroku_by_key: Any
) -> None:
    app = heroku_by_key.app("raxx-api-prod")
    made = app.install_addon(plan_id_or_name="heroku-postgresql:mini")
    row = scene.ask(f"{APP}/addons").json()[0]
    assert (row["plan"]["name"], row["state"]) == ("heroku-postgresql:mini", "provisioned")
    assert row["addon_service"]["name"] == "heroku-postgresql"
    (name,) = row["config_vars"]
    assert (name, made.id) == ("DATABASE_URL", row["id"])
    assert scene.ask(f"{APP}/config-vars").json()[name]
    newest = scene.ask(f"{APP}/releases").json()[-1]
    assert (newest["version"], newest["description"]) == (2, f"Attach DATABASE (@ref:{row['name']})")
    for path in (f"{APP}/addons/{row['name']}", f"/addons/{row['id']}", f"/addons/{row['name']}"):
        assert scene.ask(path).json() == row
    assert [one["id"] for one in scene.ask("/addons").json()] == [row["id"]]
    config = scene.ask(f"/addons/{row['id']}/config").json()
    assert [one["name"] for one in config] == ["url"]
    attached = scene.ask(f"{APP}/addon-attachments").json()
    assert [one["name"] for one in attached] == ["DATABASE"]
    scene.ask(f"{APP}/addons/{row['id']}", "DELETE")
    assert name not in scene.ask(f"{APP}/config-vars").json()
    assert scene.ask(f"{APP}/releases").json()[-1]["description"] == f"Detach DATABASE (@ref:{row['name']})"
    assert scene.ask(f"{APP}/addons/{row['id']}").json()["resource"] == "addon"


@pytest.mark.parametrize("body", [{}, {"plan": 1}, {"plan": ""}])
def test_an_add_on_has_a_plan(scene: Scene, body: dict[str, Any]) -> None:
    refused = scene.ask(f"{APP}/addons", "POST", json=body)
    assert (refused.status_code, refused.json()["id"]) == (422, "invalid_params")
    assert len(scene.app.releases) == 1


def test_heroku3_says_which_buildpacks_an_app_has(scene: Scene, heroku_by_key: Any) -> None:
    app, url = heroku_by_key.app("raxx-api-prod"), "https://github.com/heroku/heroku-buildpack-python"
    app.update_buildpacks([url, "heroku/nodejs"])
    rows = scene.ask(f"{APP}/buildpack-installations").json()
    assert [(one["ordinal"], one["buildpack"]["name"], one["buildpack"]["url"]) for one in rows] == [
        (0, url, url),
        (1, "heroku/nodejs", "urn:buildpack:heroku/nodejs"),
    ]
    refused = scene.ask(f"{APP}/buildpack-installations", "PUT", json={"updates": [{}]})
    assert (refused.status_code, scene.ask(f"{APP}/buildpack-installations").json()) == (422, rows)


def test_an_app_is_handed_over(scene: Scene) -> None:
    asked = {"app": "raxx-api-prod", "recipient": "colleague@example.com"}
    made = scene.ask("/account/app-transfers", "POST", json=asked)
    row = made.json()
    assert (made.status_code, row["state"], row["recipient"]["email"]) == (201, "pending", asked["recipient"])
    assert scene.ask("/account/app-transfers").json() == [row]
    theirs = {"Authorization": f"Bearer {scene.heroku.add_token(email=asked['recipient'])}"}
    one = f"/account/app-transfers/{row['id']}"
    assert scene.ask(one, headers=theirs).json() == row
    accepted = scene.ask(one, "PATCH", json={"state": "accepted"}, headers=theirs)
    assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted")
    assert scene.ask(APP).json()["owner"]["email"] == asked["recipient"]
    assert scene.ask(one, "PATCH", json={"state": "perhaps"}, headers=theirs).status_code == 422
    again = scene.ask("/account/app-transfers", "POST", json=asked).json()
    assert scene.ask(f"/account/app-transfers/{again['id']}", "DELETE").json()["id"] == again["id"]
    assert scene.ask("/account/app-transfers/none").json()["resource"] == "app_transfer"


def test_what_an_add_on_brings_is_not_set_by_hand(scene: Scene, heroku_by_key: Any) -> None:
    """Public reports; with it goes everything else of that change."""
    heroku_by_key.app("raxx-api-prod").install_addon(plan_id_or_name="heroku-postgresql:mini")
    (row,) = scene.ask(f"{APP}/addons").json()
    before = scene.ask(f"{APP}/config-vars").json()
    for value, message in (
        ("other", "Cannot overwrite attachment values DATABASE_URL."),
        (None, f"Cannot destroy last attachment to billing app for addon {row['name']}."),
    ):
        refused = scene.ask(f"{APP}/config-vars", "PATCH", json={"DATABASE_URL": value, "A": "2"})
        assert (refused.status_code, refused.json()["id"]) == (422, "invalid_params")
        assert refused.json()["message"] == message
    assert scene.ask(f"{APP}/config-vars").json() == before
    assert len(scene.app.releases) == 2
    assert scene.ask(f"{APP}/config-vars", "PATCH", json={**before, "A": "2"}).json()["A"] == "2"
    # A rollback does not take an add-on away.
    assert scene.ask(f"{APP}/releases", "POST", json={"release": "1"}).status_code == 201
    assert scene.ask(f"{APP}/config-vars").json() == before
    scene.ask(f"{APP}/addons/{row['id']}", "DELETE")
    assert scene.ask(f"{APP}/config-vars", "PATCH", json={"DATABASE_URL": "mine"}).json()["DATABASE_URL"] == "mine"
