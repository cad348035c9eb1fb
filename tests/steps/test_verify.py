"""Verify believes only what the running applications and Alpaca answer now."""

from __future__ import annotations

import pytest

from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.ledger import Ledger
from blocks.model.step import Step
from blocks.prefect_api import estate as blocks
from blocks.prefect_api.recording import history_of
from blocks.vaults import pending
from deployments.sandbox.estate import APPS, PAPER, Estate
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.heroku.releases import HerokuKnobs
from tasks.rotate.retire import retire
from tasks.rotate.verify import verify
from tests.operator import Operator
from tests.steps.support import Clicked, alone, clicked, told

ACCOUNT = "/api/trading/account"
ORDERS = "/api/trading/orders"
# One try: these tests are about the answer, not about the patience.
once = verify.with_options(retries=0)
retired = retire.with_options(retries=0)


def run(behind: Clicked) -> str:
    """What one try of verify, and then of retire, says: the error's text, or nothing."""

    def both() -> None:
        once(behind.rotation, behind.before, behind.accepted)
        retired(behind.rotation)

    state = alone(both)
    return "" if state.is_completed() else told(state)


def proofs(behind: Clicked) -> list[str]:
    """What the ledger says was proved, in all runs of verify and retire that were done."""
    known = history_of(behind.rotation)
    return [one for step in (Step.VERIFY, Step.RETIRE) for done in known.of(step) for one in done.proofs]


@pytest.fixture
def given(behind: Clicked, operator: Operator) -> Clicked:
    """A rotation of which only verify and retire are missing."""
    behind.give_by_hand(operator.estate)
    return behind


@pytest.fixture
def _short(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001  its settings come first
    """Wait no longer than is needed to see that waiting does not help."""
    monkeypatch.setenv("REKEY_VERIFY_TIMEOUT_S", "0.3")


def let_staging_read_other_variables(estate: Estate, old: Pair) -> None:
    """Names that the catalog does not know, under which it has the old pair."""
    names = ("APCA_API_KEY_ID", "APCA_API_SECRET_KEY")
    values = {names[0]: old.key_id, names[1]: old.secret.get_secret_value()}
    estate.heroku.apps[APPS["raptor-staging"]].change(values, "somebody@example.com")
    raptor = estate.raptors["raptor-staging"]
    raptor._names = {**raptor._names, "paper": names}


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


@pytest.mark.usefixtures("_short")
def test_an_old_pair_that_still_opens_the_account_is_told_and_nothing_is_called_dead(operator: Operator) -> None:
    operator.estate.alpaca.knobs.death_lag_s = 3600.0
    given = clicked(operator)
    given.give_by_hand(operator.estate)

    message = run(given)

    assert f"The old pair {given.rotation.old} still opens the account" in message
    assert "delete the old key there, then try again" in message
    assert proofs(given) == []


@pytest.mark.usefixtures("_short")
def test_an_old_pair_that_lives_and_is_refused_now_and_then_is_not_called_dead(operator: Operator) -> None:
    """Three of four requests would have gone on trading (alpacahq/Alpaca-API#118)."""
    operator.estate.alpaca.knobs.death_lag_s = 3600.0
    given = clicked(operator)
    given.give_by_hand(operator.estate)
    operator.estate.paper.keys[-2].refuses_one_in = 4

    for _ in range(2):
        assert f"The old pair {given.rotation.old} still opens the account" in run(given)
    assert proofs(given) == []


def test_an_old_pair_that_is_accepted_again_while_the_check_order_is_placed_is_not_called_dead(
    given: Clicked, operator: Operator
) -> None:
    """An outage refused it as often in a row as a dead one is refused."""
    replaced = operator.estate.paper.keys[-2]

    class Revived(Fault):
        def strike(self) -> None:
            replaced.dead_from = None

    operator.estate.server.plan.add(Revived("raptor-prod", FaultKind.SLOW, "GET", ACCOUNT, seconds=0.0))

    assert f"The old pair {given.rotation.old} still opens the account" in run(given)
    assert not any("is dead" in one for one in proofs(given))


def test_an_old_pair_that_dies_late_is_waited_for(operator: Operator) -> None:
    operator.estate.alpaca.knobs.death_lag_s = 2.0
    given = clicked(operator)
    given.give_by_hand(operator.estate)

    assert run(given) == ""

    assert any(f"Old pair {given.rotation.old} is dead" in one for one in proofs(given))


def test_an_application_that_trades_with_the_old_pair_until_that_dies_is_not_believed(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers just as one with the new pair does, for as long as the old pair lives: it is asked after the death."""
    monkeypatch.setenv("REKEY_VERIFY_TIMEOUT_S", "3")
    estate = operator.estate
    estate.alpaca.knobs.death_lag_s = 2.0
    given = clicked(operator)
    given.give_by_hand(estate)
    let_staging_read_other_variables(estate, given.old)
    estate.server.journal.clear()

    message = run(given)

    number = given.before.subject
    assert f"raptor-staging does not trade in account {number} with the new pair after 3 s (it says no)." in message
    assert [one.status for one in estate.server.journal.of("raptor-staging") if one.status == 200] == []
    assert estate.paper.orders == []


@pytest.mark.usefixtures("_short")
def test_an_alpaca_that_accepts_anything_proves_no_death(given: Clicked, operator: Operator) -> None:
    """The old pair is dead in truth, and a made-up one is accepted as well: nobody can say."""
    operator.estate.alpaca.knobs.accepts_garbage = True

    assert "is unknown (old yes, new yes, never-valid yes)" in run(given)
    assert proofs(given) == []


def test_somebody_who_writes_to_the_vault_meanwhile_is_noticed(given: Clicked, operator: Operator) -> None:
    estate = operator.estate
    other = dict(zip(PAPER, estate.other_paper.regenerate(), strict=True))
    estate.infisical.put(estate.project_id, "prod", "/MooseQuest/alpaca", other)

    message = run(given)

    assert f"is not the validated {given.accepted} any more." in message
    assert "Somebody wrote to the vault during the rotation." in message
    assert estate.paper.orders == []


def test_a_death_that_was_proved_before_is_believed_when_the_old_pair_is_not_kept_any_more(given: Clicked) -> None:
    """The run before was stopped while it cleaned up."""
    assert run(given) == ""
    with blocks.vault(given.rotation.credential.vault).get_client() as vault:
        pending.drop(vault, given.rotation.credential.vault, [given.rotation.old])

    assert run(given) == ""

    assert "The old pair was proved dead by an earlier run of this rotation." in proofs(given)


def test_a_death_that_nobody_can_prove_any_more_is_left_to_the_operator(given: Clicked) -> None:
    with blocks.vault(given.rotation.credential.vault).get_client() as vault:
        pending.drop(vault, given.rotation.credential.vault, [given.rotation.old])

    message = run(given)

    assert f"The old pair {given.rotation.old} is not kept in the vault's pending folder" in message
    assert "`rekey ledger close`" in message


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
