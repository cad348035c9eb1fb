"""What AWS means by a refusal, which it tells by a type under one status: which key, which clock, what is not there.

A signature holds the time of the machine that made it, and AWS takes it for some minutes only. Which types tell of a
clock is from the SDK for JavaScript (service-error-classification), which looks at the answer's ``Date`` as well; the
words beside the type of a signature ("Signature expired", "Signature not yet current") from AWS's knowledge center and
public reports; all read 2026-11-29.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from blocks.errors import Missing, RateLimited, Refused, Rejected, Unclear, VendorError
from blocks.wire.exchange import Answered
from blocks.wire.replies import Failure

# The least of what the services take (5 or 15 minutes).
_SKEW = timedelta(minutes=5)
_CLOCK = frozenset({"RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed"})
_SIGNATURE = frozenset({"InvalidSignatureException", "SignatureDoesNotMatch"})
# What is said beside such a type, where it is the time that is wrong and not the key.
_EXPIRED, _EARLY = "Signature expired", "Signature not yet current"
_ENDED = frozenset({"ExpiredToken", "ExpiredTokenException"})
_NOT_ACCEPTED = _SIGNATURE | {
    "AccessDeniedException",
    "AccessDenied",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "OptInRequired",
    "UnrecognizedClientException",
}
_TOO_MANY = frozenset({"ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded"})
_NOT_FOUND = frozenset({"ResourceNotFoundException", "ParameterNotFound"})


def code_of(failure: Failure) -> str | None:
    """The type, without the namespace that some services put before it; with what is said of a signature's time."""
    body = failure.body if isinstance(failure.body, dict) else {}
    told, said = body.get("__type"), body.get("message", body.get("Message"))
    if not isinstance(told, str):
        return None
    kind = told.rpartition("#")[2].partition(":")[0]
    words = [one for one in (_EXPIRED, _EARLY) if isinstance(said, str) and one in said]
    return f"{kind}: {words[0]}" if kind in _SIGNATURE and words else kind


def ahead_of(answered: Answered) -> timedelta | None:
    """How far this machine's clock is ahead of the answer's; None where that tells no time."""
    try:
        told = parsedate_to_datetime(answered.headers.get("date", ""))
        return None if told.tzinfo is None else datetime.now(UTC) - told
    except (ValueError, TypeError, OverflowError):
        return None


def explained(error: VendorError, remedy: str, ahead: timedelta | None) -> VendorError:
    """What AWS tells by a type of its own. ``remedy``: how rekey is let in; ``ahead``: as ``ahead_of`` has it."""
    facts: dict[str, Any] = {
        "vendor": error.vendor,
        "operation": error.operation,
        "status": error.status,
        "code": error.code,
        "request_id": error.request_id,
    }
    code, _, words = (error.code or "").partition(": ")
    if code in _CLOCK or words or (code in _SIGNATURE and ahead is not None and abs(ahead) > _SKEW):
        return _wrong_clock(ahead, facts)
    if code in _ENDED:
        return Refused(
            fault="the session token has ended",
            remedy="Put a new temporary key into the same block, all three fields of it, or the access key of an IAM "
            f"user, which has no such end. {remedy}",
            **facts,
        )
    if isinstance(error, Refused) or code in _NOT_ACCEPTED:
        return Refused(fault="not accepted", remedy=remedy, **facts)
    if code in _TOO_MANY:
        return RateLimited(fault="rate limit reached", retry_after_s=None, **facts)
    if code in _NOT_FOUND:
        return Missing(fault="not found", remedy=None, **facts)
    if isinstance(error, Missing):
        # Some other server's: AWS says what is not there by a type.
        fault = "not found, and not in AWS's words"
        return Unclear(**{**facts, "status": error.status or 404, "code": None}, fault=fault, transient=False)
    return error


def _wrong_clock(ahead: timedelta | None, facts: dict[str, Any]) -> Rejected:
    """Nothing was applied, and nothing is said about the key: it is not judged before the time is right."""
    told = ""
    if ahead is not None and abs(ahead) > timedelta(minutes=1):
        minutes = round(abs(ahead) / timedelta(minutes=1))
        told = f", {minutes} min {'ahead of' if ahead > timedelta(0) else 'behind'} AWS's"
    return Rejected(
        fault=f"the clock of this machine is wrong{told}",
        remedy="Set the clock of the machine that runs this worker by NTP (`timedatectl` shows whether it is), then "
        "try again: AWS takes a signature for some minutes only. The key is not to blame.",
        **facts,
    )
