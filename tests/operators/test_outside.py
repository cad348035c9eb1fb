"""What is signed outside of a form is good once, for minutes, and for what was named; a tag alone proves nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from blocks.errors import ProofRefused
from blocks.ledger.row import Action, Row
from blocks.operators import offline_decisions, outside
from blocks.operators.act import Act
from blocks.operators.outside import START, TAKE
from blocks.operators.prove import Proof
from blocks.operators.registry import SUPERADMIN
from deployments.rehearsal.authenticator import Authenticator
from tests.operators.conftest import SITE, Team

NOW = datetime(2026, 11, 28, 12, 0, 0, tzinfo=UTC)


def start(name: str, reason: str = "scheduled") -> Act:
    return outside.started(name, "alpaca-live", reason, "Sam")


def proved(team: Team, act: Act, signed: object, now: datetime = NOW) -> Proof:
    return outside.proved(team.ledger, SITE, act, signed, SUPERADMIN, now)  # type: ignore[arg-type]  # an assertion


def begin(team: Team, proof: Proof, **other: object) -> Row:
    """The row of a run that was started so."""
    facts = {"flow_run_id": "a run", "reason": "scheduled", "starter": proof.who, "proved_in": proof.row, **other}
    return team.ledger.append(
        Action.STARTED, rotation="r-1", credential="alpaca-live", actor="rekey (run a)", context=facts
    )


def test_it_is_taken_once_and_not_even_the_same_again(team: Team, sam: Authenticator) -> None:
    act = start(outside.new_name(NOW))
    signed = sam.sign(act.challenge, "Sam")

    assert proved(team, act, signed).who == "Sam"

    with pytest.raises(ProofRefused, match="signed and done before"):
        proved(team, act, signed)
    with pytest.raises(ProofRefused, match="signed and done before"):
        proved(team, act, sam.sign(act.challenge, "Sam"))


@pytest.mark.parametrize("late", [timedelta(minutes=5, seconds=1), -timedelta(minutes=5, seconds=1)])
def test_it_is_good_for_minutes(team: Team, sam: Authenticator, late: timedelta) -> None:
    act = start(outside.new_name(NOW))

    with pytest.raises(ProofRefused, match="too old, or was never asked for"):
        proved(team, act, sam.sign(act.challenge, "Sam"), NOW + late)


@pytest.mark.parametrize(
    "name", ["", "paused-r-1-hold-a1b2c3", "outside-20261128T120000Z", "outside-x-0123456789abcdef"]
)
def test_only_a_name_that_the_console_gave_is_one(team: Team, sam: Authenticator, name: str) -> None:
    with pytest.raises(ProofRefused, match="never asked for"):
        proved(team, start(name), sam.sign(start(name).challenge, "Sam"))


def test_it_is_good_for_what_was_named(team: Team, sam: Authenticator) -> None:
    name = outside.new_name(NOW)
    signed = sam.sign(start(name).challenge, "Sam")

    for other in (start(name, "offboarding"), replace(start(name), step=TAKE), replace(start(name), rotation="r-1")):
        with pytest.raises(ProofRefused, match="signs something else"):
            proved(team, other, signed)


def test_a_start_counts_for_one_rotation_of_its_credential_and_reason(team: Team, sam: Authenticator) -> None:
    name = outside.new_name(NOW)
    proof = proved(team, start(name), sam.sign(start(name).challenge, "Sam"))

    found = outside.start_of(team.ledger, name, "alpaca-live", "scheduled")
    assert found is not None
    assert found.sequence == proof.row
    for other in (("alpaca-paper", "scheduled"), ("alpaca-live", "offboarding")):
        assert outside.start_of(team.ledger, name, *other) is None
    assert outside.start_of(team.ledger, outside.new_name(NOW), "alpaca-live", "scheduled") is None
    assert outside.start_of(team.ledger, "", "alpaca-live", "scheduled") is None
    begin(team, proof)
    assert outside.start_of(team.ledger, name, "alpaca-live", "scheduled") is None


def test_a_start_or_a_taking_that_nobody_signed_is_found_offline(team: Team, sam: Authenticator) -> None:
    first = start(outside.new_name(NOW))
    proof = proved(team, first, sam.sign(first.challenge, "Sam"))
    begin(team, proof)
    facts = {"taker": "Sam", "instead_of": "", "why": ""}
    taking = outside.act_of(TAKE, outside.new_name(NOW), "r-1", facts)
    by = proved(team, taking, sam.sign(taking.challenge, "Sam"))
    team.ledger.append(
        Action.TAKEN, rotation="r-1", credential="alpaca-live", actor=by.actor, context={**facts, "proved_in": by.row}
    )
    rows = team.ledger.rows()
    assert offline_decisions.broken(team.ledger) == (2, None)

    def found(row: Row, **changed: object) -> str:
        forged = replace(row, context={**row.context, **changed})
        broken = offline_decisions.first_broken([*(one for one in rows if one.sequence < row.sequence), forged])[1]
        return broken.reason if broken else ""

    began, taken = (next(row for row in rows if row.action is one) for one in (Action.STARTED, Action.TAKEN))
    assert "nobody proved" in found(began, proved_in=1)
    assert "something else" in found(began, reason="offboarding")
    assert "something else" in found(began, starter="Kim")
    assert "something else" in found(taken, taker="Kim")
    assert "something else" in found(taken, proved_in=proof.row)
    begin(team, proof)
    assert "another rotation was started" in str(offline_decisions.broken(team.ledger)[1])
    assert START not in found(began)
