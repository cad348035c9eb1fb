"""Webhooks of repositories and organizations, whose secret is replaced and never shown."""

from __future__ import annotations

from typing import Any

import github
import pytest

from deployments.sandbox import made_up
from tests.vendors.github.sandbox.scene import Scene

URL = "https://hooks.example.com/github"


def secret_of(scene: Scene, url: str) -> str | None:
    return scene.sandbox.hook_secret(int(url.rpartition("/")[2]))


@pytest.mark.parametrize("of", ["repository", "organization"])
def test_pygithub_replaces_the_secret_of_a_webhook(scene: Scene, repository: str, of: str) -> None:
    first, second = made_up.token("", 40), made_up.token("", 40)
    owner = f"hooks-of-{repository.rpartition('-')[2]}"
    scene.sandbox.add_repository(f"{owner}/one")
    with scene.pygithub() as client:
        place: Any = client.get_repo(repository) if of == "repository" else client.get_organization(owner)
        made = place.create_hook("web", {"url": URL, "content_type": "json", "secret": first}, ["push", "release"])
        assert (made.name, made.active, made.events) == ("web", True, ["push", "release"])
        assert made.config == {"url": URL, "content_type": "json", "insecure_ssl": "0", "secret": "********"}
        assert secret_of(scene, made.url) == first
        assert [one.id for one in place.get_hooks()] == [made.id] == [place.get_hook(made.id).id]
        made.edit("web", {"url": URL, "content_type": "json", "secret": second}, add_events=["fork"])
        made.ping()
        if of == "repository":
            made.test()
        assert secret_of(scene, made.url) == second
        assert made.updated_at >= made.created_at
        assert list(place.get_hook_deliveries(made.id)) == []
        made.delete()
        with pytest.raises(github.UnknownObjectException):
            place.get_hook(made.id)


def test_a_change_without_the_secret_takes_it_away_and_one_of_the_configuration_alone_does_not(
    scene: Scene, repository: str
) -> None:
    """Documented, in "Update a repository webhook"."""
    base, secret = f"/repos/{repository}/hooks", made_up.token("", 40)
    with scene.gh() as gh:
        made = gh.post(base, json={"config": {"url": URL, "secret": secret}})
        shown = made.json()
        assert (made.status_code, made.headers["location"]) == (201, shown["url"])
        assert (shown["events"], shown["config"]["content_type"], shown["type"]) == (["push"], "form", "Repository")
        assert shown["last_response"] == {"code": None, "status": "unused", "message": None}
        config = gh.patch(f"{shown['url']}/config", json={"content_type": "json"})
        assert config.json() == gh.get(f"{shown['url']}/config").json()
        assert (config.json()["content_type"], config.json()["secret"]) == ("json", "********")
        assert secret_of(scene, shown["url"]) == secret
        assert "secret" in gh.patch(shown["url"], json={"active": False}).json()["config"]
        changed = gh.patch(shown["url"], json={"config": {"url": URL}, "add_events": ["fork"]}).json()
        assert (changed["events"], "secret" in changed["config"], changed["active"]) == (["push", "fork"], False, False)
        assert secret_of(scene, shown["url"]) is None
        assert gh.patch(shown["url"], json={"remove_events": ["fork"]}).json()["events"] == ["push"]
    assert secret not in repr(scene.sandbox._estate)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"config": {"content_type": "json"}}, {"code": "custom", "message": "Config must contain URL for webhooks"}),
        ({"name": "other", "config": {"url": URL}}, {"code": "invalid", "field": "name"}),
        ({"config": {"url": f"{URL}/one"}}, {"code": "custom", "message": "Hook already exists on this repository"}),
        (
            {"config": {"url": "no address"}},
            {
                "code": "custom",
                "message": "The URL you've entered is not valid. Please make sure that you encode all special "
                "characters first",
            },
        ),
    ],
)
def test_what_cannot_be_a_webhook_is_refused(
    scene: Scene, repository: str, body: dict[str, Any], error: dict[str, str]
) -> None:
    base = f"/repos/{repository}/hooks"
    with scene.gh() as gh:
        assert gh.post(base, json={"config": {"url": f"{URL}/one"}, "events": ["push"]}).status_code == 201
        refused = gh.post(base, json=body)
        assert (refused.status_code, refused.json()["message"]) == (422, "Validation Failed")
        assert refused.json()["errors"] == [{"resource": "Hook", **error}]
        # The same address for other events is another webhook.
        assert gh.post(base, json={"config": {"url": f"{URL}/one"}, "events": ["release"]}).status_code == 201
        assert len(gh.get(base).json()) == 2


def test_twenty_webhooks_wait_for_one_event_at_most(scene: Scene, repository: str) -> None:
    base = f"/repos/{repository}/hooks"
    with scene.gh() as gh:
        for number in range(20):
            assert gh.post(base, json={"config": {"url": f"{URL}/{number}"}}).status_code == 201
        refused = gh.post(base, json={"config": {"url": URL}})
    assert refused.json()["errors"][0]["message"] == 'The "push" event cannot have more than 20 hooks'


def test_webhooks_are_for_who_may_administer_them(scene: Scene, repository: str) -> None:
    with scene.gh(scene.sandbox.add_token({"secrets": "write"})) as gh:
        for path, needed in {f"/repos/{repository}": "repository_hooks", "/orgs/raxx": "organization_hooks"}.items():
            refused = gh.get(f"{path}/hooks")
            assert (refused.status_code, refused.headers["x-accepted-github-permissions"]) == (403, f"{needed}=read")
    with scene.gh(scene.sandbox.add_token(classic=True, scopes=("repo", "admin:org"))) as gh:
        assert gh.get(f"/repos/{repository}/hooks").status_code == 200
        assert gh.get("/orgs/raxx/hooks").status_code == 404
        assert gh.get(f"/repos/{repository}/hooks/1/deliveries").status_code == 404
