"""What heroku3 asks of an account and an app besides, of which most is nothing here."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.vendors.heroku.sandbox.scene import Scene


def test_heroku3_finds_every_list_that_is_empty(heroku_by_key: Any) -> None:
    app = heroku_by_key.app("raxx-api-prod")
    lists = [heroku_by_key.keys(), heroku_by_key.invoices(), heroku_by_key.oauthclients(), heroku_by_key.features()]
    lists += [app.transfers(), app.sni_endpoints(), app.logdrains()]
    assert [list(one) for one in lists] == [[]] * len(lists)


def test_an_account_has_the_fields_of_the_schema(scene: Scene, heroku_by_key: Any) -> None:
    """The 18 of `account` in schema.json of heroku/platform-api, 4f4f592."""
    account = heroku_by_key.account()
    assert (account.email, account.verified, account.beta) == ("operator@example.com", True, False)
    assert account.last_login.tzinfo is not None
    assert set(scene.ask("/account").json()) == {
        "allow_tracking",
        "beta",
        "country_of_residence",
        "created_at",
        "default_organization",
        "default_team",
        "delinquent_at",
        "email",
        "federated",
        "id",
        "identity_provider",
        "last_login",
        "name",
        "sms_number",
        "suspended_at",
        "two_factor_authentication",
        "updated_at",
        "verified",
    }


def test_heroku3_reads_the_slug_of_a_release(scene: Scene, heroku_by_key: Any) -> None:
    app = heroku_by_key.app("raxx-api-prod")
    wanted = scene.ask("/apps/raxx-api-prod/releases/1").json()["slug"]["id"]
    slug = app.slug(wanted)
    assert (slug.id, slug.stack.name) == (wanted, "heroku-24")
    types = scene.ask(f"/apps/raxx-api-prod/slugs/{wanted}").json()["process_types"]
    assert set(types) == {"web", "worker"}
    with pytest.raises(requests.HTTPError) as missing:
        app.slug("none")
    assert missing.value.response.json()["resource"] == "slug"


def test_heroku3_switches_preboot_on_and_off_again(scene: Scene, heroku_by_key: Any) -> None:
    app = heroku_by_key.app("raxx-api-prod")
    assert app.enable_feature("preboot").enabled is True
    assert scene.app.preboot
    assert app.disable_feature("preboot").enabled is False
    assert not scene.app.preboot
    refused = scene.ask("/apps/raxx-api-prod/features/preboot", "PATCH", json={"enabled": 2})
    assert (refused.status_code, refused.json()["id"]) == (422, "invalid_params")
