"""Verify believes only what the running applications and Alpaca answer now."""

from __future__ import annotations

import pytest

from deployments.sandbox.estate import PAPER
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.heroku.releases import HerokuKnobs
from tests.operator import Operator
from tests.steps.support import Clicked
from tests.steps.verifying import ACCOUNT, let_staging_read_other_variables, proofs, run

ORDERS = "/api/trading/orders"


def test_a_second_time_the_check_order_of_the_first_one_is_found_and_no_other_is_placed(
    given: Clicked, operator: Operator
) -> None:
    assert run(given) == ""
    operator.estate.server.journal.clear()

    assert run(given) == ""
    assert len(operator.estate.paper.orders) == 1
    placed = [one for one in operator.estate.server.journal.entries if (one.method, one.path) == ("POST", ORDERS)]
    assert placed == [], "the application is not even asked"


@pytest.mark.usefixtures("_short")
def test_an_application_that_reads_other_variables_is_told_as_such(given: Clicked, operator: Operator) -> None:
    """It worked with the old pair under names that the catalog does not know, and stopped with the click."""
    let_staging_read_other_variables(operator.estate, given.old)

    message = run(given)

    number = given.before.subject
    assert f"raptor-staging does not trade in account {number} with the new pair after 0 s (it says no)." in message
    assert "It may read other variable names than the catalog says, or its dyno is down." in message
    assert operator.estate.paper.orders == []


@pytest.mark.usefixtures("_short")
def test_an_application_that_trades_in_another_account_is_told(given: Clicked, operator: Operator) -> None:
    other = dict(zip(PAPER, operator.estate.other_paper.regenerate(), strict=True))
    operator.estate.heroku.apps["raxx-api-prod"].change(other, "somebody@example.com")

    assert "raptor-prod does not trade in account" in run(given)
    assert proofs(given) == []


@pytest.mark.usefixtures("_short")
def test_an_answer_that_says_nothing_is_no_proof(given: Clicked, operator: Operator) -> None:
    page, login = (200, "<html>Sign in</html>"), (302, "https://login.example.com")
    for answer in (page, login, (200, {"alpaca_status": "ACTIVE"})):
        operator.estate.raptors["raptor-prod"].knobs.account_answer = answer

        assert "(no clear answer)" in run(given)
    assert operator.estate.paper.orders == []


def test_one_right_answer_is_not_enough_when_another_dyno_fails(given: Clicked, operator: Operator) -> None:
    """Three in a row are asked for: right, wrong, right, right, right."""
    server = operator.estate.server
    server.plan.add(Fault("raptor-prod", FaultKind.ANSWER, "GET", ACCOUNT, 503, skip=1))
    server.journal.clear()

    assert run(given) == ""

    assert [one.status for one in server.journal.of("raptor-prod") if one.path == ACCOUNT] == [200, 503, 200, 200, 200]
    assert f"raptor-prod: ACTIVE in account {given.before.subject}, 3 times in a row." in proofs(given)


def test_old_dynos_that_preboot_lets_serve_on_are_waited_for(behind: Clicked, operator: Operator) -> None:
    """The release's own dynos are up, and the router still leads to one with the old pair."""
    production = operator.estate.heroku.apps["raxx-api-prod"]
    production.preboot, production.knobs = True, HerokuKnobs(preboot_s=1.5)
    behind.give_by_hand(operator.estate)
    served_before = (production.serving() or {})[PAPER[0]]

    assert run(behind) == ""

    assert served_before == behind.old.key_id
    assert (production.serving() or {})[PAPER[0]] == behind.new.key_id
    assert [order.status for order in operator.estate.paper.orders] == ["canceled"]


def test_somebody_who_writes_to_the_vault_meanwhile_is_noticed(given: Clicked, operator: Operator) -> None:
    estate = operator.estate
    other = dict(zip(PAPER, estate.other_paper.regenerate(), strict=True))
    estate.infisical.put(estate.project_id, "prod", "/MooseQuest/alpaca", other)

    message = run(given)

    assert f"is not the validated {given.accepted} any more." in message
    assert "Somebody wrote to the vault during the rotation." in message
    assert estate.paper.orders == []


@pytest.mark.parametrize("client_order_id", ["rekey-r-test-0123456789ab", "dropped by the application"])
def test_a_check_order_of_another_try_does_not_stay_open(
    given: Clicked, operator: Operator, client_order_id: str
) -> None:
    """It was placed with a pair that was replaced, and could not be cancelled; or the application dropped its ID."""
    order = {"symbol": "AAPL", "qty": "1", "side": "buy", "type": "limit", "limit_price": "1.00"}
    left = operator.estate.paper.place({**order, "time_in_force": "day", "client_order_id": client_order_id})

    assert run(given) == ""

    assert left.status == "canceled"
    assert "1 check orders of an earlier try were open; they are cancelled and gone." in proofs(given)
    assert [one.status for one in operator.estate.paper.orders] == ["canceled", "canceled"]


def test_a_check_order_that_comes_to_alpaca_late_does_not_stay_open(given: Clicked, operator: Operator) -> None:
    """The look before it is placed finds none, and the one at the end does."""
    late = {"symbol": "AAPL", "qty": "1", "side": "buy", "type": "limit", "limit_price": "1.00"}

    class Meanwhile(Fault):
        def strike(self) -> None:
            operator.estate.paper.place({**late, "time_in_force": "day"})

    operator.estate.server.plan.add(Meanwhile("alpaca-paper", FaultKind.SLOW, "GET", "/v2/orders/.+", seconds=0))

    assert run(given) == ""

    assert [one.status for one in operator.estate.paper.orders] == ["canceled", "canceled"]
