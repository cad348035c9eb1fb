from __future__ import annotations

import itertools
import pickle
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.answer import Answer
from blocks.errors import (
    CatalogError,
    Missing,
    RateLimited,
    Refused,
    Rejected,
    RekeyError,
    Unclear,
    Unreachable,
    VendorError,
)
from blocks.vendors.heroku import Heroku, HerokuClient
from deployments.sandbox import made_up
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.heroku import HerokuSandbox
from deployments.sandbox.heroku_apps import HerokuKnobs, SandboxApp
from deployments.sandbox.server import SandboxServer
from tests.vendors.silence import assert_silent

KEY, SECRET = "ALPACA_PAPER_API_KEY_ID", "ALPACA_PAPER_API_SECRET_KEY"
SHORT_S = 0.2
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Scene:
    """The simulated Heroku and how to reach it."""

    heroku: HerokuSandbox
    server: SandboxServer

    def client(self, token: str | None = None, read_timeout_s: float = 10) -> HerokuClient:
        """A client as a step gets it."""
        block = Heroku(
            url=self.server.url("heroku"), token=SecretStr(token or self.heroku.token), read_timeout_s=read_timeout_s
        )
        return block.get_client()

    def fault(self, kind: FaultKind, **fields: Any) -> None:
        """Set a fault of this Heroku."""
        self.server.plan.add(Fault("heroku", kind, **fields))

    def requests(self, app: SandboxApp) -> list[tuple[str, str]]:
        """Method and path below the app of all requests so far; waits for the first, journaled after its answer."""
        deadline = time.monotonic() + 5
        while not (seen := [entry for entry in self.server.journal.of("heroku") if f"/{app.name}/" in entry.path]):
            assert time.monotonic() < deadline, "no request was journaled"
            threading.Event().wait(0.005)
        return [(entry.method, entry.path.partition(app.name)[2]) for entry in seen]


@pytest.fixture(scope="module")
def running_scene() -> Iterator[Scene]:
    heroku = HerokuSandbox()
    server = SandboxServer({"heroku": heroku.app()})
    server.start()
    yield Scene(heroku, server)
    server.stop()


@pytest.fixture
def scene(running_scene: Scene) -> Iterator[Scene]:
    yield running_scene
    running_scene.server.plan.clear()


@pytest.fixture
def app(scene: Scene) -> SandboxApp:
    variables = {KEY: made_up.alpaca_key_id("PK"), SECRET: made_up.alpaca_secret(), "OTHER": "kept"}
    made = scene.heroku.add_app(f"raxx-api-{next(_numbers)}", variables)
    made.knobs = HerokuKnobs()
    return made


@pytest.fixture
def client(scene: Scene) -> Iterator[HerokuClient]:
    with scene.client() as made:
        yield made


def new_pair() -> dict[str, SecretStr]:
    return {KEY: SecretStr(made_up.alpaca_key_id("PK")), SECRET: SecretStr(made_up.alpaca_secret())}


def clear(values: dict[str, SecretStr]) -> dict[str, str]:
    return {name: value.get_secret_value() for name, value in values.items()}


def test_both_variables_go_in_one_patch_and_make_one_release(
    scene: Scene, app: SandboxApp, client: HerokuClient
) -> None:
    before, pair = client.newest_release(app.name), new_pair()
    client.set_variables(app.name, pair)
    assert app.variables == {**clear(pair), "OTHER": "kept"}
    after = client.newest_release(app.name)
    assert [path for method, path in scene.requests(app) if method == "PATCH"] == ["/config-vars"]
    assert after.version == before.version + 1
    assert after.status == "succeeded"
    assert after.description == f"Set {KEY}, {SECRET} config vars"
    assert after.user_email == "operator@example.com"
    assert after.created_at >= before.created_at


def test_setting_is_one_request(scene: Scene, app: SandboxApp, client: HerokuClient) -> None:
    client.set_variables(app.name, new_pair())
    assert len(scene.requests(app)) == 1


def test_variables_come_back_out_of_sight_and_none_when_not_set(app: SandboxApp, client: HerokuClient) -> None:
    read = client.variables(app.name, [KEY, SECRET, "NOT_SET"])
    assert read[KEY] == SecretStr(app.variables[KEY])
    assert read["NOT_SET"] is None
    assert app.variables[SECRET] not in repr(read)


