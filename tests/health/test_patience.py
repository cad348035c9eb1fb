"""A worker whose runs would end by an outage of Prefect is named, with the settings that it lacks."""

from __future__ import annotations

import pytest
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, PREFECT_CLIENT_RETRY_EXTRA_CODES, temporary_settings

from blocks.errors import StepError
from deployments.local.places import Places
from deployments.local.prefect_environment import prefect_environment
from tasks.health.patience import patience

PATIENT = {PREFECT_CLIENT_MAX_RETRIES: 10, PREFECT_CLIENT_RETRY_EXTRA_CODES: {500, 504}}


def test_a_patient_worker_is_well() -> None:
    with temporary_settings(PATIENT):
        assert patience().startswith("The runs of this worker outlive")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({PREFECT_CLIENT_MAX_RETRIES: 5}, "PREFECT_CLIENT_MAX_RETRIES is 5."),
        ({PREFECT_CLIENT_RETRY_EXTRA_CODES: {504}}, "PREFECT_CLIENT_RETRY_EXTRA_CODES lacks 500."),
        (
            {PREFECT_CLIENT_MAX_RETRIES: 0, PREFECT_CLIENT_RETRY_EXTRA_CODES: set()},
            "PREFECT_CLIENT_MAX_RETRIES is 0; PREFECT_CLIENT_RETRY_EXTRA_CODES lacks 500, 504.",
        ),
    ],
)
def test_what_it_lacks_is_named(given: dict[object, object], told: str) -> None:
    with temporary_settings({**PATIENT, **given}), pytest.raises(StepError) as raised:
        patience()

    assert raised.value.problem.endswith(f"of this worker: {told}")
    assert "PREFECT_CLIENT_MAX_RETRIES=10 and PREFECT_CLIENT_RETRY_EXTRA_CODES=500,504" in raised.value.remedy


def test_rekey_starts_its_own_workers_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    given = prefect_environment(Places.made(tmp_path_factory.mktemp("places")), 4200)

    assert given["PREFECT_CLIENT_MAX_RETRIES"] == "10"
    assert given["PREFECT_CLIENT_RETRY_EXTRA_CODES"] == "500,504"
