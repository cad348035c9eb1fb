"""The cluster's own certificate authority is believed alone, and nothing that is none is taken."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from pydantic import SecretStr, ValidationError

from blocks.consumers.kubernetes.block import Kubernetes
from blocks.errors import Unreachable
from deployments.local.processes import free_port
from deployments.sandbox.kubernetes.app import KubernetesSandbox
from tests.console.certificates import made
from tests.waiting import wait_until


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[Kubernetes, KubernetesSandbox]]:
    """A twin that serves https with a certificate of its own."""
    certificate, key = made(tmp_path, "localhost")
    twin, port = KubernetesSandbox(), free_port()
    twin.cluster.put_secret("trading", "broker", {"a": "1"})
    settings = uvicorn.Config(
        twin.app(), port=port, lifespan="off", log_config=None, ssl_certfile=str(certificate), ssl_keyfile=str(key)
    )
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    wait_until(lambda: server.started, description="the twin serves https")
    url = f"https://localhost:{port}"
    yield Kubernetes(url=url, token=SecretStr(twin.token), certificates=certificate.read_text()), twin
    server.should_exit = True
    thread.join(10)


def test_only_the_authority_of_the_block_is_believed(
    cluster: tuple[Kubernetes, KubernetesSandbox], tmp_path: Path
) -> None:
    block, _ = cluster
    with block.get_client() as client:
        assert client.secret("trading", "broker").values["a"].get_secret_value() == "1"
    (tmp_path / "other").mkdir()
    other, _ = made(tmp_path / "other", "localhost")
    for certificates in ("", other.read_text()):
        stranger = block.model_copy(update={"certificates": certificates})
        with stranger.get_client() as client, pytest.raises(Unreachable, match="connection failed"):
            client.secret("trading", "broker")


def test_what_is_no_certificate_is_refused_when_the_block_is_saved() -> None:
    with pytest.raises(ValidationError, match="no certificates in PEM"):
        Kubernetes(url="https://10.0.0.1", token=SecretStr("made up"), certificates="nothing of the kind")
