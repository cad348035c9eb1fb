"""Universal auth of the simulated vault: logins, the lock after three failures, tokens and the many ways they end."""

from __future__ import annotations

import base64
import binascii
import json
import time
from datetime import UTC, datetime
from typing import Any

from deployments.sandbox import made_up
from deployments.sandbox.infisical.state import ClientSecret, Identity, Refusal, Token, Vault

FAILURES_UNTIL_LOCK = 3
_MALFORMED = "The provided access token is malformed. Please use a valid token or generate a new one and try again."


def _unauthorized(message: str) -> Refusal:
    return Refusal(401, "UnauthorizedError", message)


class Auth:
    """Logs identities in and says whose token a request carries."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def log_in(self, client_id: str, client_secret: str) -> dict[str, Any]:
        """The answer to a login. Raises Refusal."""
        identity = self._vault.identities.get(client_id)
        if identity is None and not self._vault.is_current:
            raise Refusal(404, "NotFound", "No identity with specified client ID was found")
        if identity is None:
            raise _unauthorized("Invalid credentials")
        self._refuse_locked(identity)
        living = [one for one in identity.client_secrets if not one.revoked]
        found = next((one for one in living if one.value == client_secret), None)
        if found is None:
            self._count_failure(identity)
            raise _unauthorized("Invalid credentials")
        identity.failures = 0
        _refuse_spent(found)
        found.uses += 1
        return _granted(self._issue(identity, found))

    def identity_of(self, authorization: str | None) -> Identity:
        """Whose token it is; the request counts as one use. Raises Refusal."""
        if not authorization:
            raise _unauthorized("Token missing")
        # The vault cuts the prefix off without looking at it.
        token = self._decoded(authorization[7:])
        self._refuse_over(token, authorization[7:])
        token.uses += 1
        return token.identity

    def renew(self, raw: str) -> dict[str, Any]:
        """Extend a token's life, but not past its maximum. Raises Refusal.

        Today another token comes of it, with a time of its own in it (identity-access-token-service.ts, read
        2026-11-29), and the one before ends at its own; in 2024 it was the same one.
        """
        token = self._decoded(raw)
        # In 2024 the new life is reckoned first: too long for every token whose TTL is its maximum (the default).
        longer_s = 0.0 if self._vault.is_current else token.ttl_s
        if token.max_ttl_s and time.monotonic() - token.created_at + longer_s >= token.max_ttl_s:
            if self._vault.is_current:
                raise _unauthorized("Cannot renew: identity access token has reached its max TTL")
            del self._vault.tokens[token.id]
            raise _unauthorized("Failed to renew MI access token past its Max TTL expiration")
        self._refuse_over(token, raw)
        token.renewed_at = time.monotonic()
        if self._vault.is_current:
            self._sign(token)
        return _granted(token)

    def revoke(self, raw: str) -> dict[str, Any]:
        """End a token."""
        self._decoded(raw).revoked = True
        return {"message": "Successfully revoked access token"}

    def _refuse_locked(self, identity: Identity) -> None:
        if self._vault.is_current and self._vault.knobs.lockout and time.monotonic() < identity.locked_until:
            raise _unauthorized("This identity auth method is temporarily locked, please try again later")

    def _count_failure(self, identity: Identity) -> None:
        now = time.monotonic()
        if now - identity.failed_at > self._vault.knobs.lockout_reset_s:
            identity.failures = 0
        identity.failures += 1
        identity.failed_at = now
        if identity.failures >= FAILURES_UNTIL_LOCK:
            identity.locked_until = now + self._vault.knobs.lockout_s

    def _issue(self, identity: Identity, client_secret: ClientSecret) -> Token:
        now, knobs = time.monotonic(), self._vault.knobs
        token_id = made_up.identifier()
        token = Token(
            id=token_id,
            raw="",
            client_secret_id=client_secret.id,
            identity=identity,
            ttl_s=knobs.token_ttl_s,
            max_ttl_s=knobs.token_max_ttl_s,
            max_uses=knobs.token_max_uses,
            created_at=now,
            renewed_at=now,
        )
        self._vault.tokens[token_id] = token
        self._sign(token)
        return token

    def _sign(self, token: Token) -> None:
        """What a token lives is in it: until it cannot be renewed in 2024, until it has to be today."""
        token.raw = _signed(token, token.ttl_s if self._vault.is_current else token.max_ttl_s)
        self._vault.signed[token.raw] = time.monotonic()

    def _refuse_over(self, token: Token, raw: str) -> None:
        if self._vault.is_current:
            self._refuse_over_current(token, self._vault.signed[raw])
        else:
            self._refuse_over_2024(token)

    def _decoded(self, raw: str) -> Token:
        token_id = _token_id(raw)
        if raw not in self._vault.signed:
            raise Refusal(403, "TokenError", "invalid signature")
        token = self._vault.tokens.get(token_id)
        if token is None:
            raise _unauthorized("No identity access token found")
        return token

    def _refuse_over_2024(self, token: Token) -> None:
        """What is over is deleted: the first answer says why, the next only that there is no such token."""
        reason = ""
        if token.revoked:
            reason = "No identity access token found"
        elif token.max_uses and token.uses >= token.max_uses:
            reason = "Unable to renew because access token number of uses limit reached"
        elif _is_old(token, token.renewed_at):
            reason = "Failed to renew MI access token due to TTL expiration"
        if reason:
            del self._vault.tokens[token.id]
            raise _unauthorized(reason)

    def _refuse_over_current(self, token: Token, signed_at: float) -> None:
        if _is_old(token, signed_at):
            raise Refusal(403, "TokenError", "Your token has expired. Please re-authenticate.")
        if token.revoked:
            raise _unauthorized("Failed to authorize: token has been revoked")
        if token.max_uses and token.uses >= token.max_uses:
            raise _unauthorized("Failed to authorize: token usage limit reached")


def _refuse_spent(client_secret: ClientSecret) -> None:
    """One that is past its time or its uses is revoked by the login that finds it so."""
    age_s = (datetime.now(UTC) - client_secret.created_at).total_seconds()
    reason = ""
    if client_secret.ttl_s and age_s > client_secret.ttl_s:
        reason = "Access denied due to expired client secret"
    elif client_secret.max_uses and client_secret.uses >= client_secret.max_uses:
        reason = "Access denied due to client secret usage limit reached"
    if reason:
        client_secret.revoked = True
        raise _unauthorized(reason)


def _is_old(token: Token, since: float) -> bool:
    return token.expired or bool(token.ttl_s and time.monotonic() - since >= token.ttl_s)


def _granted(token: Token) -> dict[str, Any]:
    return {
        "accessToken": token.raw,
        "expiresIn": int(token.ttl_s),
        "accessTokenMaxTTL": int(token.max_ttl_s),
        "tokenType": "Bearer",
    }


def _part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).rstrip(b"=").decode()


def _signed(token: Token, lives_s: float) -> str:
    """A JWT in shape and claims. Its signature is random and compared, which is enough to tell a forged one."""
    now = int(time.time())
    claims = {
        "identityId": token.identity.id,
        "clientSecretId": token.client_secret_id,
        "identityAccessTokenId": token.id,
        "authTokenType": "identityAccessToken",
        "iat": now,
        **({"exp": now + int(lives_s)} if lives_s else {}),
    }
    return f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}.{made_up.token('', 43)}"


def _token_id(raw: str) -> str:
    claims: Any = None
    parts = raw.split(".")
    if len(parts) == 3:
        try:
            claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        except (ValueError, binascii.Error):
            claims = None
    if isinstance(claims, dict) and isinstance(claims.get("identityAccessTokenId"), str):
        return str(claims["identityAccessTokenId"])
    raise Refusal(403, "TokenError", _MALFORMED)
