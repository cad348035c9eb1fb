"""OAuth clients whose secrets are rotated, collaborators and log drains, as heroku3 and the CLI handle them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
import requests

from deployments.sandbox import made_up
from tests.vendors.heroku.sandbox.scene import Scene

APP = "/apps/raxx-api-prod"


def test_an_oauth_client_gets_another_secret(scene: Scene, heroku_by_key: Any) -> None:
    asked = {"name": "raxx", "redirect_uri": "https://example.com/back"}
    made = scene.ask("/oauth/clients", "POST", json=asked).json()
    path = f"/oauth/clients/{made['id']}"

    rotated = scene.ask(f"{path}/actions/rotate-credentials", "POST").json()

    assert rotated["secret"] not in {"", made["secret"]}
    known = heroku_by_key.oauthclient(made["id"])
    assert (known.name, known.redirect_uri, known.secret) == (*asked.values(), rotated["secret"])
    assert [one.id for one in heroku_by_key.oauthclients()] == [made["id"]]
    assert scene.ask(path, "PATCH", json={"name": "other"}).json()["redirect_uri"] == asked["redirect_uri"]
    theirs = {"Authorization": f"Bearer {scene.heroku.add_token(email='somebody@example.com')}"}
    assert scene.ask(path, headers=theirs).json()["resource"] == "oauth_client"
    assert heroku_by_key.oauthclient_delete(made["id"])
    assert scene.ask(path).status_code == 404
    for body in ({}, {"name": "x"}, {"name": "x", "redirect_uri": 1}):
        assert scene.ask("/oauth/clients", "POST", json=body).status_code == 422
    small = {"Authorization": f"Bearer {scene.heroku.add_token('write-protected')}"}
    assert scene.ask("/oauth/clients", headers=small).status_code == 403


def test_heroku3_shares_an_app_and_stops_sharing_it(scene: Scene, heroku_by_key: Any) -> None:
    app, email = heroku_by_key.app("raxx-api-prod"), "colleague@example.com"
    app.add_collaborator(email, silent=True)
    assert [one.user.email for one in app.collaborators()] == ["operator@example.com", email]
    assert scene.ask(f"{APP}/collaborators/{email}").json()["role"] == "collaborator"
    for body in ({"user": email}, {"user": 1}, {}):
        assert scene.ask(f"{APP}/collaborators", "POST", json=body).status_code == 422
    app.remove_collaborator(email)
    assert len(app.collaborators()) == 1
    with pytest.raises(requests.HTTPError) as missing:
        app.remove_collaborator(email)
    assert missing.value.response.json()["resource"] == "collaborator"


@pytest.mark.parametrize("name", ["id", "url", "token"])
def test_a_drain_is_removed_by_each_of_its_names(scene: Scene, heroku_by_key: Any, name: str) -> None:
    app, url = heroku_by_key.app("raxx-api-prod"), f"https://user:{made_up.token('', 20)}@example.com/drain"
    app.create_logdrain(url)
    (shown,) = scene.ask(f"{APP}/log-drains").json()
    assert (shown["url"], shown["addon"], shown["token"][:2]) == (url, None, "d.")
    assert [one.id for one in app.logdrains()] == [shown["id"]]
    again = scene.ask(f"{APP}/log-drains", "POST", json={"url": url})
    assert (again.status_code, again.json()["message"]) == (422, "Url has already been taken")
    assert scene.ask(f"{APP}/log-drains", "POST", json={"url": "example.com"}).status_code == 422
    path = f"{APP}/log-drains/{quote(shown[name], safe='')}"
    assert scene.ask(path).json() == scene.ask(path, "DELETE").json() == shown
    assert scene.ask(path).json()["resource"] == "log_drain"
