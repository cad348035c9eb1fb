"""Code that is built, or brought as a slug, and released with the config vars of now."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import requests

from tests.vendors.heroku.sandbox.scene import Scene

APP = "/apps/raxx-api-prod"
SOURCE = "https://example.com/source.tgz"


def releases(scene: Scene) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = scene.ask(f"{APP}/releases").json()
    return found


def test_heroku3_builds_code_which_is_released_with_the_variables_of_now(scene: Scene, heroku_by_key: Any) -> None:
    scene.heroku.set_by_hand("raxx-api-prod", "A", "2")
    app, before = heroku_by_key.app("raxx-api-prod"), releases(scene)[-1]
    made = app.create_build(SOURCE, version="abcdef0123456789")
    assert made.status == "pending"
    (build,) = app.builds()
    assert (build.id, build.status, build.stack) == (made.id, "succeeded", "heroku-24")
    assert "succeeded" in build.get()
    newest = releases(scene)[-1]
    assert (newest["version"], newest["description"]) == (before["version"] + 1, "Deploy abcdef01")
    shown = scene.ask(f"{APP}/builds/{made.id}").json()
    assert (shown["release"]["id"], shown["slug"]["id"]) == (newest["id"], newest["slug"]["id"])
    assert newest["slug"] != before["slug"]
    assert scene.ask(f"{APP}/releases/{newest['version']}/config-vars").json()["A"] == "2"
    assert {one["release"]["version"] for one in scene.ask(f"{APP}/dynos").json()} == {newest["version"]}
    assert set(app.slug(newest["slug"]["id"]).__dict__) >= {"checksum", "commit"}
    assert app.rollback(before["id"]).version == newest["version"] + 1
    assert releases(scene)[-1]["slug"] == before["slug"]


def test_a_slug_is_brought_and_released_with_its_process_types(scene: Scene, heroku_by_key: Any) -> None:
    asked = {"process_types": {"web": "serve", "clock": "tick"}, "commit": "0123456789abcdef"}
    made = scene.ask(f"{APP}/slugs", "POST", json=asked)
    slug = made.json()
    assert (made.status_code, slug["blob"]["method"], slug["process_types"]) == (201, "put", asked["process_types"])
    assert httpx.put(slug["blob"]["url"], content=b"code", trust_env=False).status_code == 200
    assert scene.ask(f"{APP}/slugs/{slug['id']}").json()["blob"]["method"] == "get"
    release = heroku_by_key.app("raxx-api-prod").create_release(slug["id"])
    assert (release.version, release.description) == (2, "Deploy 01234567")
    formation = {one["type"]: one["quantity"] for one in scene.ask(f"{APP}/formation").json()}
    # A new process type runs one dyno of web and none of the others (Dev Center, process types).
    assert formation == {"web": 2, "clock": 0}
    scene.ask(f"{APP}/releases", "POST", json={"release": "1"})
    assert {one["type"] for one in scene.ask(f"{APP}/formation").json()} == {"web", "worker"}


def test_a_source_that_nobody_sent_is_not_built(scene: Scene) -> None:
    for is_sent in (False, True):
        place = scene.ask("/sources", "POST")
        urls = place.json()["source_blob"]
        assert (place.status_code, set(urls)) == (201, {"get_url", "put_url"})
        if is_sent:
            assert httpx.put(urls["put_url"], content=b"code", trust_env=False).status_code == 200
            assert httpx.get(urls["get_url"], trust_env=False).content == b"code"
        made = scene.ask(f"{APP}/builds", "POST", json={"source_blob": {"url": urls["get_url"]}})
        assert (made.status_code, made.json()["status"], made.json()["release"]) == (201, "pending", None)
        shown = scene.ask(f"{APP}/builds/{made.json()['id']}").json()
        assert shown["status"] == ("succeeded" if is_sent else "failed")
        assert (shown["release"] is not None) is is_sent
        assert len(releases(scene)) == 1 + is_sent


def test_an_app_that_is_new_runs_what_is_built(scene: Scene) -> None:
    name = scene.ask("/apps", "POST").json()["name"]
    assert scene.ask(f"/apps/{name}/builds", "POST", json={"source_blob": {"url": SOURCE}}).status_code == 201
    assert [one["name"] for one in scene.ask(f"/apps/{name}/dynos").json()] == ["web.1"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("builds", {}),
        ("builds", {"source_blob": SOURCE}),
        ("builds", {"source_blob": {"url": 1}}),
        ("slugs", {}),
        ("slugs", {"process_types": {"web": 1}}),
        ("slugs", {"process_types": []}),
    ],
)
def test_what_cannot_be_built_is_refused(scene: Scene, heroku_by_key: Any, path: str, body: dict[str, Any]) -> None:
    refused = scene.ask(f"{APP}/{path}", "POST", json=body)
    assert (refused.status_code, refused.json()["id"]) == (422, "invalid_params")
    assert scene.ask(f"{APP}/builds").json() == []
    with pytest.raises(requests.HTTPError):
        heroku_by_key.app("raxx-api-prod").create_release("none")
    assert scene.ask(f"{APP}/builds/none").json()["resource"] == "build"
