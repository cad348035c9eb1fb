from __future__ import annotations

from typing import Any

import heroku3
import heroku3.api
import pytest
import requests

from deployments.sandbox import made_up
from tests.vendors.heroku.sandbox.scene import Scene


def test_heroku3_reads_apps_and_one_app_by_name_and_by_id(scene: Scene, heroku_by_key: Any) -> None:
    assert heroku_by_key.is_authenticated
    assert [app.name for app in heroku_by_key.apps()] == ["raxx-api-prod"]
    by_name, by_id = heroku_by_key.app("raxx-api-prod"), heroku_by_key.app(scene.app.id)
    assert by_name.id == by_id.id == scene.app.id
    assert by_name.owner.email == "owner@example.com"
    assert by_name.created_at.tzinfo is not None
    assert heroku_by_key.account().email == "operator@example.com"
    assert heroku_by_key.ratelimit_remaining() > 4000


def test_heroku3_reads_and_changes_config_vars_in_each_of_its_ways(scene: Scene, heroku_by_key: Any) -> None:
    app = heroku_by_key.app("raxx-api-prod")
    config = app.config()
    assert config["A"] == "1"
    config.update({"A": "2", "C": "3"})
    assert config.to_dict() == scene.app.variables == {**scene.app.variables, "A": "2", "C": "3"}
    assert [release.description for release in scene.app.releases[1:]] == ["Set A, C config vars"]
    config["A"] = "4"
    del config["C"]
    assert app.update_config({"A": "5"})["A"] == "5"
    assert [release.description for release in scene.app.releases[2:]] == [
        "Set A config vars",
        "Remove C config vars",
        "Set A config vars",
    ]
    assert "C" not in scene.app.variables


def test_heroku3_reads_releases_and_dynos(scene: Scene, heroku_by_key: Any) -> None:
    app = heroku_by_key.app("raxx-api-prod")
    for value in ("2", "3"):
        scene.heroku.set_by_hand("raxx-api-prod", "A", value)
    (newest,) = app.releases(order_by="version", limit=1, sort="desc")
    assert (newest.version, newest.status, newest.current) == (3, "succeeded", True)
    assert newest.user.email == "somebody@example.com"
    assert [release.version for release in app.releases()] == [1, 2, 3]
    dynos = app.dynos()
    assert sorted(dyno.name for dyno in dynos) == ["web.1", "web.2", "worker.1"]
    assert {(dyno.state, dyno.release.version) for dyno in dynos} == {("up", 3)}
    assert {one.type: one.quantity for one in app.process_formation()} == {"web": 2, "worker": 1}


def test_heroku3_sees_a_sleeping_dyno_and_a_one_off_and_stops_that(scene: Scene, heroku_by_key: Any) -> None:
    scene.app.fall_asleep()
    name = scene.app.start_one_off()
    app = heroku_by_key.app("raxx-api-prod")
    assert {one.name: one.state for one in app.dynos()} == {
        "web.1": "idle",
        "web.2": "idle",
        "worker.1": "up",
        name: "up",
    }
    assert app.kill_dyno(name)
    assert name not in {one.name for one in app.dynos()}
    assert scene.ask(f"/apps/raxx-api-prod/dynos/{name}/actions/stop", "POST").status_code == 404


