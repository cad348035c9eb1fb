"""While both keys live nothing is down: whatever key an application holds at any moment is accepted."""

from __future__ import annotations

import pytest

from tests.chaos.contracts import answers_of
from tests.contracts.contract import CONTRACTS, listed_alone
from tests.contracts.outage import OVERLAPPING, sampled
from tests.operator import Operator
from tests.waiting import wait_until


@pytest.mark.parametrize(
    "credential", [pytest.param(one, marks=pytest.mark.long if at else ()) for at, one in enumerate(OVERLAPPING)]
)
def test_no_question_of_an_application_is_refused_in_a_whole_rotation(operator: Operator, credential: str) -> None:
    listed_alone(operator, CONTRACTS[credential])

    with sampled(operator.estate, credential) as seen:
        outcome = operator.rotate(*answers_of(CONTRACTS[credential]), credential=credential)

    assert outcome.state.is_completed(), outcome.message
    assert seen.asked > 20
    assert len(seen.values) == 2, "it held the old one, and then the new one"
    assert seen.refused == 0


def test_a_key_that_is_refused_is_counted(operator: Operator) -> None:
    """Else a zero would say nothing."""
    contract = CONTRACTS[OVERLAPPING[0]]
    listed_alone(operator, contract)

    with sampled(operator.estate, contract.credential) as seen:
        contract.keys(operator.estate).delete(contract.in_the_vault(operator.estate))
        wait_until(lambda: seen.refused >= 3, description="three refusals are counted")

    assert seen.refused >= 3
