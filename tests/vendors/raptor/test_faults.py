"""Every fault becomes one error that holds no secret."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from blocks.errors import CatalogError
from blocks.runtimes.raptor import Raptor, RaptorClient
from deployments.sandbox import made_up
from tests.vendors.raptor.scene import Scene
from tests.vendors.silence import assert_silent


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
