"""Every fault becomes one error that holds no secret."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.errors import CatalogError, Missing, RateLimited, Refused, Rejected, Unclear, Unreachable, VendorError
from blocks.runtimes.raptor import Raptor, RaptorClient
from deployments.sandbox import made_up
from deployments.sandbox.faults import FaultKind
from tests.vendors.raptor.scene import FAR_ORDER, SHORT_S, Scene
from tests.vendors.silence import assert_silent

OPERATIONS: dict[str, Callable[[RaptorClient], object]] = {
    "account": lambda client: client.account("live"),
    "place": lambda client: client.place_order(FAR_ORDER, mode="live", client_order_id="rekey-11"),
    "cancel": lambda client: client.cancel_order(made_up.identifier(), "live"),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    ("fault", "kind", "transient"),
    [
        ({"kind": FaultKind.ANSWER, "status": 401, "body": {"error": "unauthorized"}}, Refused, False),
        ({"kind": FaultKind.ANSWER, "status": 403, "body": {}}, Refused, False),
        ({"kind": FaultKind.ANSWER, "status": 404, "body": {}}, Missing, False),
        ({"kind": FaultKind.ANSWER, "status": 422, "body": {"code": 42210000}}, Rejected, False),
        ({"kind": FaultKind.RATE_LIMIT}, RateLimited, True),
        ({"kind": FaultKind.RATE_LIMIT, "retry_after_s": 7}, RateLimited, True),
        ({"kind": FaultKind.ANSWER, "status": 500}, Unclear, True),
        ({"kind": FaultKind.HTML, "status": 503}, Unclear, True),
        ({"kind": FaultKind.HTML, "status": 403}, Unclear, False),
        ({"kind": FaultKind.ANSWER, "status": 302, "body": {}}, Unclear, False),
        ({"kind": FaultKind.HANG}, Unreachable, True),
        ({"kind": FaultKind.DROP_BEFORE}, Unreachable, True),
        ({"kind": FaultKind.DROP_AFTER}, Unreachable, True),
    ],
)
def test_every_fault_becomes_one_silent_error(
    scene: Scene, operation: str, fault: dict[str, Any], kind: type[VendorError], transient: bool
) -> None:
    token = made_up.token("raptor-")
    scene.fault(**fault)
    impatient = scene.client(token, read_timeout_s=SHORT_S if fault["kind"] is FaultKind.HANG else 10)
    with impatient, pytest.raises(VendorError) as caught:
        OPERATIONS[operation](impatient)
    assert type(caught.value) is kind
    assert caught.value.transient is transient
    assert caught.value.retry_after_s == fault.get("retry_after_s")
    assert_silent(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301  our own pickle


def test_a_token_that_cannot_be_sent_is_named_and_not_shown(scene: Scene) -> None:
    with pytest.raises(CatalogError, match="block") as caught:
        scene.client(f"{made_up.token('raptor-')}\u2019")
    assert_silent(caught.value)


def test_plain_http_is_refused_outside_of_loopback() -> None:
    with pytest.raises(CatalogError, match="https"):
        RaptorClient("http://api.example.com")


def test_the_block_does_not_show_the_token() -> None:
    token = made_up.token("raptor-")
    block = Raptor(url="https://api.example.com", token=SecretStr(token))
    with block.get_client() as client:
        assert token not in f"{block!r}{client!r}{vars(client)!r}{vars(client._http)!r}"
