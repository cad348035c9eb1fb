"""Bounds of lists of the twin, as Heroku documents them ("Ranges" of its Platform API Reference)."""

from __future__ import annotations

import pytest

from tests.vendors.heroku.sandbox.scene import Scene

NAMES = ["aaa-one", "aaa-two", "bbb", "raxx-api-prod", "raxx-web"]


@pytest.fixture(autouse=True)
def apps(scene: Scene) -> None:
    for name in reversed(NAMES):
        if name not in scene.heroku.apps:
            scene.heroku.add_app(name, {})


@pytest.mark.parametrize(
    ("asked", "names", "following"),
    [
        ("name raxx..", NAMES[3:], None),
        ("name raxx-web..", NAMES[4:], None),
        ("name ]raxx-api-prod..", NAMES[4:], None),
        ("name ..raxx-api-prod", NAMES[:4], None),
        ("name ..raxx-api-prod[", NAMES[:3], None),
        ("name aaa-two..raxx", NAMES[1:3], None),
        ("name zzz..", [], None),
        ("name aaa..; max=1", NAMES[:1], "name ]aaa-one..; max=1"),
        ("name ]aaa-one..raxx[; max=1", NAMES[1:2], "name ]aaa-two..raxx[; max=1"),
        ("name ]aaa-two..raxx[; max=1", NAMES[2:3], None),
        ("name ]raxx..; order=desc,max=2", NAMES[2:0:-1], "name ]aaa-two..; order=desc,max=2"),
        ("name ]b-that-is-gone..", NAMES[2:], None),
    ],
)
def test_a_list_is_of_what_lies_between_the_bounds(
    scene: Scene, asked: str, names: list[str], following: str | None
) -> None:
    listed = scene.ask("/apps", headers={"Range": asked})
    assert [row["name"] for row in listed.json()] == names
    assert listed.headers.get("Next-Range") == following
    assert listed.status_code == (206 if following else 200)


def test_a_list_goes_on_after_a_row_that_has_vanished(scene: Scene) -> None:
    first = scene.ask("/apps", headers={"Range": "name ..; max=2"})
    del scene.heroku.apps["aaa-two"]
    rest = scene.ask("/apps", headers={"Range": first.headers["Next-Range"].replace("max=2", "max=1000")})
    assert [row["name"] for row in (*first.json(), *rest.json())] == NAMES


def test_a_bound_that_is_a_number_is_none_of_text(scene: Scene) -> None:
    for value in range(2, 12):
        scene.heroku.set_by_hand("raxx-api-prod", "A", str(value))
    listed = scene.ask("/apps/raxx-api-prod/releases", headers={"Range": "version 9..10"})
    assert [row["version"] for row in listed.json()] == [9, 10]
    every = scene.ask("/apps/raxx-api-prod/releases", headers={"Range": "version nine..; max=1"})
    assert len(every.json()) == 11


def test_by_which_fields_a_list_may_be_asked_is_said_once_each(scene: Scene) -> None:
    for path, fields in {"/apps": "id, name", "/apps/raxx-api-prod/releases": "id, version"}.items():
        for asked in ("id ..; max=1", "", "name ..; max=1"):
            assert scene.ask(path, headers={"Range": asked}).headers["Accept-Ranges"] == fields


def test_a_page_has_200_rows_and_1000_at_most(scene: Scene) -> None:
    for value in range(1, 1010):
        scene.heroku.set_by_hand("raxx-api-prod", "A", f"value {value}")
    path = "/apps/raxx-api-prod/releases"
    assert len(scene.ask(path).json()) == 200
    most = scene.ask(path, headers={"Range": "version ..; max=5000"})
    assert (len(most.json()), most.headers["Next-Range"]) == (1000, "version ]1000..; max=1000")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("name ..; max=2", "name aaa-one..aaa-two"),
        ("name ..; order=desc,max=2", "name raxx-web..raxx-api-prod"),
        ("name bbb..bbb", "name bbb..bbb"),
        ("name zzz..", None),
    ],
)
def test_an_answer_says_from_where_to_where_it_is(scene: Scene, asked: str, told: str | None) -> None:
    assert scene.ask("/apps", headers={"Range": asked}).headers.get("Content-Range") == told