def test_a_release_tells_whether_it_carries_the_pair_after_later_changes(
    app: SandboxApp, client: HerokuClient, scene: Scene
) -> None:
    pair = new_pair()
    client.set_variables(app.name, pair)
    version = client.newest_release(app.name).version
    scene.heroku.set_by_hand(app.name, SECRET, "changed by hand")
    assert client.release_carries(app.name, version, pair) is Answer.YES
    assert client.release_carries(app.name, version + 1, pair) is Answer.NO
    assert client.release_carries(app.name, version, {"NOT_SET": SecretStr("")}) is Answer.NO


def test_half_a_character_in_a_value_is_compared_like_any_other(app: SandboxApp, client: HerokuClient) -> None:
    broken = {SECRET: SecretStr("\ud800")}
    assert client.release_carries(app.name, 1, broken) is Answer.NO
    client.set_variables(app.name, broken)
    assert client.release_carries(app.name, 2, broken) is Answer.YES


def test_a_release_is_pending_until_its_phase_ends_and_may_fail(app: SandboxApp, client: HerokuClient) -> None:
    app.knobs.release_phase_s = 3600
    client.set_variables(app.name, new_pair())
    assert client.release(app.name, 2).status == "pending"
    app.knobs.release_phase_s, app.knobs.release_phase_fails = 0, True
    client.set_variables(app.name, new_pair())
    assert client.release(app.name, 3).status == "failed"
    assert client.running(app.name, 3) is Answer.UNKNOWN


def test_preboot_is_read(app: SandboxApp, client: HerokuClient) -> None:
    assert client.preboot(app.name) is False
    app.preboot = True
    assert client.preboot(app.name) is True


def test_the_formation_is_the_number_of_long_running_dynos(app: SandboxApp, client: HerokuClient) -> None:
    app.types = {"web": 2, "worker": 1, "release": 1}
    assert client.formation(app.name) == 3


def test_running_is_yes_when_every_dyno_is_up_on_the_release(app: SandboxApp, client: HerokuClient) -> None:
    app.types = {"web": 2, "worker": 1, "run": 1}
    client.set_variables(app.name, new_pair())
    assert client.running(app.name, 2) is Answer.YES
    assert client.running(app.name, 1) is Answer.YES
    assert client.running(app.name, 3) is Answer.UNKNOWN


def test_running_is_unknown_while_dynos_boot(app: SandboxApp, client: HerokuClient) -> None:
    app.knobs.boot_delay_s = 3600
    client.set_variables(app.name, new_pair())
    assert {dyno.state for dyno in client.dynos(app.name)} == {"starting"}
    assert client.running(app.name, 2) is Answer.UNKNOWN


def test_running_is_unknown_while_the_list_shows_the_old_dynos(app: SandboxApp, client: HerokuClient) -> None:
    app.knobs.dyno_list_lag_s = 3600
    client.set_variables(app.name, new_pair())
    assert [(dyno.state, dyno.release_version) for dyno in client.dynos(app.name)] == [("up", 1)]
    assert client.running(app.name, 2) is Answer.UNKNOWN


def test_running_is_no_when_a_dyno_crashed_on_the_release(app: SandboxApp, client: HerokuClient) -> None:
    app.knobs.crash_on_boot = True
    client.set_variables(app.name, new_pair())
    assert client.running(app.name, 2) is Answer.NO
    assert client.running(app.name, 3) is Answer.UNKNOWN


def test_a_formation_that_was_read_before_is_read_again_while_the_dynos_are_not_that_many(
    app: SandboxApp, client: HerokuClient
) -> None:
    app.types = {"web": 2, "worker": 1}
    before = client.quantities(app.name)
    assert client.running(app.name, 1, before) is Answer.YES
    app.types = {"web": 1, "worker": 1}
    assert client.running(app.name, 1, before) is Answer.YES
    app.types = {"web": 3, "worker": 1}
    assert client.running(app.name, 1, before) is Answer.YES
    assert client.running(app.name, 2, before) is Answer.UNKNOWN


def test_an_app_scaled_to_nothing_is_running(app: SandboxApp, client: HerokuClient) -> None:
    app.types = {"web": 0}
    assert client.running(app.name, 99) is Answer.YES


