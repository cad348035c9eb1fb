"""An organization that cannot pay gets no message, whatever key asks: that is no word on the key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import cast

import pytest
from pydantic import SecretStr

from blocks.answer import Answer
from blocks.errors import Refused, Rejected, Unproved
from blocks.issuers.anthropic.issuer import AnthropicKey
from blocks.issuers.anthropic.table import AnthropicTable
from blocks.model.credential import Credential
from blocks.secret import Minted
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.issuers.anthropic import MODEL, Anthropic
from deployments.sandbox.issuers.app import IssuersSandbox
from deployments.sandbox.server import SandboxServer
from tests.issuers.support import served

REALM, NOW = "production", datetime.now(UTC)


@pytest.fixture
def twin() -> Anthropic:
    """One organization."""
    return Anthropic()


@pytest.fixture
def server(twin: Anthropic) -> Iterator[SandboxServer]:
    """Where it is."""
    with served(IssuersSandbox(anthropic=twin)) as started:
        yield started


@pytest.fixture
def issuer(server: SandboxServer, twin: Anthropic) -> AnthropicKey:
    """The block at its address, with its admin key."""
    return AnthropicKey(url=server.url("issuers"), admin_key=SecretStr(twin.admin_key))


def credential(model: str = MODEL) -> Credential:
    """One whose new key has to get a token of this model."""
    return cast("Credential", SimpleNamespace(own=AnthropicTable(model=model), realm=REALM, cadence_days=90))


def key(value: str) -> Minted:
    """A key of this value."""
    return Minted({"key": SecretStr(value)})


@pytest.mark.parametrize(("unpaid", "status"), [("credit", 400), ("limit", 400), ("payment", 402)])
def test_an_organization_without_credit_is_no_word_on_its_keys(
    issuer: AnthropicKey, twin: Anthropic, unpaid: str, status: int
) -> None:
    """Whoever leaked a key may have used the credit up: its rotation goes on, and says what was not proved."""
    mine, dead = key(twin.keys.mint()), key(twin.keys.mint())
    twin.keys.delete(dead.secret.get_secret_value())
    twin.knobs.unpaid = unpaid

    assert issuer.accepts(REALM, mine) is Answer.YES
    assert issuer.misfit(credential(), mine, NOW) is None
    told = issuer.demand_its_scope(credential(), mine)
    assert f"a spend limit ({status}): no word on the key. It lists {MODEL} as one" in told
    assert told.endswith("that it gets a token of it is not proved.")
    wrong = issuer.misfit(credential("claude-misspelt"), mine, NOW)
    assert wrong is not None
    assert "has no model claude-misspelt" in wrong.problem
    with pytest.raises(Refused):
        issuer.misfit(credential(), dead, NOW)


@pytest.mark.parametrize("path", ["/v1/models", "/v1/organizations/api_keys"])
def test_want_of_credit_is_said_wherever_it_is_met(
    issuer: AnthropicKey, twin: Anthropic, server: SandboxServer, path: str
) -> None:
    """Nobody documents that it is met there; it would be neither a yes nor a no."""
    told = {"type": "error", "error": {"type": "billing_error", "message": "No."}}
    server.plan.add(Fault("issuers", FaultKind.ANSWER, path=path, times=None, status=402, body=told))
    mine = key(twin.keys.mint())

    assert issuer.accepts(REALM, mine) is (Answer.UNKNOWN if path == "/v1/models" else Answer.YES)
    with pytest.raises(Rejected, match=r"no word on the key \(HTTP 402, code billing_error.*Buy credit"):
        issuer.identify(REALM, mine)


def test_a_message_that_is_not_taken_for_another_reason_is_unproved(
    issuer: AnthropicKey, twin: Anthropic, server: SandboxServer
) -> None:
    told = {"type": "error", "error": {"type": "invalid_request_error", "message": "It takes no messages."}}
    server.plan.add(Fault("issuers", FaultKind.ANSWER, path="/v1/messages", times=None, status=400, body=told))
    mine = key(twin.keys.mint())

    for ask in (partial(issuer.misfit, now=NOW), issuer.demand_its_scope):
        with pytest.raises(Unproved, match=r"\(400, invalid_request_error.*no word on the key.*Send one by hand"):
            ask(credential(), mine)
