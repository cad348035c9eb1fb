"""Requests to HashiCorp Vault: by a token, or as an AppRole that logs in; errors with a remedy.

rekey asks by its own bounded HTTP and not by ``hvac``: that follows redirects, has no deadline for a whole exchange,
and puts what the server said into its exceptions. ``hvac`` asks the twin in tests instead.

A token that has ended is refused as one that may not do this is: 403 "permission denied". So an AppRole logs in once
more, and a refusal of a fresh token is one.
"""

from __future__ import annotations

import threading
from typing import Any

from pydantic import SecretStr

from blocks.errors import CatalogError, Refused, Rejected, Unclear, VendorError
from blocks.vaults.tokens import Tokens
from blocks.wire.exchange import READ_TIMEOUT_S
from blocks.wire.http import Http
from blocks.wire.replies import Cause, Failure, Reply

VENDOR = "HashiCorp Vault"
BLOCK = "the HashiCorp Vault block (Prefect UI, Blocks)"
# Codes of our own: Vault's errors are sentences.
CONFLICT, DENIED, NO_MOUNT, SEALED = "conflict", "denied", "no mount", "sealed"
_SAYS = {
    "check-and-set parameter did not match": CONFLICT,
    "no handler for route": NO_MOUNT,
    "unsupported path": NO_MOUNT,
    "permission denied": DENIED,
    "vault is sealed": SEALED,
}
_CAUSES = {
    NO_MOUNT: Cause("no secrets engine there", f"Compare 'Mount' in {BLOCK} with `vault secrets list`."),
}
_LOGIN = "/v1/auth/approle/login"
_REMEDY_LOGIN = f"Put the AppRole's role ID and a valid secret ID into {BLOCK}, then try again."
_REMEDY_DENIED = (
    f"Put a valid token (or AppRole) into {BLOCK}, whose policy lets it read, create, update and patch the data of the "
    "credential's path and of its `rekey`, and update the `destroy` path of the latter."
)


class HashicorpSession:
    """Asks with a token, or logs in when it must. Safe to share between threads; close it."""

    def __init__(
        self,
        url: str,
        *,
        token: SecretStr | None = None,
        role_id: str = "",
        secret_id: SecretStr | None = None,
        namespace: str = "",
        read_timeout_s: float = READ_TIMEOUT_S,
        tokens: Tokens | None = None,
    ) -> None:
        """A token, or role and secret ID. Raises CatalogError for neither, and for both."""
        if (token is None) == (secret_id is None) or (secret_id is not None) != bool(role_id):
            raise CatalogError(
                f"{VENDOR}: its block has neither a token alone nor the role ID and secret ID of an AppRole alone.",
                f"Fill in one of both in {BLOCK}.",
            )
        self._fixed, self._role_id, self._secret_id = token, role_id, secret_id
        headers: dict[str, SecretStr | str] = {"X-Vault-Request": "true"}
        self._http = Http(
            VENDOR,
            url,
            headers={**headers, **({"X-Vault-Namespace": namespace} if namespace else {})},
            read_timeout_s=read_timeout_s,
            code_of=_code_of,
            request_id_of=_request_id_of,
            causes=_CAUSES,
        )
        self._identity = (f"{url} {namespace}", role_id, secret_id or SecretStr(""))
        self._tokens = tokens or Tokens()
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the connections. The token is not revoked: other sessions may use it."""
        self._http.close()

    @property
    def is_app_role(self) -> bool:
        """Whether it logs in, and its token is a new one each time."""
        return self._fixed is None

    def ask(self, operation: str, method: str, path: str, **request: Any) -> Reply:
        """One request, two when the token had ended. Raises VendorError; Rejected with CONFLICT as its code."""
        token, is_fresh = self._token()
        error: VendorError
        try:
            return self._asked(token, operation, method, path, **request)
        except VendorError as caught:
            error = caught
        if isinstance(error, Refused) and not is_fresh:
            self._tokens.forget(self._identity, token)
            token, _ = self._token()
            try:
                return self._asked(token, operation, method, path, **request)
            except VendorError as caught:
                error = caught
        raise _explained(error)

    def _asked(self, token: SecretStr, operation: str, method: str, path: str, **request: Any) -> Reply:
        headers = {"X-Vault-Token": token, **request.pop("headers", {})}
        return self._http.ask(operation, method, path, headers=headers, writes=method != "GET", **request)

    def _token(self) -> tuple[SecretStr, bool]:
        """The token, and whether another one cannot be had by logging in."""
        if self._fixed is not None:
            return self._fixed, True
        with self._lock:
            known = self._tokens.get(self._identity)
            if known is not None:
                return known, False
            token = self._login()
            self._tokens.keep(self._identity, token)
            return token, True

    def _login(self) -> SecretStr:
        operation = "log in"
        secret_id = self._secret_id.get_secret_value() if self._secret_id is not None else ""
        body: Any = None
        error: VendorError | None = None
        try:
            body = self._http.ask(
                operation, "POST", _LOGIN, json={"role_id": self._role_id, "secret_id": secret_id}
            ).body
        except VendorError as caught:
            error = caught
        # "invalid role or secret ID" comes with 400, of some versions with 403 (public reports, read 2026-11-28).
        if isinstance(error, Rejected | Refused):
            raise Refused(
                vendor=VENDOR,
                operation=operation,
                fault="the AppRole is not accepted",
                status=error.status,
                request_id=error.request_id,
                remedy=_REMEDY_LOGIN,
            )
        if error is not None:
            raise _explained(error)
        given = body.get("auth") if isinstance(body, dict) else None
        token = given.get("client_token") if isinstance(given, dict) else None
        if isinstance(token, str) and token and token.isascii() and token.isprintable():
            return SecretStr(token)
        raise unclear(operation, "no token in the answer", 200)


def unclear(operation: str, fault: str, status: int) -> Unclear:
    """An answer that is clear in form and lacks what was asked for."""
    return Unclear(vendor=VENDOR, operation=operation, fault=fault, status=status, transient=False)


def _explained(error: VendorError) -> VendorError:
    if error.code == SEALED and isinstance(error, Unclear):
        # It is the team's own server: there is no status page, and nothing passes by itself.
        helps = "Unseal it (`vault operator unseal`): before that it answers nothing."
        return Unclear(
            vendor=VENDOR,
            operation=error.operation,
            fault="it is sealed",
            status=error.status,
            code=SEALED,
            remedy=helps,
        )
    if not isinstance(error, Refused):
        return error
    return Refused(
        vendor=VENDOR,
        operation=error.operation,
        fault=error.fault,
        status=error.status,
        code=error.code,
        request_id=error.request_id,
        remedy=_REMEDY_DENIED,
    )


def _code_of(failure: Failure) -> str | None:
    errors = failure.body.get("errors") if isinstance(failure.body, dict) else None
    said = " ".join(one for one in errors if isinstance(one, str)).lower() if isinstance(errors, list) else ""
    return next((code for words, code in _SAYS.items() if words in said), None)


def _request_id_of(failure: Failure) -> str | None:
    found = failure.body.get("request_id") if isinstance(failure.body, dict) else None
    return found if isinstance(found, str) else None