@pytest.mark.parametrize("status", [200, 422, 400])
def test_write_access_is_proved_without_a_release(
    app: SandboxApp, client: HerokuClient, scene: Scene, status: int
) -> None:
    if status == 400:
        body = {"id": "bad_request", "message": "nothing to change"}
        scene.fault(FaultKind.ANSWER, method="PATCH", status=400, body=body)
    else:
        app.knobs.empty_patch_status = status
    before = dict(app.variables)
    assert client.can_write(app.name) is Answer.YES
    assert app.variables == before
    assert len(app.releases) == 1


def test_an_unprocessable_answer_of_another_kind_is_no_proof_of_write_access(
    app: SandboxApp, client: HerokuClient, scene: Scene
) -> None:
    scene.fault(FaultKind.ANSWER, method="PATCH", status=422, body={"id": "verification_needed", "message": "pay"})
    with pytest.raises(Rejected) as caught:
        client.can_write(app.name)
    assert caught.value.code == "verification_needed"


def test_a_release_that_the_write_probe_makes_is_noticed(app: SandboxApp, client: HerokuClient) -> None:
    app.knobs.empty_patch_makes_release = True
    with pytest.raises(Unclear, match="new release") as caught:
        client.can_write(app.name)
    assert not caught.value.transient


@pytest.mark.parametrize("scope", ["read", "write", "read-protected"])
def test_a_token_without_write_access_to_config_vars_is_refused_with_what_to_do(
    scene: Scene, app: SandboxApp, scope: Any
) -> None:
    token = scene.heroku.add_token(scope)
    with scene.client(token) as client, pytest.raises(Refused, match="write-protected") as caught:
        client.can_write(app.name)
    assert caught.value.status == 403
    assert caught.value.code == "forbidden"
    assert_silent(caught.value)


def test_a_token_with_the_scope_write_protected_suffices(scene: Scene, app: SandboxApp) -> None:
    with scene.client(scene.heroku.add_token("write-protected")) as client:
        assert client.can_write(app.name) is Answer.YES


@pytest.mark.parametrize("status", [401, 403])
def test_a_revoked_token_is_refused_however_heroku_says_it(scene: Scene, app: SandboxApp, status: int) -> None:
    token = scene.heroku.add_token()
    scene.heroku.revoke_token(token)
    scene.heroku.knobs.revoked_status = status
    with scene.client(token) as client, pytest.raises(Refused, match="expired") as caught:
        client.newest_release(app.name)
    assert caught.value.status == status
    assert caught.value.request_id
    assert_silent(caught.value)


def test_an_unknown_app_is_missing_with_what_to_do(client: HerokuClient) -> None:
    with pytest.raises(Missing, match="catalog") as caught:
        client.set_variables("no-such-app", new_pair())
    assert caught.value.code == "not_found"
    assert_silent(caught.value)


@pytest.mark.parametrize("name", ["", "..", "app/../other", "app?x", "APP", "a b"])
def test_a_name_that_no_app_can_have_is_not_sent(scene: Scene, client: HerokuClient, name: str) -> None:
    before = len(scene.server.journal.entries)
    with pytest.raises(CatalogError):
        client.set_variables(name, new_pair())
    assert len(scene.server.journal.entries) == before


def test_the_allowance_used_up_is_a_rate_limit(scene: Scene, app: SandboxApp, client: HerokuClient) -> None:
    scene.heroku.access.allowance = -100.0
    try:
        with pytest.raises(RateLimited) as caught:
            client.newest_release(app.name)
    finally:
        scene.heroku.access.allowance = 4500.0
    assert caught.value.code == "rate_limit"
    assert caught.value.retry_after_s is None


def _named(value: object) -> str:
    if isinstance(value, dict):
        return "-".join(str(part) for name, part in value.items() if name != "body")
    return getattr(value, "__name__", "") or str(value)


