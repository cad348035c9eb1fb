"""A clock that is wrong, and a session that has ended, are told as such: the access key is not to blame."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from blocks.aws.refusals import ahead_of, explained
from blocks.errors import Refused, Rejected, VendorError
from blocks.vaults.terms import Location
from blocks.wire.exchange import Answered
from deployments.sandbox.faults import Fault, FaultKind
from tests.vaults.scene import ENVIRONMENT, PATH, PLACE, Scene, a_pair

HERE = Location(ENVIRONMENT, PATH)
LATE = "Signature expired: 20261129T100000Z is now earlier than 20261129T101500Z (20261129T102000Z - 5 min.)"
EARLY = "Signature not yet current: 20261129T103000Z is still later than 20261129T102500Z (20261129T102000Z + 5 min.)"
OTHER = "The request signature we calculated does not match the signature you provided."


def refused(scene: Scene, kind: str, message: str, status: int = 400) -> VendorError:
    body = {"__type": kind, "message": message}
    scene.running.plan.add(Fault("vault", FaultKind.ANSWER, status=status, body=body, times=1))
    with pytest.raises(VendorError) as told:
        scene.client.write(HERE, PLACE.named(a_pair()))
    assert scene.holds(scene.old)
    return told.value


@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("InvalidSignatureException", LATE),
        ("com.amazon.coral.service#InvalidSignatureException", EARLY),
        ("SignatureDoesNotMatch", LATE),
        ("RequestTimeTooSkewed", "The difference between the request time and the current time is too large."),
        ("RequestExpired", ""),
        ("RequestInTheFuture", ""),
    ],
)
def test_a_wrong_clock_is_told_with_how_it_is_set(scene: Scene, kind: str, message: str, status: int) -> None:
    error = refused(scene, kind, message, status)

    assert isinstance(error, Rejected)
    assert error.fault == "the clock of this machine is wrong"
    assert "by NTP" in error.remedy
    assert "access key" not in str(error)


@pytest.mark.parametrize("kind", ["ExpiredTokenException", "ExpiredToken"])
def test_a_session_that_has_ended_is_told_with_what_to_put_there(scene: Scene, kind: str) -> None:
    error = refused(scene, kind, "The security token included in the request is expired")

    assert isinstance(error, Refused)
    assert error.fault == "the session token has ended"
    assert "Put a new temporary key" in error.remedy
    assert "AWS Secrets Manager block" in error.remedy


def test_a_wrong_key_is_no_wrong_clock(scene: Scene) -> None:
    error = refused(scene, "InvalidSignatureException", OTHER)

    assert isinstance(error, Refused)
    assert error.fault == "not accepted"


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        (-17, "the clock of this machine is wrong, 17 min behind AWS's"),
        (20, "the clock of this machine is wrong, 20 min ahead of AWS's"),
        (3, "not accepted"),
    ],
)
def test_the_date_of_an_answer_tells_how_far_the_clock_is_off(minutes: int, told: str) -> None:
    date = format_datetime(datetime.now(UTC) - timedelta(minutes=minutes), usegmt=True)
    error = Rejected(vendor="AWS", operation="read", fault="rejected", status=400, code="InvalidSignatureException")

    found = explained(error, "Look at the key.", ahead_of(Answered(400, {"date": date}, b"")))

    assert getattr(found, "fault", "") == told


@pytest.mark.parametrize("date", ["", "yesterday", "Sun, 29 Nov 2026 10:00:00"])
def test_an_answer_without_a_date_tells_nothing_of_the_clock(date: str) -> None:
    assert ahead_of(Answered(400, {"date": date}, b"")) is None
