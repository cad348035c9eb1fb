"""Who did it: a proof is taken once, for one act, of somebody who may; and every signature can be checked later."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from blocks.errors import ProofRefused
from blocks.ledger.row import SHARED, Action
from blocks.operators import codes, enrolment, offline, prove
from blocks.operators.prove import Proof
from blocks.operators.registry import ABOUT_OPERATORS, SUPERADMIN
from deployments.rehearsal.authenticator import Authenticator
from tests.operators.conftest import SITE, TERMINAL, Team, act

SECRET = codes.new_secret()


@pytest.fixture
def robin(team: Team, sam: Authenticator) -> Authenticator:  # noqa: ARG001  # Sam approves it
    """The authenticator of Robin, who has the role ops and one-time codes."""
    one = team.add("Robin", "ops", by="Sam")
    facts = {"who": "Robin", "role": "ops"}
    enrolment.write(team.ledger, team.known, Action.OPERATOR_CODED, TERMINAL, **facts)
    return one


def code(ahead_s: int = 0) -> str:
    return pyotp.TOTP(SECRET.get_secret_value()).at(datetime.now(UTC) + timedelta(seconds=ahead_s))


@pytest.mark.usefixtures("sam")
def test_a_signed_act_is_kept_with_who_and_how(team: Team) -> None:
    proof = team.prove(act(), "Sam")

    row = team.ledger.newest(actions=(Action.OPERATOR_ACTED,))
    assert row is not None
    assert proof == Proof("Sam", SUPERADMIN, "passkey", row.sequence)
    assert (row.actor, row.facts.act) == ("proved to be Sam (superadmin, passkey)", act().as_context())
    assert offline.broken(team.ledger) == (1, None)


def test_the_same_signature_is_good_for_the_same_act_and_no_other(team: Team, sam: Authenticator) -> None:
    """A run that goes on after a kill finds the form again, and asks for no new proof."""
    signed = sam.sign(act().challenge, "Sam")
    first = prove.by_passkey(team.ledger, SITE, act(), signed, SUPERADMIN)

    assert prove.by_passkey(team.ledger, SITE, act(), signed, SUPERADMIN) == first
    for other in (act(rotation="r-2"), act(form="paused-r-1-ffffff"), act(sealed="c" * 64), act(chosen={})):
        with pytest.raises(ProofRefused, match="signs something else"):
            prove.by_passkey(team.ledger, SITE, other, signed, SUPERADMIN)
    assert len(team.ledger.rows(actions=(Action.OPERATOR_ACTED,))) == 1


def test_a_copied_authenticator_is_noticed(team: Team, sam: Authenticator) -> None:
    copy = replace(sam)
    team.prove(act(), "Sam")
    team.prove(act(form="paused-r-1-2"), "Sam")

    with pytest.raises(ProofRefused, match="used already, or copied"):
        team.prove(act(form="paused-r-1-3"), "Sam", authenticator=copy)


@pytest.mark.usefixtures("robin")
def test_only_a_role_that_may_acts(team: Team) -> None:
    with pytest.raises(ProofRefused, match="Robin has the role ops, and this asks for superadmin"):
        team.prove(act(), "Robin")
    assert team.prove(act(), "Robin", "ops").role == "ops"
    assert team.prove(act(form="paused-r-1-2"), "Sam", "ops").role == SUPERADMIN


def test_nobody_signs_in_the_name_of_another(team: Team, robin: Authenticator) -> None:
    with pytest.raises(ProofRefused, match="not registered for that operator"):
        team.prove(act(), "Sam", authenticator=robin)
    with pytest.raises(ProofRefused, match="Nobody of that name"):
        team.prove(act(), "Eve", authenticator=robin)


@pytest.mark.usefixtures("sam")
def test_a_removed_operator_is_refused_by_name(team: Team) -> None:
    enrolment.remove(team.ledger, "Sam", TERMINAL)

    with pytest.raises(ProofRefused, match="Sam is no operator any more"):
        team.prove(act(), "Sam")


@pytest.mark.usefixtures("robin")
def test_a_code_proves_it_once(team: Team) -> None:
    proof = prove.by_code(team.ledger, act(), "Robin", code(), SECRET, "ops")

    assert proof.actor == "proved to be Robin (ops, code)"
    assert prove.by_code(team.ledger, act(), "Robin", code(), SECRET, "ops") == proof
    with pytest.raises(ProofRefused, match="used already"):
        prove.by_code(team.ledger, act(form="another"), "Robin", code(-30), SECRET, "ops")
    assert code() not in repr(team.ledger.rows(actions=(Action.OPERATOR_ACTED,)))


@pytest.mark.usefixtures("robin")
def test_a_code_counts_as_of_when_it_was_entered(team: Team) -> None:
    with pytest.raises(ProofRefused, match="wrong, or too old"):
        prove.by_code(team.ledger, act(), "Robin", code(-600), SECRET, "ops")

    assert prove.by_code(team.ledger, act(), "Robin", code(-600), SECRET, "ops", age_s=600).who == "Robin"

    with pytest.raises(ProofRefused, match="wrong, or too old"):
        prove.by_code(team.ledger, act(form="another"), "Robin", code(), SECRET, "ops", age_s=600)


@pytest.mark.usefixtures("robin")
def test_a_code_is_of_one_operator_who_has_some(team: Team) -> None:
    with pytest.raises(ProofRefused, match="Sam has no one-time codes"):
        prove.by_code(team.ledger, act(), "Sam", code(), SECRET, "ops")
    with pytest.raises(ProofRefused, match="wrong, or too old"):
        prove.by_code(team.ledger, act(), "Robin", code(), codes.new_secret(), "ops")
    enrolment.recover(team.ledger, "Robin", TERMINAL)
    with pytest.raises(ProofRefused, match="Robin has no one-time codes, or not any more"):
        prove.by_code(team.ledger, act(), "Robin", code(), SECRET, "ops")


@pytest.mark.usefixtures("robin")
def test_of_many_at_once_a_code_is_taken_for_one(team: Team) -> None:
    now = code()

    def take(number: int) -> bool:
        try:
            prove.by_code(team.ledger, act(form=f"paused-{number}"), "Robin", now, SECRET, "ops")
        except ProofRefused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(8))) == 1


@pytest.mark.usefixtures("robin")
def test_a_row_whose_signature_does_not_hold_is_found_offline(team: Team) -> None:
    team.prove(act(), "Sam")
    rows = team.ledger.rows(credential=SHARED, actions=ABOUT_OPERATORS)
    last = rows[-1]

    assert offline.first_broken(rows) == (2, None)
    for change, told in {
        "act": (act(chosen={"choice": "go on"}).as_context(), "signs something else"),
        "who": ("Robin", "not registered for that operator"),
        "counter": (99, "another counter"),
        "origin": ("http://localhost:1", "another page"),
    }.items():
        forged = replace(last, context={**last.context, change: told[0]})
        count, found = offline.first_broken([*rows[:-1], forged])
        assert count == 2
        assert found is not None
        assert found.sequence == last.sequence
        assert told[1] in found.reason
