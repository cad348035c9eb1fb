"""Process types of the twin: how many, how large, started anew and stopped, by heroku3 and as the CLI writes it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vendors.heroku.sandbox.scene import Scene

APP = "/apps/raxx-api-prod"


def states(scene: Scene) -> dict[str, str]:
    return {one["name"]: one["state"] for one in scene.ask(f"{APP}/dynos").json()}


def of_formation(scene: Scene, field: str) -> dict[str, Any]:
    return {one["type"]: one[field] for one in scene.ask(f"{APP}/formation").json()}


@pytest.mark.parametrize(("method", "path"), [("DELETE", "worker"), ("POST", "worker/actions/stop")])
def test_the_dynos_of_one_type_start_anew_and_no_others(scene: Scene, method: str, path: str) -> None:
    """`heroku ps:restart -p worker` and `ps:stop -p worker`."""
    scene.app.knobs.boot_delay_s = 3600
    assert scene.ask(f"{APP}/formations/{path}", method).status_code == 202
    assert states(scene) == {"web.1": "up", "web.2": "up", "worker.1": "starting"}
    assert scene.heroku.serving("raxx-api-prod") == scene.app.variables
    by_id = scene.ask(f"{APP}/formation/web").json()["id"]
    assert scene.ask(f"{APP}/formations/{path.replace('worker', by_id)}", method).status_code == 202
    assert states(scene)["web.1"] == "starting"
    assert scene.heroku.serving("raxx-api-prod") is None


def test_one_offs_of_a_type_are_stopped_and_others_go_on(scene: Scene) -> None:
    """`heroku ps:stop -p run`."""
    run, other = scene.app.start_one_off(), scene.app.start_one_off("scheduler")
    assert scene.ask(f"{APP}/formations/run/actions/stop", "POST").status_code == 202
    assert run not in states(scene)
    assert states(scene)[other] == "up"
    gone = scene.ask(f"{APP}/formations/run/actions/stop", "POST")
    assert (gone.status_code, gone.json()["resource"]) == (404, "formation")
    assert scene.ask(f"{APP}/formations/nothing", "DELETE").status_code == 404


def test_the_size_of_a_type_is_kept_and_shown(scene: Scene) -> None:
    """`dyno_size` of the schema, and `size` as `heroku ps:type` and `ps:scale web=3:Standard-2X` send it."""
    larger = scene.ask(f"{APP}/formation/web", "PATCH", json={"dyno_size": {"name": "Standard-1X"}}).json()
    assert (larger["size"], larger["dyno_size"]["name"], larger["quantity"]) == ("Standard-1X", "Standard-1X", 2)
    by_id = {"updates": [{"type": larger["id"], "quantity": "3", "size": "standard-2x"}]}
    scaled = scene.ask(f"{APP}/formation", "PATCH", json=by_id).json()
    assert {one["type"]: (one["quantity"], one["size"]) for one in scaled} == {
        "web": (3, "Standard-2X"),
        "worker": (1, "Basic"),
    }
    size = {"dyno_size": {"id": larger["dyno_size"]["id"]}}
    assert scene.ask(f"{APP}/formation/worker", "PATCH", json=size).json()["size"] == "Standard-1X"
    assert scene.ask(f"{APP}/formation/worker", "PATCH", json={}).json()["quantity"] == 1
    assert of_formation(scene, "size") == {"web": "Standard-2X", "worker": "Standard-1X"}
    assert {one["type"]: one["size"] for one in scene.ask(f"{APP}/dynos").json()} == of_formation(scene, "size")


def test_heroku3_resizes_one_type_and_several(scene: Scene, heroku_by_key: Any) -> None:
    app = heroku_by_key.app("raxx-api-prod")
    assert app.process_formation()["web"].resize("standard-1x").size == "Standard-1X"
    app.batch_resize_formation_processes({"web": "Standard-2X", "worker": "Performance-M"})
    assert {one.type: (one.quantity, one.size) for one in app.process_formation()} == {
        "web": (2, "Standard-2X"),
        "worker": (1, "Performance-M"),
    }
    app.batch_scale_formation_processes({app.process_formation()["worker"].id: 4})
    assert of_formation(scene, "quantity") == {"web": 2, "worker": 4}
    app.scale_formation_process(app.process_formation()["web"].id, 1)
    assert scene.app.types == {"web": 1, "worker": 4}


def test_another_size_starts_the_dynos_of_the_type_anew_and_the_same_one_does_not(scene: Scene) -> None:
    scene.app.knobs.boot_delay_s = 3600
    scene.ask(f"{APP}/formation/web", "PATCH", json={"size": "basic"})
    scene.ask(f"{APP}/formation/worker", "PATCH", json={"size": "standard-1x"})
    assert states(scene) == {"web.1": "up", "web.2": "up", "worker.1": "starting"}


@pytest.mark.parametrize(
    ("update", "status"),
    [
        ({"type": "worker", "size": "enormous"}, 422),
        ({"type": "worker", "dyno_size": {"name": None}}, 422),
        ({"type": "worker", "size": 2}, 422),
        ({"type": "worker", "quantity": None}, 422),
        ({"quantity": 2}, 422),
        ({"type": "nothing", "size": "Basic"}, 404),
    ],
)
def test_of_updates_that_cannot_all_be_none_is_done(scene: Scene, update: Any, status: int) -> None:
    updates = [{"type": "web", "quantity": 5, "size": "Standard-1X"}, update]
    refused = scene.ask(f"{APP}/formation", "PATCH", json={"updates": updates})
    assert refused.status_code == status
    assert scene.app.types == {"web": 2, "worker": 1}
    assert of_formation(scene, "size") == {"web": "Basic", "worker": "Basic"}


def test_an_image_is_released_and_brings_its_process_type(scene: Scene) -> None:
    """`heroku container:release web clock`, which looks for another release than the one before."""
    one, two = ("sha256:" + digit * 64 for digit in "ab")
    accept = {"Accept": "application/vnd.heroku+json; version=3.docker-releases"}
    updates = [{"type": "web", "docker_image": one}, {"type": "clock", "docker_image": two}]

    released = scene.ask(f"{APP}/formation", "PATCH", json={"updates": updates}, headers=accept)

    assert {row["type"]: row["quantity"] for row in released.json()} == {"web": 2, "worker": 1, "clock": 0}
    newest = scene.ask(f"{APP}/releases", headers={"Range": "version ..; max=1, order=desc"}).json()[0]
    assert (newest["version"], newest["description"]) == (2, f"Deployed web ({'a' * 12}), clock ({'b' * 12})")
    assert scene.ask(f"{APP}/releases/2/config-vars").json() == scene.app.variables
    for wrong in ("latest", 1, None, "sha256:" + "a" * 63):
        refused = scene.ask(f"{APP}/formation", "PATCH", json={"updates": [{"type": "web", "docker_image": wrong}]})
        assert (refused.status_code, len(scene.app.releases)) == (422, 2)


def test_an_app_that_was_made_runs_its_first_image(scene: Scene) -> None:
    made = scene.ask("/apps", "POST", json={"name": "raxx-image"}).json()
    updates = [{"type": "web", "docker_image": "c" * 64}]
    assert scene.ask(f"/apps/{made['id']}/formation", "PATCH", json={"updates": updates}).status_code == 200
    assert [one["state"] for one in scene.ask("/apps/raxx-image/dynos").json()] == ["up"]
    assert scene.heroku.serving("raxx-image") == {}
