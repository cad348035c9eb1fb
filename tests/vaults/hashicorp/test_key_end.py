"""When the token of the block ends is told by Vault itself; an AppRole's secret ID is said not to be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from blocks.errors import StepError, Unclear, Unproved
from blocks.key_end import KeyEnd
from blocks.vaults.hashicorp.client import HashicorpClient
from blocks.vaults.hashicorp.session import HashicorpSession
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.hashicorp.app import HashicorpVault
from deployments.sandbox.server import SandboxServer

LOOK = "/v1/auth/token/lookup-self"
TTL = timedelta(days=40)


@pytest.fixture
def server(twin: HashicorpVault) -> Iterator[SandboxServer]:
    made = SandboxServer({"vault": twin.app()})
    made.start()
    yield made
    made.stop()


def asked(server: SandboxServer, *, token: str = "", role: tuple[str, str] = ("", "")) -> KeyEnd:
    role_id, secret_id = role
    session = HashicorpSession(
        server.url("vault"),
        token=SecretStr(token) if token else None,
        role_id=role_id,
        secret_id=SecretStr(secret_id) if secret_id else None,
    )
    with HashicorpClient(session, "secret") as client:
        return client.key_end()


def test_a_token_ends_when_vault_says(server: SandboxServer, twin: HashicorpVault) -> None:
    twin.knobs.token_lasts_s = int(TTL.total_seconds())

    found = asked(server, token=twin.token)

    assert found.at is not None
    assert abs(found.at - datetime.now(UTC) - TTL) < timedelta(minutes=1)
    assert "renew it from outside" in found.remedy


def test_a_token_without_an_end_is_said_to_have_none(server: SandboxServer, twin: HashicorpVault) -> None:
    twin.knobs.token_lasts_s = None

    assert asked(server, token=twin.token) == KeyEnd(
        told="HashiCorp Vault accepts rekey's token, which has no end, as a root token has none."
    )


def test_a_token_that_may_be_used_a_few_times_is_told(server: SandboxServer, twin: HashicorpVault) -> None:
    twin.knobs.token_uses = 40

    with pytest.raises(StepError, match="may be used 40 more times"):
        asked(server, token=twin.token)


def test_an_app_roles_secret_id_is_said_not_to_be_looked_at(server: SandboxServer, twin: HashicorpVault) -> None:
    assert (
        "Not looked at: whether and when its secret ID ends" in asked(server, role=(twin.role_id, twin.secret_id)).told
    )


def test_a_token_that_may_not_look_itself_up_is_unknown(server: SandboxServer, twin: HashicorpVault) -> None:
    denied = {"errors": ["1 error occurred:\n\t* permission denied\n\n"]}
    server.plan.add(Fault("vault", FaultKind.ANSWER, "GET", LOOK, status=403, body=denied))

    with pytest.raises(Unproved, match="does not let rekey's token look itself up"):
        asked(server, token=twin.token)


@pytest.mark.parametrize("data", [None, {}, {"expire_time": "soon"}, {"expire_time": "2027-01-01T00:00:00"}, [1]])
def test_an_answer_without_an_end_is_no_token_without_an_end(
    server: SandboxServer, twin: HashicorpVault, data: object
) -> None:
    server.plan.add(Fault("vault", FaultKind.ANSWER, "GET", LOOK, status=200, body={"data": data}))

    with pytest.raises(Unclear):
        asked(server, token=twin.token)
