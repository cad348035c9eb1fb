"""What the heroku CLI and heroku3 ask the simulated Heroku for beside config vars, releases and remedies."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from deployments.sandbox.heroku.apps import SandboxApp
from tests import heroku_cli
from tests.vendors.heroku.scene import Scene


def ask(scene: Scene, method: str, path: str, json: Any = None, token: str | None = None) -> httpx.Response:
    return heroku_cli.ask(scene.server.url("heroku"), token or scene.heroku.token, method, path, json)


def test_an_authorization_is_listed_without_its_token_regenerated_and_revoked(scene: Scene) -> None:
    made = ask(scene, "POST", "/oauth/authorizations", {"scope": ["global"], "description": "rekey"}).json()
    path, first = f"/oauth/authorizations/{made['id']}", made["access_token"]["token"]
    listed = [one for one in ask(scene, "GET", "/oauth/authorizations").json() if one["id"] == made["id"]]
    # Redacted, as the CLI's own code expects it since May 2026 (heroku-cli-command 352).
    redacted = f"{first[:9]}{'*' * 10}{first[-4:]}"
    assert [(one["description"], one["access_token"]["token"]) for one in listed] == [("rekey", redacted)]
    second = ask(scene, "POST", f"{path}/actions/regenerate-tokens").json()["access_token"]["token"]
    assert [ask(scene, "GET", "/account", token=one).status_code for one in (first, second)] == [401, 200]
    assert ask(scene, "DELETE", path, token=second).status_code == 200
    assert ask(scene, "GET", "/account", token=second).status_code == 401
    assert ask(scene, "GET", path).status_code == 404
    other = scene.heroku.add_token(email="somebody@example.com")
    theirs = ask(scene, "GET", "/oauth/authorizations", token=other).json()
    assert {one["user"]["email"] for one in theirs} == {"somebody@example.com"}
    writes = scene.heroku.add_token("write-protected")
    assert ask(scene, "GET", "/oauth/authorizations", token=writes).status_code == 403


def test_apps_info_finds_every_list_that_it_asks_for(scene: Scene, app: SandboxApp) -> None:
    base = f"/apps/{app.name}"
    for kind in ("addons", "builds", "log-drains"):
        assert ask(scene, "GET", f"{base}/{kind}").json() == []
    # Every app has Heroku's own.
    assert [one["kind"] for one in ask(scene, "GET", f"{base}/domains").json()] == ["heroku"]
    assert ask(scene, "GET", f"{base}/collaborators").json()[0]["role"] == "owner"
    assert ask(scene, "GET", f"{base}/pipeline-couplings").json()["resource"] == "pipeline_coupling"
    assert app.name in [one["name"] for one in ask(scene, "GET", "/users/~/apps").json()]
    assert ask(scene, "GET", "/apps/none/addons").status_code == 404
    assert ask(scene, "GET", f"{base}/").status_code == 404


def test_one_dyno_one_process_type_and_a_one_off_that_is_run(scene: Scene, app: SandboxApp) -> None:
    base = f"/apps/{app.name}"
    assert ask(scene, "GET", f"{base}/dynos/web.1").json()["state"] == "up"
    assert ask(scene, "GET", f"{base}/formation/web").json()["quantity"] == 1
    run = ask(scene, "POST", f"{base}/dynos", {"command": "bash", "attach": False})
    assert (run.status_code, run.json()["type"], run.json()["command"]) == (201, "run", "bash")
    assert ask(scene, "DELETE", f"{base}/dynos/{run.json()['name']}").status_code == 202
    missing = [ask(scene, "GET", f"{base}/{one}").status_code for one in ("dynos/web.9", "formation/worker")]
    assert (missing, ask(scene, "POST", f"{base}/dynos", {}).status_code) == ([404, 404], 422)


def test_preboot_is_switched_on_by_its_name(scene: Scene, app: SandboxApp) -> None:
    path = f"/apps/{app.name}/features/preboot"
    assert ask(scene, "PATCH", path, {"enabled": True}).json()["enabled"] is True
    assert app.preboot
    assert ask(scene, "PATCH", path, {"enabled": "yes"}).status_code == 422
    assert ask(scene, "PATCH", f"/apps/{app.name}/features/other", {"enabled": True}).status_code == 404


@pytest.mark.parametrize(
    "accept", ["application/vnd.heroku+json;version=3", "Application/vnd.Heroku+json; version=3.x"]
)
def test_the_version_may_be_written_in_other_ways(scene: Scene, accept: str) -> None:
    headers = {"Accept": accept, "Authorization": f"Bearer {scene.heroku.token}"}
    answer = httpx.get(f"{scene.server.url('heroku')}/account", headers=headers, trust_env=False)
    assert answer.status_code == 200
