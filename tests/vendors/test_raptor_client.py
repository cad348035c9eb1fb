from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.answer import Answer
from blocks.errors import CatalogError, Missing, RateLimited, Refused, Rejected, Unclear, Unreachable, VendorError
from blocks.vendors.raptor import ALPACA_REFUSES, TRADING_DISABLED, Raptor, RaptorClient
from deployments.sandbox import made_up
from deployments.sandbox.alpaca import AlpacaSandbox
from deployments.sandbox.alpaca_account import SandboxAccount
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.heroku import HerokuSandbox
from deployments.sandbox.heroku_apps import HerokuKnobs
from deployments.sandbox.raptor import KILL_SWITCH, RaptorKnobs, RaptorSandbox
from deployments.sandbox.server import SandboxServer
from tests.vendors.silence import assert_silent

APP = "raxx-api-prod"
NAMES = {
    "paper": ("ALPACA_PAPER_API_KEY_ID", "ALPACA_PAPER_API_SECRET_KEY"),
    "live": ("ALPACA_LIVE_API_KEY_ID", "ALPACA_LIVE_API_SECRET_KEY"),
}
FAR_ORDER: dict[str, str | int | float] = {
    "symbol": "AAPL",
    "qty": 1,
    "side": "buy",
    "type": "limit",
    "time_in_force": "day",
    "limit_price": "1.00",
}
SHORT_S = 0.2


@dataclass(frozen=True)
class Scene:
    """Alpaca, Heroku and a Raptor that runs there with both pairs."""

    alpaca: AlpacaSandbox
    heroku: HerokuSandbox
    raptor: RaptorSandbox
    server: SandboxServer
    paper: SandboxAccount
    live: SandboxAccount

    def client(self, token: str | None = None, read_timeout_s: float = 10) -> RaptorClient:
        """A client as a step gets it."""
        bearer = SecretStr(token) if token else None
        return Raptor(url=self.server.url("raptor"), token=bearer, read_timeout_s=read_timeout_s).get_client()

    def fault(self, kind: FaultKind, **fields: Any) -> None:
        """Set a fault of this Raptor."""
        self.server.plan.add(Fault("raptor", kind, **fields))

    def says(self, status: int, body: Any) -> None:
        """Let the account page answer this."""
        self.raptor.knobs.account_answer = (status, body)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[AlpacaSandbox, HerokuSandbox, RaptorSandbox, SandboxServer]]:
    alpaca, heroku = AlpacaSandbox(), HerokuSandbox()
    urls: dict[Any, str] = {}
    raptor = RaptorSandbox(APP, heroku, urls)
    server = SandboxServer({"paper": alpaca.host("paper"), "live": alpaca.host("live"), "raptor": raptor.app()})
    urls.update({"paper": server.url("paper"), "live": server.url("live")})
    server.start()
    yield alpaca, heroku, raptor, server
    server.stop()


@pytest.fixture
def scene(served: tuple[AlpacaSandbox, HerokuSandbox, RaptorSandbox, SandboxServer]) -> Iterator[Scene]:
    alpaca, heroku, raptor, server = served
    raptor.knobs = RaptorKnobs()
    alpaca.knobs.order_price_check = False
    paper, live = alpaca.add_account("paper"), alpaca.add_account("live")
    pairs = {
        name: value
        for account in (paper, live)
        for name, value in zip(NAMES[account.environment], account.regenerate(), strict=True)
    }
    heroku.add_app(APP, {KILL_SWITCH: "0", **pairs}).knobs = HerokuKnobs()
    yield Scene(alpaca, heroku, raptor, server, paper, live)
    server.plan.clear()
    alpaca.delete_account(paper)
    alpaca.delete_account(live)


@pytest.fixture
def client(scene: Scene) -> Iterator[RaptorClient]:
    with scene.client() as made:
        yield made


@pytest.mark.parametrize("mode", ["paper", "live"])
def test_the_running_account_is_the_one_whose_pair_runs(scene: Scene, client: RaptorClient, mode: Any) -> None:
    account = client.account(mode)
    assert account.status == "ACTIVE"
    assert account.account_number == {"paper": scene.paper, "live": scene.live}[mode].number


@pytest.mark.parametrize(
    ("body", "status", "number"),
    [
        ({"alpaca_status": "ACTIVE"}, "ACTIVE", None),
        ({"status": "ACTIVE", "account_number": "PA1"}, "ACTIVE", "PA1"),
        ({"status": "ok", "alpaca_status": "ACTION_REQUIRED", "account_number": None}, "ACTION_REQUIRED", None),
    ],
)
def test_both_spellings_of_the_status_are_read(
    scene: Scene, client: RaptorClient, body: Any, status: str, number: str | None
) -> None:
    scene.says(200, body)
    account = client.account("paper")
    assert (account.status, account.account_number) == (status, number)


