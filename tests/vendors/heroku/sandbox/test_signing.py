"""SSH keys of an account, and webhooks of apps with a secret that is told once: `heroku keys` and `webhooks`."""

from __future__ import annotations

import base64
import secrets
from typing import Any

import pytest
import requests

from deployments.sandbox import made_up
from tests.vendors.heroku.sandbox.scene import Scene

HOOKS = "/apps/raxx-api-prod/webhooks"
ASKED = {"include": ["api:release"], "level": "notify", "url": "https://hooks.example.com/heroku"}


def ssh_key(comment: str = "me@example.com") -> str:
    return f"ssh-ed25519 {base64.b64encode(secrets.token_bytes(51)).decode()} {comment}"


def test_heroku3_replaces_the_ssh_key_of_an_account(scene: Scene, heroku_by_key: Any) -> None:
    account, key = heroku_by_key.account(), ssh_key()
    old, new = account.add_key(key), account.add_key(ssh_key())
    assert (old.public_key, old.comment, old.email) == (key, "me@example.com", "me@example.com")
    assert len(old.fingerprint.split(":")) == 16
    assert [one.id for one in account.keys()] == [old.id, new.id]  # noqa: SIM118  a method of heroku3's
    for named in (old.id, old.fingerprint):
        assert scene.ask(f"/account/keys/{named}").json()["id"] == old.id
    assert account.remove_key(old.fingerprint).id == old.id
    new.delete()
    assert scene.ask("/account/keys").json() == []
    assert scene.ask(f"/account/keys/{old.id}").json()["resource"] == "key"


@pytest.mark.parametrize("body", [{}, {"public_key": "no key"}, {"public_key": 1}])
def test_what_is_no_ssh_key_is_refused(scene: Scene, heroku_by_key: Any, body: dict[str, Any]) -> None:
    refused = scene.ask("/account/keys", "POST", json=body)
    assert (refused.status_code, refused.json()["id"]) == (422, "invalid_params")
    key = ssh_key()
    assert scene.ask("/account/keys", "POST", json={"public_key": key}).status_code == 201
    with pytest.raises(requests.HTTPError, match="invalid_params"):
        heroku_by_key.account().add_key(key)
    theirs = {"Authorization": f"Bearer {scene.heroku.add_token(email='somebody@example.com')}"}
    assert scene.ask("/account/keys", headers=theirs).json() == []


def test_a_secret_that_heroku_makes_up_is_told_once(scene: Scene) -> None:
    """Documented: without a secret, the one that is made is in a header of the answer."""
    made = scene.ask(HOOKS, "POST", json=ASKED)
    secret = made.headers["heroku-webhook-secret"]
    assert (made.status_code, scene.heroku.webhooks.secret(made.json()["id"])) == (201, secret)
    assert made.json()["include"] == ["api:release"]
    path = f"{HOOKS}/{made.json()['id']}"
    shown = scene.ask(path)
    assert shown.json() == made.json() == scene.ask(HOOKS).json()[0]
    assert "heroku-webhook-secret" not in shown.headers
    assert secret not in shown.text
    own = made_up.token("", 40)
    changed = scene.ask(path, "PATCH", json={"secret": own, "level": "sync"})
    assert (changed.status_code, changed.json()["level"]) == (200, "sync")
    assert own not in changed.text
    assert scene.heroku.webhooks.secret(made.json()["id"]) == own
    assert own not in repr(scene.heroku.webhooks)
    assert scene.ask(path, "DELETE").json()["id"] == made.json()["id"]
    assert scene.ask(path).json()["resource"] == "app_webhook"


def test_a_secret_of_ones_own_is_not_told(scene: Scene) -> None:
    own = made_up.token("", 40)
    made = scene.ask(HOOKS, "POST", json={**ASKED, "secret": own})
    assert "heroku-webhook-secret" not in made.headers
    assert scene.heroku.webhooks.secret(made.json()["id"]) == own
    for kind in ("webhook-deliveries", "webhook-events"):
        assert scene.ask(f"/apps/raxx-api-prod/{kind}").json() == []


@pytest.mark.parametrize(
    "wrong", [{"include": []}, {"include": "api:release"}, {"level": "often"}, {"url": "example.com"}, {"secret": 1}]
)
def test_a_webhook_that_cannot_be_is_refused(scene: Scene, wrong: dict[str, Any]) -> None:
    before = scene.ask(HOOKS).json()
    for name in (*wrong, "none"):
        body = {**ASKED, **wrong} if name != "none" else {}
        refused = scene.ask(HOOKS, "POST", json=body)
        assert (refused.status_code, refused.json()["id"]) == (422, "invalid_params")
    assert scene.ask(HOOKS).json() == before
