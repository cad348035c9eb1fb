"""Requests to Infisical as a machine identity: universal auth login, token in memory, errors with a remedy.

A token ends early for several reasons (expiry, revocation, number of uses), so a refused one is answered with one new
login, never with a guess from its lifetime. A failed login is never repeated: since 2025 three of them lock the
identity for five minutes, for the right secret too (Infisical source, read 2026-11-21).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from copy import copy
from typing import Any

from pydantic import SecretStr

from blocks.errors import Missing, RateLimited, Refused, Rejected, Unclear, Unreadable, VendorError
from blocks.vaults.tokens import Tokens
from blocks.wire.exchange import ANSWER_BYTES, READ_TIMEOUT_S, USER_AGENT
from blocks.wire.http import Http, wire_text
from blocks.wire.replies import Failure

VENDOR = "Infisical"
_LOGIN = "/api/v1/auth/universal-auth/login"
# The rate limit's window is a fixed 60 s (seen on a server of 2024-10).
_RATE_WINDOW_S = 60.0
# Fastify's own words for a route that does not exist; Infisical's services say "NotFound" or a function's name.
NO_ROUTE = "Not Found"
# Said of another's project, and by some routes of one that does not exist (seen on a server of 2024-10).
_NOT_A_MEMBER_SAYS = "Identity is not a member of the specified project"
NOT_A_MEMBER = "NotAMember"

_PROXY_REMEDY = (
    "Something in front of the vault answered, so this says nothing about the identity. Put the access proxy's service "
    "token (CF-Access-Client-Id, CF-Access-Client-Secret) into 'Extra headers' of the Infisical block, or a 'User "
    "agent' that the proxy lets through (its error 1010 is about that), and check the block's URL."
)
_LOGIN_REMEDY = (
    "Put the machine identity's client ID and a valid client secret (universal auth) into the Infisical block, check "
    "its URL, then try again. Three failed logins lock an identity for five minutes, so wait that long if the block "
    "was right."
)
_ENDED_REMEDY = (
    "The identity can log in but its fresh token is refused: look at its universal auth settings in Infisical (trusted "
    "IP addresses, token lifetime, number of uses)."
)
_MEMBER_REMEDY = (
    "Compare 'Project ID' of the Infisical block with the project's settings in Infisical. If it is right, make "
    "rekey's machine identity a member of the project (Access Control, Machine Identities)."
)
_ROUTE_REMEDY = (
    "The server does not have this route: set 'API' in the Infisical block to v3 (servers of 2024 have no v4), "
    "and check the block's URL."
)


_RATE_REMEDY = (
    "The vault takes so many requests of one kind a minute from one address, whoever asks. A step of a rotation waits "
    "as long as it says and goes on by itself; otherwise try again in a minute."
)


class InfisicalSession:
    """Logs in when it must and asks. Safe to share between threads; close it."""

    def __init__(
        self,
        url: str,
        *,
        client_id: str,
        client_secret: SecretStr,
        extra_headers: Mapping[str, SecretStr] | None = None,
        user_agent: str = USER_AGENT,
        read_timeout_s: float = READ_TIMEOUT_S,
        tokens: Tokens | None = None,
    ) -> None:
        """``tokens`` is shared with other sessions; without it the session's token is its own."""
        # Checked here because an encoding error at the request would quote the whole body.
        self._client_id = wire_text(VENDOR, client_id)
        self._client_secret = SecretStr(wire_text(VENDOR, client_secret))
        self._http = Http(
            VENDOR,
            url,
            headers={"User-Agent": user_agent, **(extra_headers or {})},
            read_timeout_s=read_timeout_s,
            code_of=_code_of,
            request_id_of=_request_id_of,
        )
        self._identity = (url, self._client_id, self._client_secret)
        self._tokens = tokens or Tokens()
        self._lock = threading.Lock()
        self._token: SecretStr | None = None
        self._refusal: Refused | None = None

    def close(self) -> None:
        """Close the connections. The token is not revoked: other sessions may use it."""
        self._token = None
        self._http.close()

    def ask(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        remedies: Mapping[int, str],
        params: Mapping[str, str] | None = None,
        json: Any = None,
        largest: int = ANSWER_BYTES,
    ) -> dict[str, Any]:
        """One request (two when the token had ended) and the object that it answers with.

        ``remedies`` says what to do by status (403, 404). Raises VendorError.
        """
        token = self._valid_token()
        error: VendorError
        try:
            return self._asked(token, operation, method, path, params=params, json=json, largest=largest)
        except VendorError as caught:
            error = caught
        if _token_has_ended(error):
            self._forget(token)
            token = self._valid_token()
            try:
                return self._asked(token, operation, method, path, params=params, json=json, largest=largest)
            except VendorError as caught:
                error = caught
        raise _explained(error, remedies)

    def _asked(self, token: SecretStr, operation: str, method: str, path: str, **request: Any) -> dict[str, Any]:
        header = SecretStr(f"Bearer {token.get_secret_value()}")
        reply = self._http.ask(
            operation, method, path, headers={"Authorization": header}, writes=method != "GET", **request
        )
        if isinstance(reply.body, dict):
            return reply.body
        raise unclear(operation, "the answer is not an object", status=reply.status)

    def _valid_token(self) -> SecretStr:
        with self._lock:
            if self._refusal is not None:
                raise copy(self._refusal)
            if self._token is None:
                self._token = self._tokens.get(self._identity)
            if self._token is None:
                self._token = self._login()
                self._tokens.keep(self._identity, self._token)
            return self._token

    def _forget(self, token: SecretStr) -> None:
        # Only the token that was refused: another thread may have logged in meanwhile.
        self._tokens.forget(self._identity, token)
        with self._lock:
            if self._token is token:
                self._token = None

    def _login(self) -> SecretStr:
        operation = "log in"
        body: Any = None
        error: VendorError | None = None
        credentials = {"clientId": self._client_id, "clientSecret": self._client_secret.get_secret_value()}
        try:
            body = self._http.ask(operation, "POST", _LOGIN, json=credentials).body
        except VendorError as caught:
            error = _login_explained(caught)
        if isinstance(error, Refused):
            self._refusal = error
        if error is not None:
            raise error
        token = body.get("accessToken") if isinstance(body, dict) else None
        if isinstance(token, str) and token and token.isascii() and token.isprintable():
            return SecretStr(token)
        raise unclear(operation, "the answer has no accessToken", status=200)