@pytest.mark.parametrize("body", [{}, [], {"status": None}, {"status": 1}, {"status": "ACTIVE", "account_number": 1}])
def test_a_missing_status_is_unclear(scene: Scene, client: RaptorClient, body: Any) -> None:
    scene.says(200, body)
    with pytest.raises(Unclear, match="no account status"):
        client.account("paper")
    assert client.answers_with("paper", scene.paper.number) is Answer.UNKNOWN


def test_it_answers_with_the_account_whose_pair_runs_and_with_no_other(scene: Scene, client: RaptorClient) -> None:
    assert client.answers_with("paper", scene.paper.number) is Answer.YES
    assert client.answers_with("live", scene.live.number) is Answer.YES
    assert client.answers_with("paper", scene.live.number) is Answer.NO


def test_keys_that_alpaca_refuses_are_a_no(scene: Scene, client: RaptorClient) -> None:
    scene.paper.regenerate()
    assert client.answers_with("paper", scene.paper.number) is Answer.NO
    with pytest.raises(Unclear, match="config vars") as caught:
        client.account("paper")
    assert caught.value.code == ALPACA_REFUSES


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (200, {"status": "ACCOUNT_CLOSED", "account_number": "PA1"}, Answer.NO),
        (200, {"alpaca_status": "INACTIVE"}, Answer.NO),
        (200, {"status": "ACTIVE", "account_number": "PA2"}, Answer.NO),
        (401, {"code": 40110000, "message": "request is not authorized"}, Answer.NO),
        (200, {"status": "BRAND_NEW_STATUS", "account_number": "PA1"}, Answer.UNKNOWN),
        (200, {"status": "ACTIVE"}, Answer.UNKNOWN),
        (200, {"status": "ACTIVE", "account_number": ""}, Answer.UNKNOWN),
        (200, {"status": "active", "account_number": "PA1"}, Answer.UNKNOWN),
        (200, "<html></html>", Answer.UNKNOWN),
        (302, "https://login.example.com/", Answer.UNKNOWN),
        (403, "<html>login</html>", Answer.UNKNOWN),
        (429, {"error": "slow down"}, Answer.UNKNOWN),
        (500, {}, Answer.UNKNOWN),
        (502, {"error": "alpaca_unreachable"}, Answer.UNKNOWN),
        (503, {"error": "not_configured"}, Answer.UNKNOWN),
        (503, "<html></html>", Answer.UNKNOWN),
    ],
)
def test_every_answer_of_the_account_page_has_its_value(
    scene: Scene, client: RaptorClient, status: int, body: Any, answer: Answer
) -> None:
    scene.says(status, body)
    assert client.answers_with("paper", "PA1") is answer


def test_no_dyno_a_drop_and_a_hang_are_unknown(scene: Scene, client: RaptorClient) -> None:
    scene.fault(FaultKind.DROP_BEFORE)
    assert client.answers_with("paper", scene.paper.number) is Answer.UNKNOWN
    scene.fault(FaultKind.HANG)
    with scene.client(read_timeout_s=SHORT_S) as impatient:
        assert impatient.answers_with("paper", scene.paper.number) is Answer.UNKNOWN
    scene.heroku.apps[APP].types = {"web": 0}
    assert client.answers_with("paper", scene.paper.number) is Answer.UNKNOWN


def test_a_token_that_raptor_asks_for_goes_along(scene: Scene, client: RaptorClient) -> None:
    token = made_up.token("raptor-")
    scene.raptor.knobs.token = token
    with scene.client(token) as knowing:
        assert knowing.answers_with("paper", scene.paper.number) is Answer.YES
    with pytest.raises(Refused, match="Raptor block") as caught:
        client.answers_with("paper", scene.paper.number)
    assert_silent(caught.value)


def test_an_order_is_placed_at_alpaca_under_its_client_order_id_and_cancelled(
    scene: Scene, client: RaptorClient
) -> None:
    placed = client.place_order(FAR_ORDER, mode="live", client_order_id="rekey-1")
    (order,) = scene.live.orders
    assert (order.id, order.client_order_id, order.status) == (placed.order_id, "rekey-1", "accepted")
    client.cancel_order(placed.order_id, "live")
    assert order.status == "canceled"
    assert scene.paper.orders == []


def test_the_order_id_may_be_called_order_id(scene: Scene, client: RaptorClient) -> None:
    scene.raptor.knobs.order_id_field = "order_id"
    placed = client.place_order(FAR_ORDER, mode="paper", client_order_id="rekey-2")
    assert [order.id for order in scene.paper.orders] == [placed.order_id]


def test_an_answer_without_an_order_id_is_unclear(scene: Scene, client: RaptorClient) -> None:
    scene.raptor.knobs.order_id_field = "reference"
    with pytest.raises(Unclear, match="no order id"):
        client.place_order(FAR_ORDER, mode="paper", client_order_id="rekey-3")


def test_the_brakes_refusal_is_a_rejection_with_its_word(scene: Scene, client: RaptorClient) -> None:
    scene.heroku.set_by_hand(APP, KILL_SWITCH, "1")
    with pytest.raises(Rejected) as caught:
        client.place_order(FAR_ORDER, mode="live", client_order_id="rekey-4")
    assert (caught.value.status, caught.value.code) == (403, TRADING_DISABLED)
    assert not caught.value.transient


