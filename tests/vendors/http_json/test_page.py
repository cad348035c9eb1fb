"""A page says which account trades: yes only of this very account, and everything that is unclear is unknown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.answer import Answer
from blocks.errors import Refused, Unclear, VendorError
from blocks.runtimes.http_json import HttpJson, HttpJsonClient
from deployments.sandbox import made_up
from deployments.sandbox.estate import Estate
from deployments.sandbox.faults import Fault, FaultKind
from tests.vendors.silence import assert_silent

PAGE = {"path": "/internal/{realm}.json", "subject": "trading.account.id", "status": "trading.account.state"}


@pytest.fixture(scope="module")
def served() -> Iterator[Estate]:
    with Estate() as running:
        yield running


@pytest.fixture
def estate(served: Estate) -> Iterator[Estate]:
    yield served
    served.server.plan.clear()
    served.raptors["raptor-prod"].knobs.page_answer = served.raptors["raptor-prod"].knobs.token = None


def page(estate: Estate, **changed: Any) -> HttpJsonClient:
    """A client for production, whose page is not Raptor's."""
    block = HttpJson(url=estate.url("raptor-prod"), **{**PAGE, "well": "fine", **changed})
    return block.get_client()


def asked(estate: Estate, status: int, body: Any, **changed: Any) -> Answer:
    """What is made of this answer, for the account P."""
    estate.raptors["raptor-prod"].knobs.page_answer = (status, body)
    with page(estate, **changed) as client:
        return client.answers_with("paper", "P")


@pytest.mark.parametrize("realm", ["paper", "live"])
def test_it_answers_with_the_account_whose_pair_runs_and_with_no_other(estate: Estate, realm: str) -> None:
    own, other = (estate.paper, estate.live) if realm == "paper" else (estate.live, estate.paper)
    with page(estate) as client:
        assert client.answers_with(realm, own.number) is Answer.YES
        assert client.answers_with(realm, other.number) is Answer.NO


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (200, {"trading": {"account": {"id": "P", "state": "fine"}}}, Answer.YES),
        (200, {"trading": {"account": {"id": "Q", "state": "fine"}}}, Answer.NO),
        (200, {"trading": {"account": {"id": "P", "state": "starting"}}}, Answer.UNKNOWN),
        (200, {"trading": {"account": {"state": "fine"}}}, Answer.UNKNOWN),
        (200, {"trading": {"account": {"id": None, "state": "fine"}}}, Answer.UNKNOWN),
        (200, {"trading": {"account": {"id": True, "state": "fine"}}}, Answer.UNKNOWN),
        (200, {"trading": {"account": {"id": "P"}}}, Answer.UNKNOWN),
        (200, {"trading": "P"}, Answer.UNKNOWN),
        (200, ["P"], Answer.UNKNOWN),
        (200, "<!DOCTYPE html><html>Please log in</html>", Answer.UNKNOWN),
        (302, "/login", Answer.UNKNOWN),
        (429, {"error": "slow down"}, Answer.UNKNOWN),
        (500, {"error": "oops"}, Answer.UNKNOWN),
        (503, "<!DOCTYPE html><html>Application error</html>", Answer.UNKNOWN),
    ],
)
def test_only_a_whole_answer_says_yes_or_no(estate: Estate, status: int, body: Any, answer: Answer) -> None:
    assert asked(estate, status, body) is answer


def test_a_number_is_an_account_and_a_page_without_a_status_may_be_read(estate: Estate) -> None:
    estate.raptors["raptor-prod"].knobs.page_answer = (200, {"account": 7})
    with page(estate, subject="account", status=None) as client:
        assert client.answers_with("paper", "7") is Answer.YES
        assert client.answers_with("paper", "8") is Answer.NO


def test_a_timeout_and_a_drop_are_unknown(estate: Estate) -> None:
    for kind in (FaultKind.HANG, FaultKind.DROP_BEFORE):
        estate.server.plan.add(Fault("raptor-prod", kind))
        with page(estate, read_timeout_s=0.2) as client:
            assert client.answers_with("paper", estate.paper.number) is Answer.UNKNOWN


@pytest.mark.parametrize("status", [404, 405])
def test_a_page_that_is_not_there_is_told_and_not_waited_for(estate: Estate, status: int) -> None:
    with pytest.raises(VendorError, match="Application"):
        asked(estate, status, {"error": "no such page"})


def test_a_missing_status_says_which_field_is_missing(estate: Estate) -> None:
    estate.raptors["raptor-prod"].knobs.page_answer = (200, {"trading": {}})
    with page(estate) as client, pytest.raises(Unclear, match=r"no trading\.account\.state in the answer"):
        client.identity("paper")


def test_a_token_goes_along_and_stays_out_of_errors(estate: Estate) -> None:
    token = SecretStr(made_up.token("app-"))
    estate.raptors["raptor-prod"].knobs.token = token.get_secret_value()
    with page(estate, token=token) as client:
        assert client.answers_with("paper", estate.paper.number) is Answer.YES
    wrong = SecretStr(made_up.token("app-"))
    with page(estate, token=wrong) as client, pytest.raises(Refused) as caught:
        client.answers_with("paper", estate.paper.number)
    assert_silent(caught.value)


@pytest.mark.parametrize(
    ("body", "answer"),
    [({"a": {"on": True}}, Answer.YES), ({"a": {"on": False}}, Answer.NO), ({"a": {"on": "true"}}, Answer.UNKNOWN)],
)
def test_a_brakes_page_is_read_at_any_depth_and_strictly(estate: Estate, body: Any, answer: Answer) -> None:
    estate.raptors["raptor-prod"].knobs.page_answer = (200, body)
    with page(estate) as client:
        assert client.trading_health("/internal/live.json", "a.on").answer is answer
