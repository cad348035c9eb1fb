"""Regions, stacks and the domain of an app, as the CLI and heroku3 read them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vendors.heroku.sandbox.scene import Scene


def test_an_app_is_in_a_region_that_is_listed_and_on_a_stack_that_is(scene: Scene) -> None:
    app = scene.ask("/apps/raxx-api-prod").json()
    for kind in ("region", "stack"):
        rows = scene.ask(f"/{kind}s").json()
        (ours,) = [one for one in rows if one["id"] == app[kind]["id"]]
        assert (ours["name"], len(rows) > 1) == (app[kind]["name"], True)
        for named in (ours["name"], ours["id"]):
            assert scene.ask(f"/{kind}s/{named}").json() == ours
        missing = scene.ask(f"/{kind}s/none")
        assert (missing.status_code, missing.json()["resource"]) == (404, kind)
    assert [one["name"] for one in scene.ask("/stacks").json() if one["default"]] == [app["stack"]["name"]]


def test_heroku3_reads_the_domain_that_an_app_has(scene: Scene, heroku_by_key: Any) -> None:
    app = heroku_by_key.app("raxx-api-prod")
    (domain,) = app.domains()
    assert (domain.kind, f"https://{domain.hostname}/") == ("heroku", app.web_url)
    assert app.get_domain(domain.hostname).id == domain.id
    shown = scene.ask(f"/apps/raxx-api-prod/domains/{domain.id}").json()
    assert shown == scene.ask("/apps/raxx-api-prod/domains").json()[0]


@pytest.mark.parametrize("path", ["/apps/none/domains", "/apps/raxx-api-prod/domains/none"])
def test_a_domain_that_is_not_there_is_not_found(scene: Scene, path: str) -> None:
    assert scene.ask(path).status_code == 404
