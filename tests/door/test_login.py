"""Every Prefect that rekey starts asks for a login, and for a token where something is changed."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import stat
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from blocks.errors import RekeyError
from deployments.local.places import Places
from deployments.local.prefect_environment import prefect_environment, server_environment
from deployments.local.prefect_login import CHANGING, http_client
from deployments.local.processes import LocalPrefect
from deployments.rehearsal.silence import DATABASE
from deployments.sandbox.faults import Fault, FaultKind
from tests.operator import Operator
from tests.steps.support import shaky
from tests.waiting import PREFECT_TIMEOUT_S

SOMETHING = "/flow_runs/filter"
# Prefect's answers to these are open to everybody.
PROBES = {"/health", "/ready"}
A_PAGE = {"Accept": "text/html"}


def routes(prefect: LocalPrefect) -> list[tuple[str, str]]:
    """Method and path of everything that this server's API answers but for probes, with a made-up ID in each path."""
    with httpx.Client(trust_env=False, timeout=PREFECT_TIMEOUT_S) as anybody:
        found = anybody.get(f"http://127.0.0.1:{prefect.port}/openapi.json").json()["paths"]
    return [
        (method.upper(), re.sub(r"{\w+}", str(uuid4()), path))
        for path, methods in found.items()
        for method in methods
        if path not in PROBES
    ]


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


def test_no_route_answers_without_the_login_and_none_that_changes_without_a_token(prefect: LocalPrefect) -> None:
    """A token that holds is asked for in vain by whoever has no login, and does not stand for one."""
    asked = routes(prefect)
    name, _, word = prefect.places.login().partition(":")
    with httpx.Client(
        base_url=prefect.environment["PREFECT_API_URL"], trust_env=False, timeout=PREFECT_TIMEOUT_S
    ) as anybody:
        token = anybody.get("/csrf-token", params={"client": "test"}, auth=(name, word)).json()["token"]
        headers = {"Prefect-Csrf-Token": token, "Prefect-Csrf-Client": "test"}
        open_ones = [
            one for one in asked if anybody.request(*one, headers=headers).status_code != HTTPStatus.UNAUTHORIZED
        ]
        changing = [one for one in asked if one[0] in CHANGING]
        forged = [
            one for one in changing if anybody.request(*one, auth=(name, word)).status_code != HTTPStatus.FORBIDDEN
        ]
    assert len(asked) > len(changing) > 50, "Prefect told its routes"
    assert (open_ones, forged) == ([], [])


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
    assert len(login.partition(":")[2]) == 32
    assert stat.S_IMODE(places.login_file.stat().st_mode) == 0o600
    assert server_environment(places, 4200)["PREFECT_SERVER_API_AUTH_STRING"] == login


@pytest.mark.parametrize("named", ["prefect.login", "encryption.key"])
def test_a_file_that_holds_nothing_is_refused_and_not_taken_for_no_login(tmp_path: Path, named: str) -> None:
    """Prefect starts without a login, or keeps the key beside what it encrypts, when it is given an empty one."""
    places = Places.made(tmp_path / "home")
    for nothing in ("", "\n"):
        (places.home / named).write_text(nothing)

        with pytest.raises(RekeyError, match=f"{named} is empty") as refused:
            server_environment(places, 4200)
        assert refused.value.remedy.startswith("Delete the file")


def test_whoever_is_killed_while_the_login_is_written_leaves_no_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file has its name only when all of it is on disk."""
    places = Places.made(tmp_path / "home")

    def killed(_: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(os, "fsync", killed)
        with pytest.raises(KeyboardInterrupt):
            places.login()

    assert not places.login_file.exists()
    assert places.login().startswith("rekey:")
    assert {stat.S_IMODE(one.stat().st_mode) for one in places.home.iterdir() if one.is_file()} == {0o600}


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


def test_what_is_open_to_everybody_tells_nothing_of_runs(operator: Operator, prefect: LocalPrefect) -> None:
    """For probes, and for the pages before somebody has logged in: no token, no login, no run, flow or deployment."""
    flow = operator.made("/flows/", {"name": f"flow-{uuid4()}"})
    deployment = operator.made("/deployments/", {"name": f"deployment-{uuid4()}", "flow_id": flow["id"]})
    run = operator.made("/flow_runs/", {"name": f"run-{uuid4()}", "flow_id": flow["id"], "state": {"type": "PENDING"}})
    with httpx.Client(
        base_url=f"http://127.0.0.1:{prefect.port}",
        trust_env=False,
        timeout=PREFECT_TIMEOUT_S,
        follow_redirects=True,
    ) as anybody:
        assert [anybody.get(path).json() for path in ("/api/health", "/api/ready")] == [True, {"message": "OK"}]
        settings = anybody.get("/ui-settings")
        pages = [anybody.get(path, headers=A_PAGE) for path in ("/", "/v2/", f"/v2/runs/flow-run/{run['id']}")]
        told = [settings, anybody.get("/openapi.json"), *pages]
    assert [one.status_code for one in told] == [HTTPStatus.OK] * len(told)
    assert (settings.json()["auth"], settings.json()["csrf_enabled"]) == ("BASIC", True)
    kept = [prefect.places.login(), prefect.places.encryption_key(), *operator.canaries.secrets]
    named = [one[field] for one in (flow, deployment, run) for field in ("id", "name")]
    assert [one for one in (*kept, *named) if any(one in page.text for page in told)] == []


def test_whoever_has_the_login_reads_every_token(operator: Operator) -> None:
    """Prefect has no roles: this is what a gateway before it is for."""
    found = operator.api.post("/block_documents/filter", json={"include_secrets": True}).json()
    seeds = operator.estate.seeds()
    tokens = [value.get_secret_value() for value in seeds.values() if isinstance(value, SecretStr)]
    assert len(tokens) == 5
    assert [number for number, one in enumerate(tokens) if one not in json.dumps(found)] == []


def test_whoever_has_the_database_reads_a_token_only_with_the_key_of_the_server(operator: Operator) -> None:
    """Neither in clear, nor with a key that lies beside it: Prefect keeps one there when it is given none."""
    token, home = operator.estate.heroku.token, operator.prefect.places
    (database,) = home.home.rglob(DATABASE)
    with closing(sqlite3.connect(database)) as rows:
        kept = [json.loads(data) for (data,) in rows.execute("SELECT data FROM block_document")]
        (keys,) = rows.execute("SELECT count(*) FROM configuration WHERE key = 'ENCRYPTION_KEY'").fetchone()
    key = Fernet(home.encryption_key())
    opened = [key.decrypt(one).decode() for one in kept]

    assert keys == 0
    assert operator.tables_with(SecretStr(token)) == []
    assert any(token in one for one in opened)


def test_prefect_lets_its_pages_be_framed(prefect: LocalPrefect) -> None:
    """When this fails, Prefect has mended it: take it out of docs/threat-model.md."""
    with httpx.Client(
        base_url=f"http://127.0.0.1:{prefect.port}", trust_env=False, timeout=PREFECT_TIMEOUT_S
    ) as anybody:
        headers = anybody.get("/v2/", headers={"Accept": "text/html"}).headers
    assert not {"x-frame-options", "content-security-policy"} & set(headers)
