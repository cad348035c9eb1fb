"""The transport that heroku3 gets from us, because its own has no timeout, follows redirects and leaks.

heroku3 5.2.1 puts response bodies into messages, keeps the request (with the new values) in its exceptions and raises
NameError with the whole body in reach when an answer is not JSON (seen 2026-11-21). So every request is sent here,
below heroku3, in a bounded exchange, and its answer is judged: heroku3 only ever sees a 2xx with a JSON body of the
right kind. requests' own transport has no deadline for a whole answer.
"""

from __future__ import annotations

import io
from typing import Any

import requests
from pydantic import SecretStr
from requests.auth import AuthBase
from requests.structures import CaseInsensitiveDict

from blocks.errors import Unclear
from blocks.wire.exchange import ANSWER_BYTES, LIST_BYTES, USER_AGENT, Answered, Exchanges
from blocks.wire.http import wire_text
from blocks.wire.replies import Cause, Failure, reply_of

VENDOR = "Heroku"
# An allowance has fewer digits than this.
_DIGITS = 10
_ADVICE_ON_SCOPE = (
    "Put a token that may read and change the app's config vars into the Heroku block (Prefect UI, Blocks): "
    "`heroku authorizations:create --scope write-protected`, by an account with access to the app."
)
_ADVICE = {
    401: f"The token is wrong or expired. {_ADVICE_ON_SCOPE}",
    # Heroku's help names 403 for an expired key, its error table 401 (2026-11-21).
    403: f"The token is expired or not allowed to do this. {_ADVICE_ON_SCOPE}",
    404: "Compare the app's name in the catalog with the Heroku dashboard; the token's account must see the app.",
}
_NO_NEW_ONE = "A new token does not help."
# By machine id (Heroku's error table, read 2026-11-21): what is said of no token is not mended by a new one.
_CAUSES = {
    "delinquent": Cause(
        "the account has an unpaid bill, or a payment method that was not confirmed",
        f"Let the app's owner settle it (Heroku dashboard, Account settings, Billing), then try again. {_NO_NEW_ONE}",
    ),
    "suspended": Cause(
        "Heroku has suspended the account or the app",
        "Let the app's owner find out why (mail from Heroku, or a ticket at help.heroku.com), then try again. "
        f"{_NO_NEW_ONE}",
    ),
    "two_factor": Cause(
        "Heroku asks for a second factor, which rekey cannot give",
        "Put a token that needs none into the Heroku block (Prefect UI, Blocks): one made by "
        "`heroku authorizations:create --scope write-protected`, and no password or session of a person.",
    ),
    "conflict": Cause(
        "something else changes the app at this moment",
        "Look at the app's Activity page in the Heroku dashboard, wait until that deploy or change has ended, then try "
        "again.",
    ),
    "gone": Cause(
        "what was asked for existed and was deleted",
        "Compare the app's name in the catalog with the Heroku dashboard: another app may have taken its place.",
    ),
    "verification_needed": Cause(
        "Heroku wants billing information of the account first",
        f"Let the app's owner enter it (Heroku dashboard, Account settings, Billing), then try again. {_NO_NEW_ONE}",
    ),
}


class _Bearer(AuthBase):
    """Reveals the token only when a request is made ready for the wire."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {wire_text(VENDOR, self._token)}"
        return request


class GuardedSession(requests.Session):
    """Bounds, no redirects, nothing from the environment; answers with a VendorError or a clear response.

    One session serves one thread: what is being asked (``operation``, ``shape``) is kept on it between calls.
    """

    def __init__(self, token: SecretStr, *, read_timeout_s: float) -> None:
        """Raises CatalogError when the token cannot be sent at all."""
        super().__init__()
        wire_text(VENDOR, token)
        self.trust_env = False
        self.auth = _Bearer(token)
        self.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})
        self.operation = "ask"
        self.shape: type[dict[str, Any] | list[Any]] = dict
        self.partial = False
        # What is left of the account's allowance of requests (4500, 75 more a minute); None until Heroku told it.
        self.remaining: int | None = None
        self._exchanges = Exchanges(VENDOR, read_timeout_s=read_timeout_s, doubts_refusals=True)

    def close(self) -> None:
        """Close the connections."""
        self._exchanges.close()
        super().close()

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        """Send one request. Raises Unreachable, RateLimited, Unclear, Refused, Missing, Rejected."""
        answered = self._exchanges.exchange(
            self.operation,
            str(request.method),
            str(request.url),
            content=request.body,
            headers=dict(request.headers),
            largest=LIST_BYTES if self.shape is list else ANSWER_BYTES,
        )
        told = answered.headers.get("RateLimit-Remaining", "")
        self.remaining = int(told) if told.isascii() and told.isdigit() and len(told) < _DIGITS else self.remaining
        self._judge(answered)
        return _response(answered)

    def _judge(self, answered: Answered) -> None:
        status = answered.status_code
        reply = reply_of(VENDOR, self.operation, answered, remedy=_ADVICE.get(status), code_of=_code_of, causes=_CAUSES)
        if not isinstance(reply.body, self.shape):
            raise self.unclear("an answer of another kind than documented", status)
        self.partial = status == 206

    def unclear(self, fault: str, status: int | None = None, remedy: str | None = None) -> Unclear:
        """The error for an answer to the present question that cannot be read."""
        return Unclear(
            vendor=VENDOR, operation=self.operation, fault=fault, status=status, remedy=remedy, transient=False
        )


def _response(answered: Answered) -> requests.Response:
    """The answer as heroku3 reads it, with nothing of the request in it."""
    response = requests.Response()
    response.status_code = answered.status_code
    response.headers = CaseInsensitiveDict(answered.headers)
    response.raw = io.BytesIO(answered.content)
    response.encoding = "utf-8"
    return response


def _code_of(failure: Failure) -> str | None:
    """Heroku's machine id, from ``{"id": ..., "message": ...}``."""
    code = failure.body.get("id") if isinstance(failure.body, dict) else None
    return code if isinstance(code, str) else None
