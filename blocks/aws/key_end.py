"""What is known of the end of an access key: an IAM user's has none, and of a temporary one AWS does not tell it.

Facts (AWS STS, botocore's service model, read 2026-11-29): a temporary key is given for at most 36 hours
(GetSessionToken, GetFederationToken; AssumeRole: 12), its end is told when it is given and by no later question. How
old a lasting key is, ListAccessKeys of IAM tells, which is another service, and none that rekey asks.
"""

from __future__ import annotations

from blocks.errors import StepError
from blocks.key_end import KeyEnd

_LONGEST_H = 36


def end_of(vendor: str, *, is_temporary: bool) -> KeyEnd:
    """Raises StepError for a temporary key: a rotation may wait longer for a person than it lasts."""
    if is_temporary:
        raise StepError(
            f"rekey's access key of {vendor} is a temporary one: it ends within {_LONGEST_H} hours, and when, AWS does "
            "not tell.",
            "Put the access key of an IAM user into the block (Prefect UI, Blocks), and leave its session token empty.",
        )
    return KeyEnd(
        told=f"rekey's access key of {vendor} is a lasting one, without an end of its own. Not looked at: how old it "
        "is (`aws iam list-access-keys`)."
    )
