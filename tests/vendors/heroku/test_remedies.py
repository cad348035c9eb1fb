"""What rekey's remedies name can be rehearsed: the routes behind the CLI's commands do what these do at Heroku."""

from __future__ import annotations

from typing import Any

import heroku3
import heroku3.api
import httpx
import pytest
from pydantic import SecretStr

from blocks.answer import Answer
from deployments.sandbox import made_up
from deployments.sandbox.heroku.apps import SandboxApp
from tests import heroku_cli
from tests.vendors.heroku.scene import KEY, SECRET, Scene, clear, new_pair


@pytest.fixture
def as_heroku3(scene: Scene, app: SandboxApp, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The app as heroku3 reads it; only the host is another."""
    monkeypatch.setattr(heroku3.api, "HEROKU_URL", scene.server.url("heroku"))
    return heroku3.from_key(scene.heroku.token).app(app.name)


def ask(scene: Scene, method: str, path: str, json: Any = None, token: str | None = None) -> httpx.Response:
    return heroku_cli.ask(scene.server.url("heroku"), token or scene.heroku.token, method, path, json)


def serving(scene: Scene, app: SandboxApp) -> dict[str, str]:
    return scene.heroku.serving(app.name) or {}


def test_logs_say_what_became_of_releases_and_dynos_and_hold_no_value(app: SandboxApp, as_heroku3: Any) -> None:
    app.knobs.crash_on_boot = True
    pair = clear(new_pair())
    app.change(pair, "somebody@example.com")

    said = as_heroku3.get_log()

    assert "app[api]: Release v2 created by user somebody@example.com" in said
    assert "heroku[web.1]: Process exited with status 1" in said
    assert not [value for value in [*pair.values(), *made_up.issued] if value in said]
    assert len(as_heroku3.get_log(lines=1).splitlines()) == 1
    assert "app[api]" not in as_heroku3.get_log(dyno="web.1")


def test_the_cli_reads_logs_as_events_and_a_session_that_was_never_opened_is_not_found(
    scene: Scene, app: SandboxApp
) -> None:
    opened = ask(scene, "POST", f"/apps/{app.name}/log-sessions", {"tail": False, "lines": 100})
    assert opened.status_code == 201
    address = opened.json()["logplex_url"]
    events = httpx.get(address, headers={"Accept": "text/event-stream"}, trust_env=False)
    assert events.headers["Content-Type"].startswith("text/event-stream")
    assert "id: 1\ndata: " in events.text
    assert httpx.get(f"{address}x", trust_env=False).status_code == 404


def test_a_release_that_failed_is_retried_with_the_values_that_were_set(scene: Scene, app: SandboxApp) -> None:
    app.knobs.release_phase_fails = True
    pair = clear(new_pair())
    app.change(pair, "rekey@example.com")
    failed = ask(scene, "GET", f"/apps/{app.name}/releases/2").json()
    output = httpx.get(failed["output_stream_url"], trust_env=False).text
    assert output.splitlines() == ["Running the release command", "The release command ended with status 1"]

    url = scene.server.url("heroku")
    again = heroku_cli.releases_retry(url, scene.heroku.token, app.name)
    assert (again["version"], again["status"]) == (3, "failed")
    app.knobs.release_phase_fails = False
    mended = heroku_cli.releases_retry(url, scene.heroku.token, app.name)

    assert (mended["version"], mended["status"], mended["current"]) == (4, "succeeded", True)
    assert mended["description"].startswith("Retry of v3: Retry of v2: Set ")
    assert {name: serving(scene, app)[name] for name in (KEY, SECRET)} == pair
    with scene.client() as client:
        assert client.running(app.name, 4) is Answer.YES


def test_without_a_release_command_there_is_nothing_to_retry(scene: Scene, app: SandboxApp) -> None:
    with pytest.raises(AssertionError, match="must have a release-phase command"):
        heroku_cli.releases_retry(scene.server.url("heroku"), scene.heroku.token, app.name)


@pytest.mark.parametrize("body", [{}, {"slug": "another"}, {"slug": None}])
def test_a_release_of_nothing_is_not_made(scene: Scene, app: SandboxApp, body: dict[str, Any]) -> None:
    refused = ask(scene, "POST", f"/apps/{app.name}/releases", body)
    assert (refused.status_code, refused.json()["id"]) == (422, "invalid_params")
    assert len(app.releases) == 1


def test_a_rollback_brings_the_values_of_that_release_back(scene: Scene, app: SandboxApp, as_heroku3: Any) -> None:
    before = dict(app.variables)
    app.change(clear(new_pair()), "somebody@example.com")

    newest = as_heroku3.rollback(app.releases[0].id)

    assert (newest.version, newest.description) == (3, "Rollback to v1")
    assert serving(scene, app) == app.variables == before
    assert ask(scene, "POST", f"/apps/{app.name}/releases", {"release": "9"}).status_code == 404
    app.knobs.release_phase_fails = True
    app.change(clear(new_pair()), "somebody@example.com")
    failed = ask(scene, "POST", f"/apps/{app.name}/releases", {"release": "4"})
    assert (failed.status_code, failed.json()["id"]) == (422, "invalid_params")


def test_a_restart_of_the_app_starts_what_crashed_and_leaves_one_offs(scene: Scene, app: SandboxApp) -> None:
    app.knobs.crash_on_boot = True
    app.change(clear(new_pair()), "somebody@example.com")
    one_off = app.start_one_off()
    assert scene.heroku.serving(app.name) is None

    app.knobs.crash_on_boot = False
    assert ask(scene, "DELETE", f"/apps/{app.name}/dynos").status_code == 202

    assert serving(scene, app) == app.variables
    assert {one.name: (one.state, one.release.version) for one in app.dynos()} == {
        "web.1": ("up", 2),
        one_off: ("up", 2),
    }
    app.knobs.boot_delay_s = 3600
    ask(scene, "DELETE", f"/apps/{app.name}/dynos")
    assert scene.heroku.serving(app.name) is None
    assert {one.state for one in app.dynos() if one.type == "web"} == {"starting"}


def test_in_maintenance_mode_nobody_is_served(scene: Scene, app: SandboxApp, as_heroku3: Any) -> None:
    assert as_heroku3.enable_maintenance_mode().maintenance is True
    assert scene.heroku.serving(app.name) is None
    assert as_heroku3.disable_maintenance_mode().maintenance is False
    assert serving(scene, app) == app.variables
    assert ask(scene, "PATCH", f"/apps/{app.name}", {"stack": "heroku-22"}).status_code == 422


def test_an_app_is_scaled_by_heroku3_and_as_the_cli_writes_it(scene: Scene, app: SandboxApp, as_heroku3: Any) -> None:
    as_heroku3.batch_scale_formation_processes({"web": 3})
    assert app.types == {"web": 3}
    as_heroku3.scale_formation_process("web", 0)
    assert scene.heroku.serving(app.name) is None
    scaled = ask(scene, "PATCH", f"/apps/{app.name}/formation", {"updates": [{"type": "web", "quantity": "+2"}]})
    assert {one["type"]: one["quantity"] for one in scaled.json()} == {"web": 2} == app.types


@pytest.mark.parametrize(
    ("update", "status"),
    [({"type": "nothing", "quantity": 1}, 404), ({"type": "web", "quantity": "many"}, 422), ("web", 422)],
)
def test_a_formation_that_cannot_be_is_refused_and_changes_nothing(
    scene: Scene, app: SandboxApp, update: Any, status: int
) -> None:
    refused = ask(scene, "PATCH", f"/apps/{app.name}/formation", {"updates": [update]})
    assert (refused.status_code, app.types) == (status, {"web": 1})


def test_a_new_authorization_is_usable_at_once_with_its_scope_until_it_expires(scene: Scene, app: SandboxApp) -> None:
    asked = {"scope": ["write-protected"], "description": "rekey", "expires_in": "3600"}
    made = ask(scene, "POST", "/oauth/authorizations", asked)
    assert (made.status_code, made.json()["scope"]) == (201, ["write-protected"])
    token = made.json()["access_token"]["token"]
    with scene.client(token) as client:
        assert client.can_write(app.name) is Answer.YES
    refused = ask(scene, "POST", "/oauth/authorizations", {}, token)
    assert (refused.status_code, refused.json()["id"]) == (403, "forbidden")

    ended = ask(scene, "POST", "/oauth/authorizations", {"expires_in": 0}).json()["access_token"]["token"]
    assert ask(scene, "GET", "/account", token=ended).status_code == 401


@pytest.mark.parametrize("asked", [{"scope": ["everything"]}, {"scope": "global"}, {"expires_in": "soon"}])
def test_an_authorization_that_cannot_be_is_refused(scene: Scene, asked: dict[str, Any]) -> None:
    assert ask(scene, "POST", "/oauth/authorizations", asked).status_code == 422


@pytest.mark.parametrize("fails", [False, True])
def test_config_vars_may_be_shown_only_when_their_release_succeeded(scene: Scene, app: SandboxApp, fails: bool) -> None:
    """heroku/cli#3345: the release itself shows its own from the start."""
    app.knobs.config_shown_late, app.knobs.release_phase_fails = True, fails
    app.knobs.release_phase_s = 0 if fails else 3600
    before, pair = dict(app.variables), clear(new_pair())
    path = f"/apps/{app.name}/config-vars"

    assert ask(scene, "PATCH", path, pair).json() == before == ask(scene, "GET", path).json()

    assert ask(scene, "GET", f"/apps/{app.name}/releases/2/config-vars").json() == {**before, **pair}
    with scene.client() as client:
        carried = {name: SecretStr(value) for name, value in pair.items()}
        assert client.release_carries(app.name, 2, carried) is Answer.YES
    app.knobs.release_phase_s, app.knobs.release_phase_fails = 0, False
    heroku_cli.releases_retry(scene.server.url("heroku"), scene.heroku.token, app.name)
    assert ask(scene, "GET", path).json() == {**before, **pair}