@pytest.mark.parametrize(
    ("order", "status", "code"),
    [
        ({**FAR_ORDER, "qty": 1_000_000, "limit_price": "230"}, 403, "40310000"),
        ({**FAR_ORDER, "limit_price": "-1"}, 422, "40010001"),
    ],
)
def test_alpacas_business_refusals_are_rejections_with_its_number(
    client: RaptorClient, order: dict[str, Any], status: int, code: str
) -> None:
    with pytest.raises(Rejected) as caught:
        client.place_order(order, mode="live", client_order_id="rekey-5")
    assert (caught.value.status, caught.value.code) == (status, code)


def test_a_price_too_far_away_is_a_rejection_with_a_number(scene: Scene, client: RaptorClient) -> None:
    scene.alpaca.knobs.order_price_check = True
    with pytest.raises(Rejected) as caught:
        client.place_order(FAR_ORDER, mode="live", client_order_id="rekey-6")
    assert caught.value.code is not None
    assert caught.value.code.startswith("422")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {"error": "unauthorized"}),
        (401, {"error": "trading_disabled"}),
        (403, {"error": "forbidden"}),
        (403, {}),
        (403, {"code": 40110000}),
        (403, {"code": 403}),
        (403, {"code": 40300000000}),
        (403, {"code": "42210000"}),
    ],
)
def test_a_refusal_that_is_not_about_the_order_never_looks_like_a_business_one(
    scene: Scene, client: RaptorClient, status: int, body: Any
) -> None:
    scene.fault(FaultKind.ANSWER, status=status, body=body)
    with pytest.raises(Refused):
        client.place_order(FAR_ORDER, mode="live", client_order_id="rekey-7")


def test_keys_that_alpaca_refuses_are_no_business_refusal(scene: Scene, client: RaptorClient) -> None:
    scene.live.regenerate()
    with pytest.raises(Unclear) as caught:
        client.place_order(FAR_ORDER, mode="live", client_order_id="rekey-8")
    assert caught.value.code == ALPACA_REFUSES


def test_cancelling_what_is_final_or_unknown_is_told_apart(scene: Scene, client: RaptorClient) -> None:
    placed = client.place_order(FAR_ORDER, mode="live", client_order_id="rekey-9")
    client.cancel_order(placed.order_id, "live")
    with pytest.raises(Rejected):
        client.cancel_order(placed.order_id, "live")
    with pytest.raises(Missing):
        client.cancel_order(made_up.identifier(), "live")
    assert scene.live.orders[0].status == "canceled"


def test_an_order_id_cannot_reach_another_path(scene: Scene, client: RaptorClient) -> None:
    scene.fault(FaultKind.ANSWER, method="DELETE", path="/health/trading", status=204)
    with pytest.raises(VendorError):
        client.cancel_order("../../../health/trading", "live")


def test_after_a_dropped_answer_the_order_can_be_found_at_alpaca(scene: Scene, client: RaptorClient) -> None:
    scene.fault(FaultKind.DROP_AFTER, method="POST")
    with pytest.raises(Unreachable):
        client.place_order(FAR_ORDER, mode="live", client_order_id="rekey-10")
    assert [order.client_order_id for order in scene.live.orders] == ["rekey-10"]


def test_live_enabled_follows_the_brake(scene: Scene, client: RaptorClient) -> None:
    assert client.trading_health().answer is Answer.YES
    scene.heroku.set_by_hand(APP, KILL_SWITCH, "1")
    assert client.trading_health().answer is Answer.NO


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"live_enabled": None}),
        (200, {"live_enabled": "false"}),
        (200, {"live_enabled": 0}),
        (200, {}),
        (200, [False]),
        (200, "<html></html>"),
        (302, "https://login.example.com/"),
        (401, {"error": "unauthorized"}),
        (403, {"live_enabled": False}),
        (404, {"live_enabled": False}),
        (429, {}),
        (500, {"live_enabled": False}),
        (503, "<html></html>"),
    ],
)
def test_health_is_unknown_unless_it_says_a_strict_true_or_false(
    scene: Scene, client: RaptorClient, status: int, body: Any
) -> None:
    scene.raptor.knobs.health_answer = (status, body)
    health = client.trading_health()
    assert health.answer is Answer.UNKNOWN
    assert "Raptor" in health.reason


def test_unreachable_health_is_unknown(scene: Scene, client: RaptorClient) -> None:
    scene.fault(FaultKind.DROP_BEFORE)
    assert client.trading_health().answer is Answer.UNKNOWN
    scene.fault(FaultKind.HANG)
    with scene.client(read_timeout_s=SHORT_S) as impatient:
        health = impatient.trading_health()
    assert health.answer is Answer.UNKNOWN
    assert "no answer in time" in health.reason


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
