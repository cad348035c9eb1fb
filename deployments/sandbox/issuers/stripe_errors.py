"""What Stripe says when it refuses, in its own words.

Of public reports: stripe/stripe-node 2246 (403, without a code), stripe/stripe-cli 792 and stripe-ios's tests (a key
that ended: api_key_expired), and docs.stripe.com/api/errors (read 2026-11-29). Of a key its end is shown, as there.
"""

from __future__ import annotations

import secrets
import string

from starlette.responses import JSONResponse, Response

from deployments.sandbox.issuers.stripe_resources import Wanted

_HELP = "https://support.stripe.com/"
_PREFIXES = ("rk_live_", "rk_test_", "sk_live_", "sk_test_", "pk_live_", "pk_test_")
_NO_KEY = (
    "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth "
    "(e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we "
    f"can help at {_HELP}."
)


def answer(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON, with the id of the request."""
    number = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(14))
    return JSONResponse(body, status, {"Request-Id": f"req_{number}", **(headers or {})})


def not_authenticated(key: str | None, *, ended: bool) -> Response:
    """No key, one that ended, or one that is none."""
    if not key:
        return _error(401, _NO_KEY, headers={"WWW-Authenticate": 'Basic realm="Stripe"'})
    if ended:
        return _error(401, f"Expired API Key provided: {_masked(key, 6)}", "api_key_expired")
    return _error(401, f"Invalid API Key provided: {_masked(key, 4)}")


def not_permitted(key: str, account: str, asked: Wanted) -> Response:
    """A key that may not do this."""
    told = f"The provided key '{_masked(key, 6)}' does not have the required permissions for this endpoint on account "
    grant = f"Having the '{asked.permission}' permission would allow this request to continue."
    return _error(403, f"{told}'{account}'. {grant}")


def not_there(asked: Wanted) -> Response:
    """An object that the account has not: it has none. The name of the parameter is that of most."""
    return _error(404, f"No such {asked.called}: '{asked.one}'", "resource_missing", param="id")


def no_such_path(method: str, path: str) -> Response:
    """A path that Stripe has not, or not with this method."""
    told = f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at {_HELP}."
    return _error(404, told)


def _error(
    status: int, message: str, code: str = "", *, param: str = "", headers: dict[str, str] | None = None
) -> Response:
    documented = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
    more = {"code": code, "doc_url": documented} if code else {}
    named = {"param": param} if param else {}
    return answer({"error": {**more, "message": message, **named, "type": "invalid_request_error"}}, status, headers)


def _masked(key: str, shown: int) -> str:
    """Its kind and its end, and a star for each character between them."""
    kind = next((one for one in _PREFIXES if key.startswith(one)), "")
    hidden = len(key) - len(kind) - shown
    return f"{kind}{'*' * hidden}{key[-shown:]}" if hidden > 0 else "*" * len(key)
