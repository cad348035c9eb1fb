"""What is recorded of a step that ends badly, and what Prefect itself keeps of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from blocks.errors import StepError
from blocks.ledger.ledger import Ledger
from blocks.model.rotation import Reason, Rotation
from blocks.model.step import Step
from blocks.prefect_api.recording import FAILED, history_of, recorded
from deployments.local.processes import LocalPrefect
from deployments.rehearsal.silence import leaks
from deployments.sandbox import made_up
from tests.canaries import Canaries
from tests.steps.support import alone, shipped, told


class _Holding(Exception):
    """An exception whose text is harmless and that carries a secret all the same, as httpx's and pydantic's do."""

    def __init__(self, text: str, value: str = "") -> None:
        self.value = value
        super().__init__(text)


@pytest.fixture
def rotation(prefect: LocalPrefect, ledger: Ledger) -> Rotation:
    """A rotation of the shipped credential, with an empty ledger."""
    assert prefect.environment
    assert ledger.rows() == []
    return Rotation("r-test", shipped(), Reason.SCHEDULED, "no-run", "somebody", datetime.now(UTC))


def test_a_step_that_fails_is_recorded_with_its_sentence_and_what_it_had_proved(
    rotation: Rotation, ledger: Ledger
) -> None:
    def step() -> None:
        with recorded(rotation, Step.STORE, subject="a vault") as record:
            record.prove("The first half was proved.")
            record.note(half=1)
            raise StepError("The second half is missing.", "Bring it.")

    assert told(alone(step)) == "The second half is missing. Bring it."
    row = ledger.rows()[-1]
    assert row.actor == "somebody"
    assert {**row.context, "seconds": 0} == {
        "step": "store",
        "subject": "a vault",
        "outcome": FAILED,
        "seconds": 0,
        "proofs": ["The first half was proved."],
        "half": 1,
        "problem": "The second half is missing. Bring it.",
    }
    assert history_of(rotation).of(Step.STORE) == ()


def test_of_a_foreign_error_only_its_kind_is_recorded(rotation: Rotation, ledger: Ledger) -> None:
    """Its text may hold anything: the search for canaries proves that the ledger has none of it."""

    def step() -> None:
        # Handled inside: Prefect writes the text of what leaves a flow into its logs.
        with pytest.raises(ValueError, match="is wrong"), recorded(rotation, Step.STORE):
            raise ValueError(f"{made_up.alpaca_secret()} is wrong")

    assert alone(step).is_completed()
    assert ledger.rows()[-1].context["problem"] == "Stopped by ValueError."


def test_a_secret_cannot_be_noted(rotation: Rotation, ledger: Ledger) -> None:
    def step() -> None:
        with pytest.raises(TypeError, match="SecretStr is not JSON"), recorded(rotation, Step.STORE) as record:
            record.note(secret=SecretStr(made_up.alpaca_secret()))

    assert alone(step).is_completed()
    assert ledger.rows() == []


def test_the_guard_of_these_tests_reads_the_exceptions_that_prefect_keeps(
    prefect: LocalPrefect, canaries: Canaries
) -> None:
    """Every failed flow pickles its exception to disk, attributes included. A guard that cannot see that is blind."""
    secret, storage = made_up.alpaca_secret(), prefect.places.prefect_home / "storage"
    kept = set(storage.glob("*"))

    def step() -> None:
        raise _Holding("harmless", secret)

    assert alone(step).is_failed()

    (pickled,) = set(storage.glob("*")) - kept
    assert leaks([secret], [prefect.places.home]) == [str(pickled)]
    # Else the guard would, rightly, refuse this test.
    pickled.unlink()
    assert canaries.secrets == [secret]
