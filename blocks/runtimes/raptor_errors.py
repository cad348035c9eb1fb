"""What Raptor's refusals mean, and what an operator does about each.

Its error bodies are not documented: ``{"error": <word>}`` and Alpaca's ``{"code": <number>}`` are inferred.
"""

from __future__ import annotations

from blocks.errors import Missing, Refused, Rejected, Unclear, Unreachable, VendorError
from blocks.issuers.alpaca.models import is_business_code
from blocks.wire.replies import Cause, Failure

# The brake's word in Raptor's refusal of an order while trading is disabled.
TRADING_DISABLED = "trading_disabled"
# Raptor's word for "Alpaca does not take the keys that I run with".
ALPACA_REFUSES = "alpaca_unauthorized"
# The same, should an instance pass Alpaca's 401 on as it is.
KEYS_REFUSED = frozenset({ALPACA_REFUSES, "40110000"})
# 403 codes that speak of a token or of keys; any other code is a business answer about the order.
_NOT_ABOUT_THE_ORDER = KEYS_REFUSED | {"unauthorized", "forbidden", "invalid_token", "token_required"}
_ADVICE_ON_ADDRESS = "Compare the address in this instance's Raptor block (Prefect UI, Blocks) with the app's own."
_ADVICE_ON_KEYS = "Alpaca refuses the keys that this instance runs with: look at its config vars and newest release."
_ADVICE_ON_BEARER = "Put the bearer token that this instance asks for into its Raptor block (Prefect UI, Blocks)."
# It is the team's own application: no vendor has a status page for it.
ADVICE_ON_LOGS = (
    "Look at this application's own log and newest release, and whether a login stands before the address in its "
    "Raptor block (Prefect UI, Blocks); then try again: it goes on where it stopped."
)
# Raptor's own words that say more than the status (inferred).
CAUSES = {
    "token_required": Cause("it asks for a bearer token and got none", _ADVICE_ON_BEARER),
    "invalid_token": Cause("it does not take the bearer token", _ADVICE_ON_BEARER),
    "forbidden": Cause(
        "the bearer token may not do this",
        "Give this token the right to read the account and to place orders, or put one that has it into the instance's "
        "Raptor block (Prefect UI, Blocks).",
    ),
    TRADING_DISABLED: Cause(
        "trading is disabled there",
        "Its kill switch is on. When somebody set it by hand, let them release it, then try again.",
    ),
}
# A 503, which is no passing trouble: the instance runs, and says what it lacks.
_WITHOUT_KEYS = "not_configured"
_ADVICE_WITHOUT_KEYS = (
    "This instance runs without keys: compare key_id and secret of its consumer in the catalog with the names that it "
    "reads, and look at its newest release."
)


def in_raptors_terms(error: VendorError) -> VendorError:
    """The error, with 403 split into "your token" and "this order", and advice that names the right block."""
    kind, remedy = type(error), error.remedy
    if error.code in KEYS_REFUSED:
        remedy = _ADVICE_ON_KEYS
    elif isinstance(error, Refused) and _is_about_the_order(error):
        kind, remedy = Rejected, error.remedy if error.code in CAUSES else Rejected.advice
    elif isinstance(error, Refused):
        remedy = error.remedy if error.code in CAUSES else _ADVICE_ON_BEARER
    elif error.code == _WITHOUT_KEYS:
        remedy = _ADVICE_WITHOUT_KEYS
    elif isinstance(error, Unreachable) or (isinstance(error, Missing) and not error.code):
        remedy = _ADVICE_ON_ADDRESS
    elif type(error) is Unclear:
        remedy = ADVICE_ON_LOGS
    else:
        return error
    more = {"transient": error.transient} if isinstance(error, Unclear) else {}
    return kind(
        vendor=error.vendor,
        operation=error.operation,
        fault=error.fault,
        status=error.status,
        code=error.code,
        request_id=error.request_id,
        retry_after_s=error.retry_after_s,
        remedy=remedy,
        **more,
    )


def _is_about_the_order(error: Refused) -> bool:
    """A word of Raptor's own, or Alpaca's number. 403 with another number is a gateway that repeats the status."""
    if error.status != 403 or not error.code or error.code in _NOT_ABOUT_THE_ORDER:
        return False
    return not error.code.isdecimal() or is_business_code(error.code, error.status)


def code_of(failure: Failure) -> str | None:
    """Alpaca's number where Raptor passes one on, else Raptor's own word."""
    body = failure.body if isinstance(failure.body, dict) else {}
    code = body.get("code")
    if isinstance(code, int | str) and not isinstance(code, bool):
        return str(code)
    word = body.get("error")
    return word if isinstance(word, str) else None
