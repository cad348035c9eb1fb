"""Another pair of the same account has to show the same money, unless the market explains the difference."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from blocks.model.step import Step
from deployments.sandbox.alpaca.state import SandboxPosition
from deployments.sandbox.estate import LIVE, LIVE_RUNTIMES
from deployments.sandbox.raptor.app import KILL_SWITCH
from tests.operator import Operator
from tests.steps.beginning import begun

YES = "yes, this is our account: go on"
NO = "no, this is not right"
STAY = "stop and stay held"


@pytest.fixture
def shares(operator: Operator) -> SandboxPosition:
    """Ten shares in the live account."""
    held = SandboxPosition("AAPL", Decimal(10), Decimal(200))
    operator.estate.live.positions["AAPL"] = held
    return held


def stored(operator: Operator) -> bool:
    """Whether the vault or an app holds another live pair than at the beginning."""
    first = operator.estate.live.keys[0].key_id
    held = [operator.estate.vault_values()[LIVE[0]]]
    held += [(operator.estate.heroku.serving(app) or {})[LIVE[0]] for app in LIVE_RUNTIMES.values()]
    return any(one != first for one in held)


def money_moves(person: Operator) -> Any:
    """A cent is booked before the new pair is entered."""
    person.estate.live.cash += Decimal("0.01")
    return person.regenerate_live()


@pytest.mark.usefixtures("shares")
def test_with_positions_a_moved_equity_needs_an_explicit_yes(operator: Operator) -> None:
    operator.estate.alpaca.knobs.price_drift = 0.01

    outcome = begun(
        operator,
        Operator.be_ready,
        Operator.regenerate_live,
        lambda person: person.choose(YES),
        until=Step.VALIDATE,
    )

    first, second, *_ = outcome.descriptions[2].split("\n\n")
    assert first == "### alpaca-live: say whether prices explain the new equity"
    assert second.startswith("Trading: stopped since ")
    assert "until you decide" not in outcome.descriptions[2]
    assert "Prices explain it" in outcome.descriptions[2]
    assert "| AAPL | long | 10 |" in outcome.descriptions[2]
    asked = operator.steps("equity")[-1].context
    assert (asked["choice"], asked["operator"]) == (YES, "test operator")


@pytest.mark.usefixtures("shares")
@pytest.mark.long
def test_a_no_brings_the_form_back_and_stores_nothing(operator: Operator) -> None:
    operator.estate.alpaca.knobs.price_drift = 0.01
    seen: list[bool] = []

    def look(person: Operator) -> object:
        seen.append(stored(person))
        person.estate.alpaca.knobs.price_drift = 0
        person.estate.alpaca.market.prices["AAPL"] = Decimal(0)
        return person.regenerate_live()

    outcome = begun(
        operator,
        Operator.be_ready,
        Operator.regenerate_live,
        lambda person: person.choose(NO),
        look,  # type: ignore[arg-type]  # returns a pair
        lambda person: person.choose(YES),
        until=Step.VALIDATE,
    )

    assert "test operator did not accept that equity is" in outcome.descriptions[3]
    assert seen == [False]


def test_without_positions_what_was_booked_needs_an_explicit_yes(operator: Operator) -> None:
    """Interest, overnight, while the form was open."""
    seen: list[bool] = []

    def look(person: Operator) -> None:
        seen.append(stored(person))
        person.choose(YES)

    outcome = begun(operator, Operator.be_ready, money_moves, look, until=Step.VALIDATE)

    assert outcome.descriptions[2].startswith("### alpaca-live: say whether you know what moved its money")
    assert "| cash | 100000 | **100000.01** | +0.01 |" in outcome.descriptions[2]
    assert seen == [False]
    asked = operator.steps("equity")[-1].context
    assert (asked["choice"], asked["operator"]) == (YES, "test operator")
    assert (asked["cash_before"], asked["cash"]) == ("100000", "100000.01")
    assert [row.facts.accepted != "" for row in operator.steps("validate")] == [True]


@pytest.mark.long
def test_a_no_to_what_was_booked_brings_the_form_back_and_stores_nothing(operator: Operator) -> None:
    seen: list[bool] = []

    def look(person: Operator) -> object:
        seen.append(stored(person))
        person.estate.live.cash -= Decimal("0.01")
        return person.regenerate_live()

    outcome = begun(
        operator,
        Operator.be_ready,
        money_moves,
        lambda person: person.choose(NO),
        look,  # type: ignore[arg-type]  # returns a pair
        until=Step.VALIDATE,
    )

    assert "test operator did not accept that equity is 100000.01 instead of 100000" in outcome.descriptions[3]
    assert seen == [False]
    assert [(operator.estate.heroku.serving(app) or {})[KILL_SWITCH] for app in LIVE_RUNTIMES.values()] == ["1", "1"]


@pytest.mark.long
def test_another_quantity_is_held_however_small_the_difference_in_equity(
    operator: Operator, shares: SandboxPosition
) -> None:
    def a_fill(person: Operator) -> object:
        shares.qty += 1
        return person.regenerate_live()

    outcome = operator.rotate(
        Operator.be_ready,
        a_fill,  # type: ignore[arg-type]  # returns a pair
        lambda person: person.choose(STAY),
        credential="alpaca-live",
    )

    assert "positions AAPL long 11 instead of AAPL long 10" in outcome.descriptions[2]
    assert not stored(operator)


def test_the_snapshot_is_a_private_file_only_where_one_is_wanted(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "snapshots"
    monkeypatch.setenv("REKEY_SNAPSHOT_FOLDER", str(folder))

    begun(operator, Operator.be_ready, until=Step.SNAPSHOT)

    (kept,) = folder.iterdir()
    assert (folder.stat().st_mode & 0o777, kept.stat().st_mode & 0o777) == (0o700, 0o600)
    assert f'"account_number": "{operator.estate.live.number}"' in kept.read_text()


def test_of_a_paper_account_no_money_value_is_kept(operator: Operator) -> None:
    begun(operator, until=Step.SNAPSHOT, credential="alpaca-paper")

    context = operator.steps("snapshot")[-1].context
    assert (context["equity"], context["cash"]) == (None, None)