def test_heroku3_fetches_every_page_of_a_long_list(
    scene: Scene, heroku_by_key: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.heroku.knobs.page_size = 2
    names = [dyno.name for dyno in heroku_by_key.app("raxx-api-prod").dynos()]
    assert sorted(names) == ["web.1", "web.2", "worker.1"]
    assert "chunked" in capsys.readouterr().out


def test_heroku3_says_nothing_about_a_bad_key_until_it_is_asked(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heroku3.api, "HEROKU_URL", scene.url)
    heroku = heroku3.from_key(made_up.token("HRKU-"))
    assert not heroku.is_authenticated
    with pytest.raises(requests.HTTPError) as caught:
        heroku.apps()
    assert caught.value.response.status_code == 401


def test_heroku3_gets_heroku_errors(scene: Scene, heroku_by_key: Any) -> None:
    with pytest.raises(requests.HTTPError) as missing:
        heroku_by_key.app("no-such-app")
    assert missing.value.response.json() == {
        "id": "not_found",
        "message": "Couldn't find that app.",
        "resource": "app",
    }
    with pytest.raises(requests.HTTPError, match="invalid_params"):
        heroku_by_key.app("raxx-api-prod").config().update({"A": 7})
    scene.heroku.access.allowance = -100.0
    try:
        with pytest.raises(heroku3.api.RateLimitExceeded, match="rate_limit"):
            heroku_by_key.apps()
    finally:
        scene.heroku.access.allowance = 4500.0


def test_answers_carry_request_id_remaining_allowance_and_etag(scene: Scene) -> None:
    first = scene.ask("/apps/raxx-api-prod/config-vars")
    again = scene.ask("/apps/raxx-api-prod/config-vars", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["Request-Id"] != again.headers["Request-Id"]
    assert int(again.headers["RateLimit-Remaining"]) < 4500
    assert first.headers["Content-Type"] == "application/json"


def test_asking_for_the_rate_limit_does_not_count(scene: Scene) -> None:
    before = scene.heroku.access.allowance
    assert scene.ask("/account/rate-limits").json()["remaining"] >= int(before)
    assert scene.heroku.access.allowance >= before


@pytest.mark.parametrize("version", ["3", "3.cedar-acm", "3.sdk"])
def test_every_accept_variant_of_version_3_is_taken(scene: Scene, version: str) -> None:
    assert scene.ask("/apps", headers={"Accept": f"application/vnd.heroku+json; version={version}"}).is_success


def test_another_accept_is_not_acceptable(scene: Scene) -> None:
    refused = scene.ask("/apps", headers={"Accept": "application/vnd.heroku+json; version=4"})
    assert (refused.status_code, refused.json()["id"]) == (406, "not_acceptable")


@pytest.mark.parametrize("presented", ["", "Bearer", "Basic !", "Basic bm9ib2R5", "Digest x"])
def test_whatever_is_not_a_known_token_is_unauthorized(scene: Scene, presented: str) -> None:
    refused = scene.ask("/apps", headers={"Authorization": presented})
    assert (refused.status_code, refused.json()["id"]) == (401, "unauthorized")


@pytest.mark.parametrize(
    ("asked", "versions", "following"),
    [
        ("version ..; order=desc,max=1", [3], "version ]3..; order=desc,max=1"),
        ("version ..; max=1, order=desc", [3], "version ]3..; order=desc,max=1"),
        ("version ..; order=desc,max=1;", [3], "version ]3..; order=desc,max=1"),
        ("version ]3..; order=desc,max=1", [2], "version ]2..; order=desc,max=1"),
        ("version ..; max=2", [1, 2], "version ]2..; max=2"),
        ("version ]2..; max=2", [3], None),
        ("version ..; ;", [1, 2, 3], None),
        ("nonsense", [1, 2, 3], None),
        ("shoesize ..", [1, 2, 3], None),
    ],
)
def test_a_range_is_answered_as_it_is_asked(
    scene: Scene, asked: str, versions: list[int], following: str | None
) -> None:
    for value in ("2", "3"):
        scene.heroku.set_by_hand("raxx-api-prod", "A", value)
    listed = scene.ask("/apps/raxx-api-prod/releases", headers={"Range": asked})
    assert [row["version"] for row in listed.json()] == versions
    assert listed.headers.get("Next-Range") == following
    assert listed.status_code == (206 if following else 200)


@pytest.mark.parametrize(
    ("content", "status", "machine_id"),
    [
        (b"{", 400, "bad_request"),
        (b"[]", 422, "invalid_params"),
        (b'{"A": 1}', 422, "invalid_params"),
        (b'{"A-B": "1"}', 422, "invalid_params"),
        (b'{"A": "' + b"x" * 32_768 + b'"}', 422, "invalid_params"),
    ],
)
def test_a_bad_change_is_refused_and_changes_nothing(
    scene: Scene, content: bytes, status: int, machine_id: str
) -> None:
    refused = scene.ask("/apps/raxx-api-prod/config-vars", "PATCH", content=content)
    assert (refused.status_code, refused.json()["id"]) == (status, machine_id)
    assert scene.app.variables["A"] == "1"
    assert len(scene.app.releases) == 1


def test_a_change_answers_with_the_full_set_and_null_removes(scene: Scene) -> None:
    answer = scene.ask("/apps/raxx-api-prod/config-vars", "PATCH", json={"B": None, "C": "3"})
    assert answer.json() == {"A": "1", "C": "3"} == scene.app.variables


@pytest.mark.parametrize(
    "path", ["/apps/x/releases", "/apps/raxx-api-prod/releases/9", "/apps/raxx-api-prod/features/x"]
)
def test_what_does_not_exist_is_not_found(scene: Scene, path: str) -> None:
    missing = scene.ask(path)
    assert (missing.status_code, missing.json()["id"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_unknown_endpoint_is_a_json_404(scene: Scene, method: str) -> None:
    missing = scene.ask("/apps/raxx-api-prod/nothing", method)
    assert (missing.status_code, missing.json()["id"]) == (404, "not_found")


def test_a_release_is_found_by_version_and_id_with_its_own_config_vars(scene: Scene) -> None:
    scene.heroku.set_by_hand("raxx-api-prod", "A", "2")
    scene.heroku.set_by_hand("raxx-api-prod", "A", "3")
    second = scene.ask("/apps/raxx-api-prod/releases/2").json()
    assert scene.ask(f"/apps/{scene.app.id}/releases/{second['id']}").json() == second
    assert scene.ask("/apps/raxx-api-prod/releases/2/config-vars").json()["A"] == "2"
    assert scene.ask("/apps/raxx-api-prod/config-vars").json()["A"] == "3"
