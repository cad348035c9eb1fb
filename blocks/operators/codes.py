"""One-time codes (RFC 6238): the weaker proof, for Prefect's own form and the terminal.

A code proves that somebody has the secret at that moment; it signs nothing, and cannot be checked later. So each is
taken once, and no older one after it.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime

import pyotp
from pydantic import SecretStr

from blocks.errors import ProofRefused

STEP_S = 30
DIGITS = 6
# A clock that is further off, or a code that was read long ago, is refused.
SKEW = 1


def new_secret() -> SecretStr:
    """A fresh secret: 160 bits in base32."""
    return SecretStr(pyotp.random_base32())


def address(secret: SecretStr, operator: str) -> SecretStr:
    """The otpauth address that an app on a phone takes. It holds the secret."""
    return SecretStr(pyotp.TOTP(secret.get_secret_value()).provisioning_uri(name=operator, issuer_name="rekey"))


def is_one(text: str) -> bool:
    """Whether it means to be one."""
    return len(text) == DIGITS and text.isascii() and text.isdigit()


def checked(secret: SecretStr, code: str, used: int, now: datetime) -> int:
    """The number of the time step whose code this is. ``used`` is the newest step whose code was taken, 0 for none.

    Raises ProofRefused, which does not repeat the code.
    """
    totp, here = pyotp.TOTP(secret.get_secret_value()), int(now.astimezone(UTC).timestamp()) // STEP_S
    # Every step is compared, so that the time it takes tells nothing.
    fits = [
        step
        for step in range(here - SKEW, here + SKEW + 1)
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())
    ]
    if not fits:
        raise ProofRefused(
            "The code is wrong, or too old: each is good for a minute at most.",
            "Type the code that your app shows now. When that is refused, too, compare the clock of your phone.",
        )
    if fits[0] <= used:
        raise ProofRefused("The code was used already.", "Wait until your app shows the next one, and type that.")
    return fits[0]