def unclear(operation: str, fault: str, *, status: int | None = None, remedy: str | None = None) -> Unclear:
    """An answer of the vault that says neither yes nor no, and would not by itself say more the next time."""
    return Unclear(
        vendor=VENDOR, operation=operation, fault=fault, status=status, remedy=remedy or _PROXY_REMEDY, transient=False
    )


def _text(body: Any, name: str) -> str | None:
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, str) else None


def _code_of(failure: Failure) -> str | None:
    """The vault's own ``error``; the sentence about membership in short, because it holds the project's ID."""
    error = _text(failure.body, "error")
    return NOT_A_MEMBER if error is not None and error.startswith(_NOT_A_MEMBER_SAYS) else error


def _request_id_of(failure: Failure) -> str | None:
    return _text(failure.body, "reqId")


def _token_has_ended(error: VendorError) -> bool:
    """401, or 403 TokenError. 403 PermissionDenied is not about the token; 2024's 401 may be a schema error."""
    if not isinstance(error, Refused) or error.code == "ValidationFailure":
        return False
    return error.status == 401 or error.code == "TokenError"


def _facts(error: VendorError) -> dict[str, Any]:
    names = ("vendor", "operation", "status", "code", "request_id", "retry_after_s")
    return {name: getattr(error, name) for name in names}


def _login_explained(error: VendorError) -> VendorError:
    if isinstance(error, Missing) and error.code != NO_ROUTE:
        # How servers of 2024 answer to an unknown client ID.
        return Refused(**_facts(error), fault="unknown identity", remedy=_LOGIN_REMEDY)
    if isinstance(error, Refused) and error.code != "ValidationFailure":
        return Refused(**_facts(error), fault="identity not accepted", remedy=_LOGIN_REMEDY)
    return _explained(error, {})


def _explained(error: VendorError, remedies: Mapping[int, str]) -> VendorError:
    facts = _facts(error)
    if isinstance(error, RateLimited):
        wait_s = _RATE_WINDOW_S if error.retry_after_s is None else error.retry_after_s
        return RateLimited(**{**facts, "retry_after_s": wait_s}, fault="rate limit reached", remedy=_RATE_REMEDY)
    if isinstance(error, Unclear) and not isinstance(error, Unreadable) and (error.status or 0) < 500:
        fault = "unreachable behind the access proxy (a page or a redirect instead of the vault's answer)"
        return Unclear(**facts, fault=fault, remedy=_PROXY_REMEDY, transient=error.transient)
    if isinstance(error, Refused) and error.code == "ValidationFailure":
        # Servers of 2024 answer 401 to a request of the wrong shape; newer ones 422, which is Rejected already.
        return Rejected(**facts, fault="not a valid request", remedy="Check project ID and names in block and catalog.")
    if isinstance(error, Refused) and error.code == NOT_A_MEMBER:
        return Refused(**facts, fault="the identity is no member of this project", remedy=_MEMBER_REMEDY)
    if isinstance(error, Refused):
        remedy = _ENDED_REMEDY if _token_has_ended(error) else remedies.get(403)
        return Refused(**facts, fault="not accepted", remedy=remedy)
    if isinstance(error, Missing):
        remedy = _ROUTE_REMEDY if error.code == NO_ROUTE else remedies.get(404)
        return Missing(**facts, fault="not found", remedy=remedy)
    return error
