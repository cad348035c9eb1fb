"""One-time codes are enrolled by a link of their own, and count once a superadmin approved them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import SecretStr

from blocks.errors import ProofRefused
from blocks.operators import enrolment, offline, registration
from tests.operators.conftest import TERMINAL, Team


def coded(team: Team, name: str) -> SecretStr:
    """The token of a link by which a superadmin approves new one-time codes."""
    return enrolment.invite_codes(team.ledger, enrolment.enrolled(team.known, name), TERMINAL)[0]


@pytest.mark.usefixtures("sam")
def test_one_time_codes_count_once_a_superadmin_approved_them(team: Team) -> None:
    team.add("Robin", "ops", by="Sam")
    token = coded(team, "Robin")
    assert team.known.operators["Robin"].code is None

    team.approve(token, "Sam")

    assert team.known.operators["Robin"].code == 0
    assert offline.broken(team.ledger) == (2, None)
    # A code that was used since then must not count again.
    with pytest.raises(ProofRefused, match="approved already"):
        team.approve(token, "Sam")


@pytest.mark.usefixtures("sam")
def test_with_new_codes_the_older_ones_and_their_link_count_no_more(team: Team) -> None:
    first = coded(team, "Sam")
    team.approve(first, "Sam")
    second = coded(team, "Sam")

    assert team.known.operators["Sam"].code is None
    third = coded(team, "Sam")
    for older in (first, second):
        with pytest.raises(ProofRefused, match="leads nowhere any more"):
            enrolment.link_of(team.known, older)
    team.approve(third, "Sam")
    assert team.known.operators["Sam"].code == 0


@pytest.mark.usefixtures("sam")
def test_a_link_for_codes_registers_no_passkey(team: Team) -> None:
    token = coded(team, "Sam")
    team.approve(token, "Sam")

    with pytest.raises(ProofRefused, match="for one-time codes alone"):
        team.register(token)


@pytest.mark.usefixtures("sam")
def test_what_approves_a_link_for_codes_approves_no_passkey(team: Team) -> None:
    """What is signed says which of both it is."""
    token = coded(team, "Sam")
    link = enrolment.link_of(team.known, token)

    assert registration.approving(link).challenge != registration.approving(replace(link, codes=False)).challenge
