"""Write access is proved without a release, and each refusal says what to do."""

from __future__ import annotations

from typing import Any

import pytest

from blocks.answer import Answer
from blocks.consumers.heroku.client import HerokuClient
from blocks.errors import (
    CatalogError,
    Missing,
    RateLimited,
    Refused,
    Rejected,
    Unclear,
)
from deployments.sandbox.faults import FaultKind
from deployments.sandbox.heroku.apps import SandboxApp
from tests.vendors.heroku.scene import Scene, new_pair
from tests.vendors.silence import assert_silent


@pytest.mark.parametrize("status", [200, 422, 400])
def test_write_access_is_proved_without_a_release(
    app: SandboxApp, client: HerokuClient, scene: Scene, status: int
) -> None:
    if status == 400:
        body = {"id": "bad_request", "message": "nothing to change"}
        scene.fault(FaultKind.ANSWER, method="PATCH", status=400, body=body)
    else:
        app.knobs.empty_patch_status = status
    before = dict(app.variables)
    assert client.can_write(app.name) is Answer.YES
    assert app.variables == before
    assert len(app.releases) == 1


def test_an_unprocessable_answer_of_another_kind_is_no_proof_of_write_access(
    app: SandboxApp, client: HerokuClient, scene: Scene
) -> None:
    scene.fault(FaultKind.ANSWER, method="PATCH", status=422, body={"id": "verification_needed", "message": "pay"})
    with pytest.raises(Rejected) as caught:
        client.can_write(app.name)
    assert caught.value.code == "verification_needed"


def test_a_release_that_the_write_probe_makes_is_noticed(app: SandboxApp, client: HerokuClient) -> None:
    app.knobs.empty_patch_makes_release = True
    with pytest.raises(Unclear, match="new release") as caught:
        client.can_write(app.name)
    assert not caught.value.transient


@pytest.mark.parametrize("scope", ["read", "write", "read-protected"])
def test_a_token_without_write_access_to_config_vars_is_refused_with_what_to_do(
    scene: Scene, app: SandboxApp, scope: Any
) -> None:
    token = scene.heroku.add_token(scope)
    with scene.client(token) as client, pytest.raises(Refused, match="write-protected") as caught:
        client.can_write(app.name)
    assert caught.value.status == 403
    assert caught.value.code == "forbidden"
    assert_silent(caught.value)


def test_a_token_with_the_scope_write_protected_suffices(scene: Scene, app: SandboxApp) -> None:
    with scene.client(scene.heroku.add_token("write-protected")) as client:
        assert client.can_write(app.name) is Answer.YES


@pytest.mark.parametrize("status", [401, 403])
def test_a_revoked_token_is_refused_however_heroku_says_it(scene: Scene, app: SandboxApp, status: int) -> None:
    token = scene.heroku.add_token()
    scene.heroku.revoke_token(token)
    scene.heroku.knobs.revoked_status = status
    with scene.client(token) as client, pytest.raises(Refused, match="expired") as caught:
        client.newest_release(app.name)
    assert caught.value.status == status
    assert caught.value.request_id
    assert_silent(caught.value)


def test_an_unknown_app_is_missing_with_what_to_do(client: HerokuClient) -> None:
    with pytest.raises(Missing, match="catalog") as caught:
        client.set_variables("no-such-app", new_pair())
    assert caught.value.code == "not_found"
    assert_silent(caught.value)


@pytest.mark.parametrize("name", ["", "..", "app/../other", "app?x", "APP", "a b"])
def test_a_name_that_no_app_can_have_is_not_sent(scene: Scene, client: HerokuClient, name: str) -> None:
    before = len(scene.server.journal.entries)
    with pytest.raises(CatalogError):
        client.set_variables(name, new_pair())
    assert len(scene.server.journal.entries) == before


def test_the_allowance_used_up_is_a_rate_limit(scene: Scene, app: SandboxApp, client: HerokuClient) -> None:
    scene.heroku.access.allowance = -100.0
    try:
        with pytest.raises(RateLimited) as caught:
            client.newest_release(app.name)
    finally:
        scene.heroku.access.allowance = 4500.0
    assert caught.value.code == "rate_limit"
    assert caught.value.retry_after_s is None
