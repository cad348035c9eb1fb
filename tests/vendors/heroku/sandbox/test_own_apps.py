"""Apps that heroku3 makes, renames and destroys, and the tokens by which the CLI tells its own."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from deployments.sandbox.heroku.access import Scope
from tests.vendors.heroku.sandbox.scene import Scene


def test_heroku3_makes_an_app_renames_and_destroys_it(scene: Scene, heroku_by_key: Any) -> None:
    made = heroku_by_key.create_app(name="raxx-new", region_id_or_name="eu")
    assert (made.name, made.region.name, made.stack.name) == ("raxx-new", "eu", "heroku-24")
    assert (list(made.dynos()), list(made.process_formation())) == ([], [])
    assert [one.description for one in made.releases()] == ["Initial release"]
    made.config().update({"A": "1"})
    assert scene.heroku.variables("raxx-new") == {"A": "1"}
    # The one that is there, and no further one: heroku3 knows this by the text of the refusal.
    assert heroku_by_key.create_app(name="raxx-new").id == made.id

    made.rename("raxx-newer")

    assert scene.ask("/apps/raxx-new").status_code == 404
    assert scene.ask("/apps/raxx-newer").json()["id"] == made.id
    assert scene.ask("/apps/raxx-newer/config-vars").json() == {"A": "1"}
    heroku_by_key.app("raxx-newer").delete()
    assert [one.name for one in heroku_by_key.apps()] == ["raxx-api-prod"]
    with pytest.raises(requests.HTTPError):
        heroku_by_key.app("raxx-newer")


@pytest.mark.parametrize("name", ["Raxx", "raxx_new", "1raxx", "raxx-", "ab", "a" * 31, 1])
def test_a_name_that_cannot_be_is_refused_for_a_new_app_and_for_one_that_is_there(scene: Scene, name: Any) -> None:
    for path, method in (("/apps", "POST"), ("/apps/raxx-api-prod", "PATCH")):
        refused = scene.ask(path, method, json={"name": name})
        assert (refused.status_code, refused.json()["id"]) == (422, "invalid_params")
        assert refused.json()["message"].startswith("Name must start with a letter")
    assert list(scene.heroku.apps) == ["raxx-api-prod"]


def test_an_app_without_a_name_gets_one_and_what_is_not_sent_stays(scene: Scene) -> None:
    made = scene.ask("/apps", "POST", json={"stack": "heroku-22"}).json()
    assert (made["stack"]["name"], made["name"] in scene.heroku.apps) == ("heroku-22", True)
    path = f"/apps/{made['name']}"
    assert scene.ask(path, "PATCH", json={"maintenance": True}).json()["name"] == made["name"]
    changed = scene.ask(path, "PATCH", json={"build_stack": "heroku-24"}).json()
    assert (changed["maintenance"], changed["build_stack"]["name"]) == (True, "heroku-24")
    assert scene.ask(path, "PATCH", json={"name": "raxx-api-prod"}).json()["message"] == "Name is already taken"
    scopes: list[tuple[Scope, int]] = [("read-protected", 403), ("write", 200)]
    for scope, status in scopes:
        held = {"Authorization": f"Bearer {scene.heroku.add_token(scope)}"}
        assert scene.ask(path, "DELETE", headers=held).status_code == status


def test_the_cli_finds_its_own_authorization_by_what_is_shown_of_its_token(scene: Scene) -> None:
    """As heroku-cli-command 13.2 compares them when it logs out: before and behind ten asterisks."""
    made = scene.ask("/oauth/authorizations", "POST", json={"description": "CLI"}).json()
    token = made["access_token"]["token"]

    def is_own(shown: str) -> bool:
        before, asterisks, behind = shown.partition("*" * 10)
        return bool(asterisks) and token.startswith(before) and token.endswith(behind)

    listed = scene.ask("/oauth/authorizations").json()
    assert [one["id"] for one in listed if is_own(one["access_token"]["token"])] == [made["id"]]
    assert token not in scene.ask("/oauth/authorizations").text
    none = [("/oauth/sessions/~", "DELETE", "session"), ("/oauth/authorizations/~", "GET", "authorization")]
    for path, method, resource in none:
        answer = scene.ask(path, method)
        assert (answer.status_code, answer.json()["id"], answer.json()["resource"]) == (404, "not_found", resource)
    short = scene.heroku.access.add_known("HRKU-short")
    assert short not in scene.ask("/oauth/authorizations").text


def test_a_log_is_read_by_source_and_by_dyno(scene: Scene, heroku_by_key: Any) -> None:
    app = heroku_by_key.app("raxx-api-prod")
    sources = {asked: app.get_log(source=asked).splitlines() for asked in ("app", "heroku")}
    assert all(" app[" in line for line in sources["app"])
    assert all(" heroku[" in line for line in sources["heroku"])
    assert min(len(lines) for lines in sources.values()) > 0
    for asked in ({"dyno": "worker"}, {"dyno_name": "worker.1"}, {"type": "worker"}):
        session = scene.ask("/apps/raxx-api-prod/log-sessions", "POST", json=asked).json()
        lines = requests.get(session["logplex_url"], timeout=10).text.splitlines()
        assert lines
        assert all("[worker.1]" in line for line in lines)
