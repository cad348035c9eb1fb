"""A client that others wrote runs against the twin unchanged. It has no merge patch of its own."""

from __future__ import annotations

from collections.abc import Iterator

import hvac
import pytest
from hvac.exceptions import Forbidden, InvalidPath, InvalidRequest, VaultDown

from deployments.sandbox.hashicorp.app import HashicorpVault
from deployments.sandbox.server import SandboxServer


@pytest.fixture
def url(twin: HashicorpVault) -> Iterator[str]:
    server = SandboxServer({"vault": twin.app()})
    server.start()
    yield server.url("vault")
    server.stop()


@pytest.fixture
def client(twin: HashicorpVault, url: str) -> hvac.Client:
    return hvac.Client(url=url, token=twin.token)


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