FAULTS: list[tuple[dict[str, Any], type[VendorError], bool]] = [
    ({"kind": FaultKind.ANSWER, "status": 401, "body": {"id": "unauthorized"}}, Refused, False),
    ({"kind": FaultKind.ANSWER, "status": 403, "body": {"id": "forbidden"}}, Refused, False),
    ({"kind": FaultKind.ANSWER, "status": 404, "body": {"id": "not_found"}}, Missing, False),
    ({"kind": FaultKind.ANSWER, "status": 409, "body": {"id": "conflict"}}, Rejected, False),
    ({"kind": FaultKind.ANSWER, "status": 422, "body": {"id": "invalid_params"}}, Rejected, False),
    ({"kind": FaultKind.RATE_LIMIT}, RateLimited, True),
    ({"kind": FaultKind.RATE_LIMIT, "retry_after_s": 7}, RateLimited, True),
    ({"kind": FaultKind.ANSWER, "status": 500}, Unclear, True),
    ({"kind": FaultKind.ANSWER, "status": 503}, Unclear, True),
    ({"kind": FaultKind.HTML, "status": 503}, Unclear, True),
    ({"kind": FaultKind.HTML, "status": 200}, Unclear, True),
    ({"kind": FaultKind.HTML, "status": 403}, Unclear, False),
    ({"kind": FaultKind.ANSWER, "status": 302, "body": {}}, Unclear, False),
    ({"kind": FaultKind.ANSWER, "status": 304, "body": {}}, Unclear, False),
    ({"kind": FaultKind.ANSWER, "status": 200, "body": "a text"}, Unclear, False),
    ({"kind": FaultKind.HANG, "seconds": 2 * SHORT_S}, Unreachable, True),
    ({"kind": FaultKind.DROP_BEFORE}, Unreachable, True),
    ({"kind": FaultKind.DROP_AFTER}, Unreachable, True),
]

OPERATIONS: dict[str, Callable[[HerokuClient, str], object]] = {
    "can_write": lambda client, app: client.can_write(app),
    "variables": lambda client, app: client.variables(app, [KEY]),
    "set_variables": lambda client, app: client.set_variables(app, new_pair()),
    "newest_release": lambda client, app: client.newest_release(app),
    "release": lambda client, app: client.release(app, 1),
    "release_carries": lambda client, app: client.release_carries(app, 1, new_pair()),
    "formation": lambda client, app: client.formation(app),
    "dynos": lambda client, app: client.dynos(app),
    "preboot": lambda client, app: client.preboot(app),
    "running": lambda client, app: client.running(app, 1),
}


@pytest.mark.parametrize("operation", ["set_variables", "variables", "dynos"])
@pytest.mark.parametrize(("fault", "kind", "transient"), FAULTS, ids=_named)
def test_every_fault_becomes_one_silent_error(
    scene: Scene,
    app: SandboxApp,
    operation: str,
    fault: dict[str, Any],
    kind: type[VendorError],
    transient: bool,
    capfd: pytest.CaptureFixture[str],
) -> None:
    scene.fault(**fault)
    client = scene.client(read_timeout_s=SHORT_S if fault["kind"] is FaultKind.HANG else 10)
    with client, pytest.raises(VendorError) as caught:
        OPERATIONS[operation](client, app.name)
    assert type(caught.value) is kind
    assert caught.value.transient is transient
    assert getattr(caught.value, "retry_after_s", None) == fault.get("retry_after_s")
    assert len(scene.requests(app)) == 1
    assert_silent(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301  our own pickle
    assert capfd.readouterr().out == ""


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
        assert answer in [None, 0, Answer.NO, Answer.YES, [], {KEY: None}]
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
    assert "ConnectionError" in caught.value.fault
    assert_silent(caught.value)


def test_after_a_dropped_answer_the_change_can_be_read_back(
    scene: Scene, app: SandboxApp, client: HerokuClient
) -> None:
    pair = new_pair()
    scene.fault(FaultKind.DROP_AFTER, method="PATCH")
    with pytest.raises(Unreachable):
        client.set_variables(app.name, pair)
    assert client.variables(app.name, [KEY, SECRET]) == pair
    version = client.newest_release(app.name).version
    assert client.release_carries(app.name, version, pair) is Answer.YES


def test_setting_again_what_is_set_may_make_no_release_and_is_no_error(app: SandboxApp, client: HerokuClient) -> None:
    pair = new_pair()
    client.set_variables(app.name, pair)
    client.set_variables(app.name, pair)
    assert client.newest_release(app.name).version == 2
    app.knobs.unchanged_makes_release = True
    client.set_variables(app.name, pair)
    assert client.newest_release(app.name).version == 3


def test_a_truncated_list_is_unclear_rather_than_taken_for_all(
    app: SandboxApp, client: HerokuClient, capfd: pytest.CaptureFixture[str]
) -> None:
    app.types = {"web": 1001}
    with pytest.raises(Unclear, match="more than 1000"):
        client.dynos(app.name)
    assert capfd.readouterr().out == ""


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
