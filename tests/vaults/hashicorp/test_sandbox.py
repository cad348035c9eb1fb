"""A client that others wrote runs against the twin unchanged. It has no merge patch of its own."""

from __future__ import annotations

import httpx
import hvac
import pytest
from hvac.exceptions import Forbidden, InvalidPath, InvalidRequest, VaultDown

from deployments.sandbox.hashicorp.app import HashicorpVault


def test_a_secret_is_written_with_check_and_set_read_and_destroyed(client: hvac.Client) -> None:
    kv = client.secrets.kv.v2
    assert client.is_authenticated()

    kv.create_or_update_secret("prod/app", {"A": "1"}, cas=0)
    kv.create_or_update_secret("prod/app", {"A": "1", "B": "2"}, cas=1)
    with pytest.raises(InvalidRequest, match="check-and-set parameter did not match"):
        kv.create_or_update_secret("prod/app", {"A": "3"}, cas=1)

    read = kv.read_secret_version("prod/app", raise_on_deleted_version=True)["data"]
    assert (read["data"], read["metadata"]["version"]) == ({"A": "1", "B": "2"}, 2)
    assert kv.list_secrets("prod")["data"]["keys"] == ["app"]
    kv.destroy_secret_versions("prod/app", [1])
    with pytest.raises(InvalidPath):
        kv.read_secret_version("prod/app", version=1, raise_on_deleted_version=True)


def test_what_is_not_there_not_allowed_or_sealed_is_told_in_vaults_way(
    client: hvac.Client, twin: HashicorpVault
) -> None:
    read = client.secrets.kv.v2.read_secret_version
    with pytest.raises(InvalidPath):
        read("prod/none", raise_on_deleted_version=True)
    with pytest.raises(InvalidPath, match="no handler for route"):
        read("prod/none", mount_point="other", raise_on_deleted_version=True)
    twin.knobs.capabilities = frozenset()
    with pytest.raises(Forbidden):
        read("prod/none", raise_on_deleted_version=True)
    twin.knobs.sealed = True
    with pytest.raises(VaultDown):
        read("prod/none", raise_on_deleted_version=True)


def test_an_approle_logs_in_and_a_wrong_one_does_not(twin: HashicorpVault, url: str) -> None:
    client = hvac.Client(url=url)
    with pytest.raises(InvalidRequest, match="invalid role or secret ID"):
        client.auth.approle.login(twin.role_id, "wrong")

    client.auth.approle.login(twin.role_id, twin.secret_id)

    assert client.is_authenticated()


def test_a_token_is_looked_up_renewed_and_revoked(client: hvac.Client) -> None:
    token = client.auth.token
    assert token.lookup_self()["data"]["id"] == client.token
    assert token.renew_self()["auth"]["client_token"] == client.token

    token.revoke_self()

    assert not client.is_authenticated()
    with pytest.raises(Forbidden):
        token.lookup_self()


def test_what_a_token_may_is_asked_by_path(client: hvac.Client, twin: HashicorpVault) -> None:
    twin.knobs.capabilities = frozenset({"read", "list"})
    told = client.sys.get_capabilities(["secret/data/prod"])
    assert (told["capabilities"], told["data"]["secret/data/prod"]) == (["list", "read"], ["list", "read"])
    both = client.sys.get_capabilities(["secret/data/prod", "other/data/prod"])
    assert (both["other/data/prod"], "capabilities" in both) == (["deny"], False)
    twin.knobs.capabilities = frozenset()
    assert client.sys.get_capabilities(["secret/data/prod"])["capabilities"] == ["deny"]


def test_whether_it_is_sealed_is_told_to_everybody_and_while_it_is(url: str, twin: HashicorpVault) -> None:
    nobody = hvac.Client(url=url)
    assert nobody.sys.read_health_status(method="GET")["sealed"] is False
    assert nobody.sys.read_health_status().status_code == 200
    twin.knobs.sealed = True
    assert nobody.sys.is_sealed()
    assert nobody.sys.read_health_status().status_code == 503
    assert nobody.sys.read_health_status(method="GET", sealed_code=299).status_code == 299
    assert nobody.sys.read_seal_status()["sealed"] is True


def test_what_vault_kv_asks_before_it_asks_the_engine(url: str, client: hvac.Client) -> None:
    headers = {"Authorization": f"Bearer {client.token}"}
    with httpx.Client(base_url=url, headers=headers, trust_env=False) as raw:
        told = raw.get("/v1/sys/internal/ui/mounts/secret/prod/app").json()
        other = raw.get("/v1/sys/internal/ui/mounts/other")
        assert raw.get("/v1/sys/internal/ui/mounts/secret", headers={"Authorization": client.token}).status_code == 403

    assert {name: told["data"][name] for name in ("path", "type", "options")} == {
        "path": "secret/",
        "type": "kv",
        "options": {"version": "2"},
    }
    assert other.status_code == 403
    assert other.json()["errors"][0].startswith("preflight capability check returned 403")


def test_a_path_that_nobody_answers_is_told_in_json(client: hvac.Client, url: str) -> None:
    with httpx.Client(base_url=f"{url}/v1", headers={"X-Vault-Token": client.token}, trust_env=False) as raw:
        nothing, unmounted, wrong = raw.get("/sys/none"), raw.get("/none/at/all"), raw.get("/secret/prod")
        unsupported = raw.delete("/secret/destroy/prod")
    assert (nothing.status_code, nothing.json()["errors"]) == (404, ["1 error occurred:\n\t* unsupported path\n\n"])
    assert unmounted.json()["errors"] == ['no handler for route "none/at/all". route entry not found.']
    assert (unsupported.status_code, "unsupported operation" in unsupported.json()["errors"][0]) == (405, True)
    assert (wrong.status_code, "errors" in wrong.json()) == (404, False)
    assert "vault kv get" in wrong.json()["warnings"][0]
    stranger = httpx.get(f"{url}/v1/none", trust_env=False)
    assert (stranger.status_code, "permission denied" in stranger.text) == (403, True)
