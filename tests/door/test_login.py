"""Every Prefect that rekey starts asks for a login, and for a token where something is changed."""

from __future__ import annotations

import stat
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from deployments.places import Places
from deployments.prefect_environment import prefect_environment, server_environment
from deployments.prefect_login import CHANGING, http_client
from deployments.processes import LocalPrefect
from deployments.sandbox.estate import Estate
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


def test_a_worker_has_the_login_in_its_environment(tmp_path: Path) -> None:
    """As Prefect's own clients want it, and not in an argument; the server's half stays with the server."""
    places = Places.made(tmp_path / "home")
    given = prefect_environment(places, 4200)

    assert given["PREFECT_API_AUTH_STRING"] == places.login()
    assert [name for name, value in given.items() if value == places.login()] == ["PREFECT_API_AUTH_STRING"]


def test_wrong_logins_are_not_counted(prefect: LocalPrefect) -> None:
    """When this fails, Prefect has mended it: take it out of docs/threat-model.md."""
    name, _, word = prefect.places.login().partition(":")
    url = prefect.environment["PREFECT_API_URL"]
    with httpx.Client(base_url=url, trust_env=False, timeout=PREFECT_TIMEOUT_S) as anybody:
        tried = [anybody.get("/admin/version", auth=(name, f"{word}{number}")).status_code for number in range(20)]
        assert set(tried) == {HTTPStatus.UNAUTHORIZED}
        assert anybody.get("/admin/version", auth=(name, word)).status_code == HTTPStatus.OK


def test_what_is_open_to_everybody_tells_nothing_of_runs(prefect: LocalPrefect) -> None:
    """For probes, and for the pages before somebody has logged in."""
    with httpx.Client(
        base_url=f"http://127.0.0.1:{prefect.port}", trust_env=False, timeout=PREFECT_TIMEOUT_S
    ) as anybody:
        assert [anybody.get(path).json() for path in ("/api/health", "/api/ready")] == [True, {"message": "OK"}]
        told = anybody.get("/ui-settings").json()
        schema = anybody.get("/openapi.json").json()
    assert (told["auth"], told["csrf_enabled"]) == ("BASIC", True)
    assert prefect.places.login() not in f"{told}{schema}"


@pytest.mark.usefixtures("operator")
def test_whoever_has_the_login_reads_every_token(prefect: LocalPrefect, estate: Estate) -> None:
    """Prefect has no roles: this is what a gateway before it is for."""
    with http_client(prefect.environment, PREFECT_TIMEOUT_S) as anybody:
        found = anybody.post("/block_documents/filter", json={"include_secrets": True}).json()
    assert estate.heroku.token in [one["data"].get("token") for one in found]


def test_prefect_lets_its_pages_be_framed(prefect: LocalPrefect) -> None:
    """When this fails, Prefect has mended it: take it out of docs/threat-model.md."""
    with httpx.Client(
        base_url=f"http://127.0.0.1:{prefect.port}", trust_env=False, timeout=PREFECT_TIMEOUT_S
    ) as anybody:
        headers = anybody.get("/v2/", headers={"Accept": "text/html"}).headers
    assert not {"x-frame-options", "content-security-policy"} & set(headers)
