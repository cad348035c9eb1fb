"""Every fault becomes one error that holds no secret."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.answer import Answer
from blocks.consumers.heroku.block import Heroku
from blocks.consumers.heroku.client import HerokuClient
from blocks.errors import (
    CatalogError,
    RekeyError,
    Unclear,
    Unreachable,
)
from deployments.sandbox import made_up
from deployments.sandbox.faults import FaultKind
from deployments.sandbox.heroku.app import HerokuSandbox
from deployments.sandbox.heroku.apps import SandboxApp
from deployments.sandbox.server import SandboxServer
from tests.vendors.heroku.scene import KEY, Scene, _numbers, clear, new_pair
from tests.vendors.silence import assert_silent

OPERATIONS: dict[str, Callable[[HerokuClient, str], object]] = {
    "can_write": lambda client, app: client.can_write(app),
    "variables": lambda client, app: client.variables(app, [KEY]),
    "set_variables": lambda client, app: client.set_variables(app, new_pair()),
    "newest_release": lambda client, app: client.newest_release(app),
    "release": lambda client, app: client.release(app, 1),
    "release_carries": lambda client, app: client.release_carries(app, 1, new_pair()),
    "quantities": lambda client, app: client.quantities(app),
    "dynos": lambda client, app: client.dynos(app),
    "running": lambda client, app: client.running(app, 1),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("body", [{}, [], [{}], [None], {"web.1": 7}, None, {"id": made_up.token("HRKU-")}])
def test_an_answer_without_the_documented_fields_is_unclear_or_empty_but_never_another_error(
    scene: Scene, app: SandboxApp, client: HerokuClient, operation: str, body: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    scene.fault(FaultKind.ANSWER, status=200, body=body if body is not None else "null", times=None)
    try:
        answer = OPERATIONS[operation](client, app.name)
    except RekeyError as error:
        assert type(error) is Unclear  # noqa: PT017  what is raised depends on the operation; what it is does not
        assert_silent(error)
    else:
        # What an empty answer truly says: nothing is set, nothing runs, nothing is wanted.
        assert answer in [None, Answer.NO, Answer.YES, [], {}, {KEY: None}]
    assert capfd.readouterr().out == ""


def test_a_redirect_is_never_followed_with_the_token(scene: Scene, app: SandboxApp) -> None:
    seen: list[object] = []

    async def elsewhere(scope: Any, _: Any, send: Any) -> None:
        seen.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    async def redirecting(_: Any, __: Any, send: Any) -> None:
        target = f"{server.url('elsewhere')}/stolen".encode()
        await send({"type": "http.response.start", "status": 307, "headers": [(b"location", target)]})
        await send({"type": "http.response.body", "body": b""})

    server = SandboxServer({"elsewhere": elsewhere, "redirecting": redirecting})
    server.start()
    try:
        client = HerokuClient(server.url("redirecting"), SecretStr(scene.heroku.token))
        with client, pytest.raises(Unclear, match="redirected"):
            client.set_variables(app.name, new_pair())
    finally:
        server.stop()
    assert seen == []


def test_nothing_listening_is_unreachable() -> None:
    server = SandboxServer({"gone": HerokuSandbox().app()})
    url = server.url("gone")
    server._sockets["gone"].close()
    with HerokuClient(url, SecretStr(made_up.token("HRKU-"))) as client, pytest.raises(Unreachable) as caught:
        client.set_variables("some-app", new_pair())
    assert "ConnectError" in caught.value.fault
    assert_silent(caught.value)


def test_a_token_that_cannot_be_sent_is_named_and_not_shown(scene: Scene) -> None:
    token = f"{made_up.token('HRKU-')}\n"
    with pytest.raises(CatalogError, match="block") as caught:
        scene.client(token)
    assert_silent(caught.value)


def test_plain_http_is_refused_outside_of_loopback() -> None:
    with pytest.raises(CatalogError, match="https"):
        HerokuClient("http://api.heroku.com", SecretStr("any"))


def test_the_environment_cannot_lead_the_token_elsewhere(
    app: SandboxApp, client: HerokuClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    assert client.newest_release(app.name).version == 1


def test_two_consumers_in_two_threads_do_not_disturb_each_other(scene: Scene) -> None:
    apps = [scene.heroku.add_app(f"both-{number}-{next(_numbers)}", {}) for number in (1, 2)]
    pairs = [new_pair(), new_pair()]

    def propagate(app: SandboxApp, pair: dict[str, SecretStr]) -> None:
        with scene.client() as client:
            client.set_variables(app.name, pair)

    threads = [threading.Thread(target=propagate, args=both) for both in zip(apps, pairs, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert [app.variables for app in apps] == [clear(pair) for pair in pairs]


def test_neither_block_nor_client_shows_the_token(scene: Scene) -> None:
    block = Heroku(token=SecretStr(scene.heroku.token))
    assert block.url == "https://api.heroku.com"
    with block.get_client() as client:
        assert scene.heroku.token not in f"{block!r}{client!r}{vars(client)!r}{vars(client._session)!r}"
