"""One refusal proves nothing: a read that is refused is asked once more, on a connection of its own; a write is not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.consumers.github.client import GithubClient
from blocks.consumers.github.place import Place
from blocks.consumers.heroku.client import HerokuClient
from blocks.errors import Refused
from deployments.sandbox import made_up
from deployments.sandbox.server import SandboxServer

NAME = "A_VARIABLE"


class Doorkeeper:
    """Answers the first requests with 401 and the others with the body; keeps method and connection of each."""

    def __init__(self) -> None:
        self.refusals = 1
        self.body: Any = {NAME: "a value"}
        self.seen: list[tuple[str, int]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI."""
        while (await receive()).get("more_body"):
            pass
        self.seen.append((scope["method"], scope["client"][1]))
        refused = len(self.seen) <= self.refusals
        body = json.dumps({"id": "unauthorized", "message": "Bad credentials"} if refused else self.body).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 401 if refused else 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@pytest.fixture
def doorkeeper() -> Doorkeeper:
    return Doorkeeper()


@pytest.fixture
def url(doorkeeper: Doorkeeper) -> Iterator[str]:
    server = SandboxServer({"vendor": doorkeeper})
    server.start()
    yield server.url("vendor")
    server.stop()


def read_heroku(url: str) -> object:
    with HerokuClient(url, SecretStr(made_up.token("HRKU-"))) as client:
        return client.variables("some-app", [NAME])


def read_github(url: str) -> object:
    with GithubClient(url, SecretStr(made_up.token("github_pat_"))) as client:
        return client.secret_updated_at(Place.of("raxx/raxx"), NAME)


READS = [read_heroku, read_github]


@pytest.mark.parametrize("read", READS)
def test_a_read_that_was_refused_once_is_asked_again_on_another_connection(
    doorkeeper: Doorkeeper, url: str, read: Callable[[str], object]
) -> None:
    doorkeeper.body |= {"updated_at": "2026-11-27T10:00:00Z"}
    assert read(url)
    assert [method for method, _ in doorkeeper.seen] == ["GET", "GET"]
    assert len({connection for _, connection in doorkeeper.seen}) == 2


@pytest.mark.parametrize("read", READS)
def test_a_read_that_was_refused_twice_is_refused(
    doorkeeper: Doorkeeper, url: str, read: Callable[[str], object]
) -> None:
    doorkeeper.refusals = 9
    with pytest.raises(Refused, match="401"):
        read(url)
    assert len(doorkeeper.seen) == 2


def test_a_write_that_was_refused_is_not_sent_again(doorkeeper: Doorkeeper, url: str) -> None:
    with HerokuClient(url, SecretStr(made_up.token("HRKU-"))) as client, pytest.raises(Refused):
        client.set_variables("some-app", {NAME: SecretStr("another value")})
    assert [method for method, _ in doorkeeper.seen] == ["PATCH"]
