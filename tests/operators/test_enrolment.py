"""Who is enrolled is a matter of the ledger: links are good once and for a while, and superadmins approve others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from blocks.errors import ProofRefused, StepError, Transient
from blocks.ledger.row import SHARED, Action
from blocks.operators import enrolment, registration
from blocks.operators.registry import ABOUT_OPERATORS, SUPERADMIN, Registry
from blocks.sealed.keys import text_of
from deployments.rehearsal.authenticator import Authenticator
from tests.operators.conftest import SITE, TERMINAL, Team, act


def test_the_first_operator_needs_no_approval(team: Team) -> None:
    assert team.known.is_empty

    one = team.add("Sam", SUPERADMIN)

    sam = team.known.operators["Sam"]
    assert not team.known.is_empty
    assert sam.role == SUPERADMIN
    assert sam.passkey(text_of(one.credential_id)) is not None
    assert team.ledger.verify() is None


def test_the_token_is_kept_nowhere(team: Team) -> None:
    token = team.invite("Sam", SUPERADMIN)
    team.register(token)

    assert token.get_secret_value() not in repr(team.ledger.rows())
    assert token.get_secret_value() not in repr(team.known)


@pytest.mark.usefixtures("sam")
def test_a_later_operator_needs_a_superadmin(team: Team) -> None:
    token = team.invite("Robin", "ops")
    with pytest.raises(ProofRefused, match="No superadmin has approved the enrolment of Robin"):
        team.register(token)

    team.approve(token, "Sam")
    team.register(token)

    assert team.known.operators["Robin"].role == "ops"
    assert team.ledger.newest(actions=(Action.OPERATOR_APPROVED,)).actor == "proved to be Sam (superadmin, passkey)"  # type: ignore[union-attr]  # it was approved


@pytest.mark.usefixtures("sam")
def test_nobody_else_approves(team: Team) -> None:
    team.add("Robin", "ops", by="Sam")
    token = team.invite("Eve", SUPERADMIN)
    link = enrolment.link_of(team.known, token)
    challenge = registration.approving(link).challenge

    with pytest.raises(ProofRefused, match="Only a superadmin"):
        team.approve(token, "Robin")
    # Robin's authenticator in Sam's name.
    with pytest.raises(ProofRefused, match="not registered for that operator"):
        registration.approve(team.ledger, SITE, token, team.carried["Robin"][0].sign(challenge, "Sam"))
    with pytest.raises(ProofRefused):
        team.register(token)


@pytest.mark.usefixtures("sam")
def test_an_approval_is_for_one_link(team: Team) -> None:
    first, second = team.invite("Robin", "ops"), team.invite("Eve", SUPERADMIN)
    signed = registration.approving(enrolment.link_of(team.known, first))

    with pytest.raises(ProofRefused, match="signs something else"):
        registration.approve(team.ledger, SITE, second, team.carried["Sam"][0].sign(signed.challenge, "Sam"))


def test_a_link_is_used_once(team: Team) -> None:
    token = team.invite("Sam", SUPERADMIN)
    team.register(token)

    with pytest.raises(ProofRefused, match="used already"):
        team.register(token)
    assert len(team.known.operators["Sam"].passkeys) == 1


def test_the_first_authenticator_signs_for_the_second(team: Team) -> None:
    token = team.invite("Sam", SUPERADMIN)
    first, second, third = team.register(token), Authenticator(SITE), Authenticator(SITE)
    link = enrolment.link_of(team.known, token)
    signed = first.sign(registration.adding(link, text_of(second.credential_id)).challenge, "Sam")
    of_third = third.register(registration.enrolling(link).challenge)

    with pytest.raises(ProofRefused, match="signs something else"):
        registration.register(team.ledger, SITE, token, of_third, "red key", signed)
    response = second.register(registration.enrolling(link).challenge)
    registration.register(team.ledger, SITE, token, response, "red key", signed)

    assert [one.called for one in team.known.operators["Sam"].passkeys] == ["blue key", "red key"]
    assert team.prove(act(), "Sam", authenticator=second).who == "Sam"


def test_a_signature_that_added_one_authenticator_counts(team: Team) -> None:
    token = team.invite("Sam", SUPERADMIN)
    first, second, third = team.register(token), Authenticator(SITE), Authenticator(SITE)
    copy, link = replace(first), enrolment.link_of(team.known, token)
    for one, by in ((second, first), (third, copy)):
        response = one.register(registration.enrolling(link).challenge)
        signed = by.sign(registration.adding(link, text_of(one.credential_id)).challenge, "Sam")
        if by is first:
            registration.register(team.ledger, SITE, token, response, "red key", signed)

    with pytest.raises(ProofRefused, match="used already, or copied"):
        registration.register(team.ledger, SITE, token, response, "green key", signed)


def test_an_authenticator_is_registered_once(team: Team, sam: Authenticator) -> None:
    token = team.invite("Robin", "ops")
    team.approve(token, "Sam")

    with pytest.raises(ProofRefused, match="registered already"):
        team.register(token, sam)


def test_a_link_is_too_old_after_its_time(team: Team) -> None:
    assert timedelta(minutes=15) == enrolment.VALID
    token, _ = enrolment.invite(team.ledger, "Sam", SUPERADMIN, TERMINAL, valid=timedelta(seconds=-1))

    with pytest.raises(ProofRefused, match="too old"):
        team.register(token)
    assert team.known.is_empty


def test_an_unknown_link_leads_nowhere(team: Team) -> None:
    with pytest.raises(ProofRefused, match="unknown"):
        team.register(SecretStr("x" * 43))


@pytest.mark.parametrize(
    ("name", "role", "told"), [("x", "ops", "2 to 80"), ("Robin", "root", "role"), ("Sam", "ops", "enrolled already")]
)
@pytest.mark.usefixtures("sam")
def test_what_cannot_be_enrolled_is_said(team: Team, name: str, role: str, told: str) -> None:
    with pytest.raises(StepError, match=told):
        team.invite(name, role)


def removed(team: Team) -> None:
    enrolment.remove(team.ledger, "Sam", TERMINAL)


def recovered(team: Team) -> None:
    enrolment.recover(team.ledger, "Sam", TERMINAL)


@pytest.mark.parametrize("ended", [removed, recovered])
@pytest.mark.usefixtures("sam")
def test_passkeys_end_at_once(team: Team, ended: Callable[[Team], None]) -> None:
    older = team.invite("Robin", "ops")
    ended(team)

    with pytest.raises(ProofRefused, match=r"no operator any more|not registered for that operator"):
        team.prove(act(), "Sam")
    with pytest.raises(ProofRefused):
        team.approve(older, "Sam")


@pytest.mark.usefixtures("sam")
def test_whoever_recovers_registers_anew_with_the_same_role(team: Team) -> None:
    token, link = enrolment.recover(team.ledger, "Sam", TERMINAL)
    new = team.register(token)

    assert not link.needs_approval
    assert team.known.operators["Sam"].role == SUPERADMIN
    assert team.prove(act(), "Sam", authenticator=new).row


@pytest.mark.usefixtures("sam")
def test_a_link_that_was_made_before_a_removal_leads_nowhere(team: Team) -> None:
    token = team.invite("Robin", "ops")
    team.approve(token, "Sam")
    team.register(token)
    enrolment.remove(team.ledger, "Robin", TERMINAL)

    with pytest.raises(ProofRefused, match="unknown"):
        team.register(token)


def test_the_fold_is_the_same_row_by_row_and_at_once(team: Team) -> None:
    for step in (
        lambda: team.add("Sam", SUPERADMIN),
        lambda: team.add("Robin", "ops", by="Sam"),
        lambda: removed(team),
    ):
        step()
        rows = team.ledger.rows(credential=SHARED, actions=ABOUT_OPERATORS)
        assert team.known == Registry.fold(rows)


@pytest.mark.usefixtures("sam")
def test_two_who_change_the_operators_at_once_do_not_both(team: Team) -> None:
    known = team.known
    team.invite("Robin", "ops")

    with pytest.raises(Transient, match="same moment"):
        enrolment.write(team.ledger, known, Action.OPERATOR_REMOVED, TERMINAL, who="Sam", role=SUPERADMIN)
    assert "Sam" in team.known.operators


def test_the_links_time_is_utc(team: Team) -> None:
    token = team.invite("Sam", SUPERADMIN)

    left = enrolment.link_of(team.known, token).until - datetime.now(UTC)
    assert timedelta(minutes=14) < left <= timedelta(minutes=15)
