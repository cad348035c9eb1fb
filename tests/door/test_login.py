"""Every Prefect that rekey starts asks for a login, and for a token where something is changed."""

from __future__ import annotations

import stat
from http import HTTPStatus
from pathlib import Path

import httpx

from deployments.places import Places
from deployments.prefect_environment import prefect_environment, server_environment
from deployments.prefect_login import CHANGING, http_client
from deployments.processes import LocalPrefect
from deployments.sandbox.faults import Fault, FaultKind
from tests.operator import PREFECT_TIMEOUT_S
from tests.steps.test_typed import shaky

SOMETHING = "/flow_runs/filter"


def test_nobody_gets_in_without_the_login_or_changes_anything_without_a_token(prefect: LocalPrefect) -> None:
    url = prefect.environment["PREFECT_API_URL"]
    name, _, word = prefect.places.login().partition(":")
    with httpx.Client(base_url=url, trust_env=False, timeout=PREFECT_TIMEOUT_S) as anybody:
        assert anybody.get("/admin/version").status_code == HTTPStatus.UNAUTHORIZED
        assert anybody.get("/admin/version", auth=(name, f"{word}?")).status_code == HTTPStatus.UNAUTHORIZED
        assert anybody.get("/admin/version", auth=(name, word)).status_code == HTTPStatus.OK
        for method in sorted(CHANGING):
            assert anybody.request(method, SOMETHING, auth=(name, word)).status_code == HTTPStatus.FORBIDDEN
    with http_client(prefect.environment, PREFECT_TIMEOUT_S) as rekey:
        assert rekey.post(SOMETHING, json={}).status_code == HTTPStatus.OK


def test_a_token_that_has_ended_is_replaced_and_one_that_holds_is_kept(prefect: LocalPrefect) -> None:
    asked: list[str] = []
    with http_client(prefect.environment, PREFECT_TIMEOUT_S, lambda request: asked.append(request.url.path)) as rekey:
        rekey.post(SOMETHING, json={})
        rekey.post(SOMETHING, json={})
        assert [path.rpartition("/")[2] for path in asked] == ["csrf-token", "filter", "filter"]
        rekey.auth._token["Prefect-Csrf-Token"] = "of yesterday"  # type: ignore[union-attr]  # it is our own
        assert rekey.post(SOMETHING, json={}).status_code == HTTPStatus.OK


def test_a_server_that_is_too_busy_for_a_token_is_told_as_busy(prefect: LocalPrefect) -> None:
    with shaky(prefect, Fault("prefect", FaultKind.ANSWER, "GET", ".*/csrf-token", status=503, times=1)) as front:
        environment = {**prefect.environment, "PREFECT_API_URL": f"{front.url('prefect')}/api"}
        with http_client(environment, PREFECT_TIMEOUT_S) as rekey:
            assert rekey.post(SOMETHING, json={}).status_code == HTTPStatus.SERVICE_UNAVAILABLE
            assert rekey.post(SOMETHING, json={}).status_code == HTTPStatus.OK


def test_the_login_is_made_once_and_kept_for_its_owner_only(tmp_path: Path) -> None:
    places = Places.made(tmp_path / "home")
    login = places.login()

    assert places.login() == login != Places.made(tmp_path / "other").login()
    assert stat.S_IMODE(places.login_file.stat().st_mode) == 0o600
    assert server_environment(places, 4200)["PREFECT_SERVER_API_AUTH_STRING"] == login
    assert "PREFECT_SERVER_API_AUTH_STRING" not in prefect_environment(places, 4200)
