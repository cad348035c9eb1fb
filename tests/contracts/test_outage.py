"""While both keys live nothing is down: whatever key an application holds at any moment is accepted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deployments.sandbox.estate import Estate
from tests.chaos.contracts import ready_for
from tests.contracts.outage import OVERLAPPING, sampled
from tests.operator import Operator
from tests.waiting import wait_until


@pytest.mark.parametrize(
    "credential", [pytest.param(one, marks=pytest.mark.long if at else ()) for at, one in enumerate(OVERLAPPING)]
)
def test_no_question_of_an_application_is_refused_in_a_whole_rotation(operator: Operator, credential: str) -> None:
    answers = ready_for(operator, credential)

    with sampled(operator.estate, credential) as seen:
        outcome = operator.rotate(*answers, credential=credential)

    assert outcome.state.is_completed(), outcome.message
    assert seen.asked > 20
    assert len(seen.values) == 2, "it held the old one, and then the new one"
    assert seen.refused == 0


def _postmark(estate: Estate) -> None:
    keys = estate.issuers.postmark.keys
    keys.delete(next(iter(keys.living.values())))


def _heroku(estate: Estate) -> None:
    (own,) = estate.heroku.access.authorizations.values()
    estate.heroku.access.end(own)


def _infisical(estate: Estate) -> None:
    for one in estate.infisical.secrets_of(estate.identity[0]):
        one.revoked = True


@pytest.mark.parametrize(
    ("credential", "end"), [("postmark-server", _postmark), ("heroku-rekey", _heroku), ("infisical-rekey", _infisical)]
)
def test_a_key_that_is_refused_is_counted(operator: Operator, credential: str, end: Callable[[Estate], object]) -> None:
    """Else a zero would say nothing."""
    ready_for(operator, credential)

    with sampled(operator.estate, credential) as seen:
        wait_until(lambda: seen.asked >= 3, description="three questions are asked")
        assert seen.refused == 0
        end(operator.estate)
        wait_until(lambda: seen.refused >= 3, description="three refusals are counted")

    assert seen.refused >= 3
