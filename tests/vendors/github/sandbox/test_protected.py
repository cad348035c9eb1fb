"""What protects an environment is kept, deploy keys are replaced, and organizations have secrets of three families."""

from __future__ import annotations

import base64
import secrets

import github
import pytest
from nacl.encoding import Base64Encoder
from nacl.public import PublicKey, SealedBox

from tests.vendors.github.sandbox.scene import Scene


def ssh_key() -> str:
    return f"ssh-ed25519 {base64.b64encode(secrets.token_bytes(51)).decode()}"


def test_pygithub_makes_an_environment_that_is_protected(scene: Scene, repository: str) -> None:
    with scene.pygithub() as client:
        found = client.get_repo(repository)
        policy = github.EnvironmentDeploymentBranchPolicy.EnvironmentDeploymentBranchPolicyParams(
            protected_branches=True, custom_branch_policies=False
        )
        reviewer = github.EnvironmentProtectionRuleReviewer.ReviewerParams("User", 1)
        found.create_environment("stage", 30, [reviewer], prevent_self_review=True, deployment_branch_policy=policy)
        made = found.get_environment("stage")
        rules = {one.type: one for one in made.protection_rules}
        assert set(rules) == {"wait_timer", "required_reviewers", "branch_policy"}
        assert rules["wait_timer"].wait_timer == 30
        assert rules["required_reviewers"].reviewers[0].reviewer.raw_data["login"] == "sandbox"
        assert made.deployment_branch_policy.protected_branches is True
        assert made.created_at <= made.updated_at
        # Without any of it, it is not protected any more.
        found.create_environment("stage")
        again = found.get_environment("stage")
        assert again.raw_data["protection_rules"] == []
        assert again.raw_data["deployment_branch_policy"] is None
        assert again.created_at == made.created_at
        untouched = found.get_environment("prod")
        assert not untouched.protection_rules
        assert untouched.created_at.tzinfo is not None


@pytest.mark.parametrize(
    "body",
    [
        {"wait_timer": 43_201},
        {"wait_timer": "5"},
        {"reviewers": [{"type": "Bot", "id": 1}]},
        {"reviewers": [{"type": "User", "id": 1}] * 7},
        {"deployment_branch_policy": {"protected_branches": True, "custom_branch_policies": True}},
        {"deployment_branch_policy": "protected"},
    ],
)
def test_a_protection_that_cannot_be_is_refused_and_makes_nothing(
    scene: Scene, repository: str, body: dict[str, object]
) -> None:
    path = f"/repos/{repository}/environments/none"
    with scene.gh() as gh:
        assert (gh.put(path, json=body).status_code, gh.get(path).status_code) == (422, 404)


def test_pygithub_replaces_a_deploy_key(scene: Scene, repository: str) -> None:
    old, new = ssh_key(), ssh_key()
    with scene.pygithub() as client, scene.gh() as gh:
        found = client.get_repo(repository)
        kept = found.create_key("old", f"{old} somebody@example.com", read_only=True)
        assert (kept.key, kept.title, kept.read_only, kept.verified) == (old, "old", True, True)
        replaced = found.create_key("new", new)
        kept.delete()
        assert [(one.id, one.title) for one in found.get_keys()] == [(replaced.id, "new")]
        assert found.get_key(replaced.id).read_only is False
        with pytest.raises(github.UnknownObjectException):
            found.get_key(kept.id)
        for key, said in ((f"{new} x", "key is already in use"), ("ssh-rsa", "key is invalid")):
            refused = gh.post(f"/repos/{repository}/keys", json={"title": "x", "key": key})
            assert refused.status_code == 422
            assert refused.json()["errors"][0]["message"].startswith(said)
        assert gh.post(f"/repos/{repository}/keys", json={}).status_code == 422
        assert found.get_collaborator_permission("sandbox") == "admin"
    with scene.gh(scene.sandbox.add_token({"secrets": "write"})) as gh:
        assert gh.get(f"/repos/{repository}/keys").headers["x-accepted-github-permissions"] == "administration=read"


@pytest.mark.parametrize("family", ["dependabot", "codespaces"])
def test_an_organizations_secrets_of_each_family_are_its_own(scene: Scene, repository: str, family: str) -> None:
    base, name = f"/orgs/raxx/{family}/secrets", f"SHARED_{family.upper()}"
    with scene.gh() as gh:
        key = gh.get(f"{base}/public-key").json()
        assert key["key_id"] != gh.get("/orgs/raxx/actions/secrets/public-key").json()["key_id"]
        box = SealedBox(PublicKey(key["key"].encode(), Base64Encoder)).encrypt(b"x", Base64Encoder).decode()
        number = gh.get(f"/repos/{repository}").json()["id"]
        body = {"encrypted_value": box, "key_id": key["key_id"], "visibility": "selected"}
        made = gh.put(f"{base}/{name}", json={**body, "selected_repository_ids": [number]})
        shown = gh.get(f"{base}/{name}").json()
        picked = gh.get(shown["selected_repositories_url"]).json()["repositories"]
        assert (made.status_code, shown["visibility"]) == (201, "selected")
        assert [one["full_name"] for one in picked] == [repository]
        assert gh.get(f"/orgs/raxx/actions/secrets/{name}").status_code == 404
        assert gh.delete(f"{base}/{name}").status_code == 204
        assert gh.get(base).json()["total_count"] == 0
    with scene.gh(scene.sandbox.add_token({"organization_secrets": "write"})) as gh:
        refused = gh.get(base)
    assert refused.headers["x-accepted-github-permissions"] == f"organization_{family}_secrets=read"


def test_pygithub_writes_an_organizations_secret_for_dependabot(scene: Scene, repository: str) -> None:
    family = "dependabot"
    with scene.pygithub() as client:
        organization = client.get_organization(repository.partition("/")[0])
        made = organization.create_secret("FOR_DEPENDABOT", "x", "all", secret_type=family)
        found = organization.get_secrets(secret_type=family)
        assert [one.name for one in found] == [made.name] == ["FOR_DEPENDABOT"]
        assert "FOR_DEPENDABOT" not in [one.name for one in organization.get_secrets()]
        made.delete()
