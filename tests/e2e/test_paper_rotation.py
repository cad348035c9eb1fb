"""A whole paper rotation against a real Prefect server and the sandbox."""

from __future__ import annotations

from deployments.rehearsal import proof
from tests.operator import Operator


def test_a_paper_rotation_leaves_the_estate_rotated(operator: Operator) -> None:
    before = proof.observe(operator.estate)

    outcome = operator.rotate(Operator.regenerate)

    assert outcome.state.is_completed(), outcome.message
    assert proof.prove_rotated(before, proof.observe(operator.estate), operator.ledger)
