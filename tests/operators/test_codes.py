"""A one-time code is good for its own time step and one beside it, and only once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from pydantic import SecretStr

from blocks.errors import ProofRefused
from blocks.operators import codes

NOW = datetime(2026, 11, 28, 9, 0, 5, tzinfo=UTC)
SECRET = codes.new_secret()


def code(at: datetime) -> str:
    return pyotp.TOTP(SECRET.get_secret_value()).at(at)


def test_the_codes_are_those_of_the_standard() -> None:
    """RFC 6238, appendix B, for SHA-1, with the last six of its eight digits."""
    secret = SecretStr("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")

    assert codes.checked(secret, "287082", 0, datetime.fromtimestamp(59, UTC)) == 1
    assert codes.checked(secret, "081804", 0, datetime.fromtimestamp(1111111109, UTC)) == 37037036


@pytest.mark.parametrize("skew_s", [-30, 0, 30])
def test_a_clock_may_be_one_step_off(skew_s: int) -> None:
    at = NOW + timedelta(seconds=skew_s)

    assert codes.checked(SECRET, code(at), 0, NOW) == int(at.timestamp()) // codes.STEP_S


@pytest.mark.parametrize("skew_s", [-60, 60, 3600])
def test_a_clock_that_is_further_off_is_refused(skew_s: int) -> None:
    with pytest.raises(ProofRefused, match="wrong, or too old"):
        codes.checked(SECRET, code(NOW + timedelta(seconds=skew_s)), 0, NOW)


def test_a_code_is_taken_once_and_no_older_one_after_it() -> None:
    used = codes.checked(SECRET, code(NOW), 0, NOW)

    for at in (NOW, NOW - timedelta(seconds=30)):
        with pytest.raises(ProofRefused, match="used already"):
            codes.checked(SECRET, code(at), used, NOW)
    assert codes.checked(SECRET, code(NOW + timedelta(seconds=30)), used, NOW) == used + 1


@pytest.mark.parametrize("wrong", ["", "000000000", "abcdef", "١٢٣٤٥٦", "12345"])
def test_what_is_no_code_is_refused_and_never_repeated(wrong: str) -> None:
    assert not codes.is_one(wrong)
    with pytest.raises(ProofRefused) as caught:
        codes.checked(SECRET, wrong, 0, NOW)
    assert not wrong or wrong not in str(caught.value)


def test_secrets_are_random_and_never_shown() -> None:
    assert len({codes.new_secret().get_secret_value() for _ in range(50)}) == 50
    assert len(codes.new_secret().get_secret_value()) == 32
    assert SECRET.get_secret_value() not in repr(codes.address(SECRET, "Sam"))
    assert codes.address(SECRET, "Sam R").get_secret_value().startswith("otpauth://totp/rekey:Sam%20R?secret=")
