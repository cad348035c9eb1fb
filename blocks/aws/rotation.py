"""AWS's own rotation of a secret: it puts another value in the place of the pair, by a schedule.

Facts (DescribeSecret, API reference of Secrets Manager and botocore's model of it, read 2026-11-29):
``RotationEnabled`` says whether it is on, ``NextRotationDate`` by when it happens next; ``OwningService`` names the
service of AWS that created the secret, and manages it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from blocks.aws.secrets import VENDOR, Secrets, moment
from blocks.errors import StepError, VendorError
from blocks.writers import Writers


def writers_of(secrets: Secrets, name: str) -> Writers:
    """Raises nothing: what may not be asked is not looked at."""
    try:
        told = secrets.described(name)
    except VendorError as error:
        return Writers(not_looked_at=(f"{VENDOR}'s own rotation of {name} ({error.fault})",))
    return Writers(tuple(_certain(told, name)))


def _certain(told: dict[str, Any], name: str) -> Iterator[StepError]:
    owner = told.get("OwningService")
    if isinstance(owner, str) and owner:
        yield StepError(
            f"Somebody else writes there: secret {name} is managed by {owner}, which created it.",
            "Keep the pair in a secret of its own, and name that one in the catalog.",
        )
    elif told.get("RotationEnabled") is True:
        by = moment(told.get("NextRotationDate"))
        when = f", next by {by:%Y-%m-%d}" if by else ""
        yield StepError(
            f"Somebody else writes there: {VENDOR} rotates secret {name} by itself{when}, and puts another value in "
            "the place of the pair.",
            f"Switch that off (`aws secretsmanager cancel-rotate-secret --secret-id {name}`): rekey rotates it.",
        )
