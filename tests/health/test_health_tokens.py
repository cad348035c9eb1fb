"""What rekey's own tokens may do, and until when, is found by health before a rotation needs it."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from blocks.check import Depth
from blocks.consumers.github.block import Github
from deployments.sandbox.faults import Fault, FaultKind
from tests.health.support import PAPER, looked, told, wrong
from tests.operator import Operator


@pytest.mark.parametrize("vendor", ["heroku", "github", "slack"])
def test_a_token_that_has_ended_is_named(well: Operator, vendor: str) -> None:
    estate = well.estate
    if vendor == "heroku":
        estate.heroku.revoke_token(estate.heroku.token)
    elif vendor == "github":
        estate.github.revoke_token(estate.github.token)
    else:
        estate.slack.replace_token()

    found = looked(PAPER, depth=Depth.FULL)

    failed = {one["check"] for one in found["checks"] if one["outcome"] == "failed"}
    label = {"heroku": "heroku raxx-api-prod", "github": "github raxx/raxx", "slack": "slack D0AJ7K184TV"}[vendor]
    assert f"write to {label}" in failed
    assert (f"{label.partition(' ')[0].capitalize()} token" in failed) is (vendor == "heroku")
    assert vendor in told(found, f"write to {label}").lower()


def test_a_token_that_may_only_read_is_found_by_a_full_run(well: Operator) -> None:
    token = well.estate.github.add_token({"secrets": "read"})
    Github(url=well.estate.url("github"), token=SecretStr(token)).save("rekey", overwrite=True)

    assert looked(PAPER)["outcome"] == "ok"
    found = looked(PAPER, depth=Depth.FULL)

    assert wrong(found) == {f"{PAPER}: write to github raxx/raxx": "failed"}
    assert "secrets" in told(found, "write to github raxx/raxx")


def test_a_token_that_ends_soon_is_told_with_its_date(well: Operator) -> None:
    ends = time.time() + 5 * 24 * 3600
    token = well.estate.github.add_token({"secrets": "write"}, ends_at=ends)
    Github(url=well.estate.url("github"), token=SecretStr(token)).save("rekey", overwrite=True)

    found = looked(PAPER, depth=Depth.FULL)

    assert wrong(found) == {"all credentials: GitHub token": "failed"}
    assert f"{datetime.fromtimestamp(ends, UTC):%Y-%m-%d}" in told(found, "GitHub token")


def test_what_tells_no_end_of_rekeys_token_is_said_to_tell_none(well: Operator) -> None:
    found = looked(PAPER, depth=Depth.FULL)

    assert "Heroku accepts rekey's token and tells no date of expiry" in told(found, "Heroku token")
    assert "Not looked at: whether and when rekey's key to it ends." in told(found, "vault", "all credentials")
    assert well.estate.server.journal.of("heroku")


def test_an_application_that_is_down_is_unknown_and_one_without_the_field_too(well: Operator) -> None:
    well.estate.server.plan.add(Fault("raptor-staging", FaultKind.ANSWER, status=503, times=None))
    well.estate.server.plan.add(Fault("raptor-prod", FaultKind.ANSWER, status=200, body={}, times=None))

    found = looked(PAPER, depth=Depth.FULL)

    assert wrong(found) == {
        f"{PAPER}: account of raptor-prod": "unknown",
        f"{PAPER}: account of raptor-staging": "unknown",
    }


@pytest.mark.parametrize(
    "vendor",
    [
        "infisical",
        "alpaca-paper",
        pytest.param("heroku", marks=pytest.mark.long),
        pytest.param("github", marks=pytest.mark.long),
    ],
)
def test_a_vendor_that_limits_requests_is_left_alone_for_as_long_as_it_asks(well: Operator, vendor: str) -> None:
    path = "/api/v3/secrets/raw" if vendor == "infisical" else ".*"
    well.estate.server.plan.add(Fault(vendor, FaultKind.RATE_LIMIT, "GET", path, retry_after_s=1, times=1))
    began = time.monotonic()

    found = looked(PAPER)

    assert found["outcome"] == "ok", wrong(found)
    assert time.monotonic() - began >= 1
