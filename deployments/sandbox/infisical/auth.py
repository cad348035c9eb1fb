"""Universal auth of the simulated vault: logins, the lock after three failures, tokens and the many ways they end.

How tokens end today is from the vault's own source (identity-access-token-service.ts, read 2026-11-29): one of a client
secret that is revoked, of a login method that is taken away or of an identity that is deleted ends with it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from deployments.sandbox import made_up
from deployments.sandbox.infisical.identity import ClientSecret, Identity, Token
from deployments.sandbox.infisical.signing import lifetime_of, signed, token_id_in
from deployments.sandbox.infisical.state import Refusal, Vault

_AUTHORIZE, _RENEW = "Failed to authorize", "Cannot renew"
_EXPIRED = "Your token has expired. Please re-authenticate."
_UNKNOWN = "No identity access token found"


def _unauthorized(message: str) -> Refusal:
    return Refusal(401, "UnauthorizedError", message)


class Auth:
    """Logs identities in and says whose token a request carries."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def log_in(self, client_id: str, client_secret: str) -> dict[str, Any]:
        """The answer to a login. Raises Refusal."""
        identity = self._vault.identities.get(client_id)
        if identity is not None and not identity.has_universal_auth:
            identity = None
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

        Today another token comes of it, with a time of its own in it, and the one before ends at its own; in 2024 it
        was the same one.
        """
        token = self._decoded(raw)
        return self._renewed(token, raw) if self._vault.is_current else self._renewed_2024(token)

    def revoke(self, raw: str) -> dict[str, Any]:
        """End a token. In 2024 one that is over is not found; today that is told of one past its time alone."""
        token = self._decoded(raw)
        if self._vault.is_current:
            self._refuse_expired(token, raw)
        elif token.revoked or token.ended_by:
            raise _unauthorized(_UNKNOWN)
        token.revoked = True
        return {"message": "Successfully revoked access token"}

    def end_tokens(self, identity: Identity, reason: str, client_secret: ClientSecret | None = None) -> None:
        """End all tokens of an identity, or those that were had with one client secret."""
        for token in list(self._vault.tokens.values()):
            if token.identity is identity and (client_secret is None or token.client_secret is client_secret):
                token.ended_by = token.ended_by or reason

    def _renewed(self, token: Token, raw: str) -> dict[str, Any]:
        self._refuse_expired(token, raw)
        _refuse_ended(token, _RENEW)
        if _is_used_up(token):
            raise _unauthorized("Cannot renew exhausted access token")
        if lifetime_of(token) <= 0:
            raise _unauthorized("Cannot renew: identity access token has reached its max TTL")
        lives_s = self._sign(token)
        return {**_granted(token), "expiresIn": int(lives_s)}

    def _renewed_2024(self, token: Token) -> dict[str, Any]:
        self._refuse_over_2024(token)
        age_s, reason = time.monotonic() - token.created_at, ""
        # The new life is reckoned first: too long for every token whose TTL is its maximum (the default).
        if token.max_ttl_s and age_s > token.max_ttl_s:
            reason = "due to Max TTL expiration"
        elif token.max_ttl_s and age_s + token.ttl_s >= token.max_ttl_s:
            reason = "past its Max TTL expiration"
        if reason:
            del self._vault.tokens[token.id]
            raise _unauthorized(f"Failed to renew MI access token {reason}")
        token.renewed_at = time.monotonic()
        return _granted(token)

    def _refuse_locked(self, identity: Identity) -> None:
        is_locking = self._vault.is_current and self._vault.setting(identity, "lockoutEnabled")
        if is_locking and time.monotonic() < identity.locked_until:
            raise _unauthorized("This identity auth method is temporarily locked, please try again later")

    def _count_failure(self, identity: Identity) -> None:
        now = time.monotonic()
        if now - identity.failed_at > self._vault.setting(identity, "lockoutCounterResetSeconds"):
            identity.failures = 0
        identity.failures += 1
        identity.failed_at = now
        if identity.failures >= self._vault.setting(identity, "lockoutThreshold"):
            identity.locked_until = now + self._vault.setting(identity, "lockoutDurationSeconds")

    def _issue(self, identity: Identity, client_secret: ClientSecret) -> Token:
        now, token_id = time.monotonic(), made_up.identifier()
        ttl_s, max_ttl_s, max_uses = (
            self._vault.setting(identity, name)
            for name in ("accessTokenTTL", "accessTokenMaxTTL", "accessTokenNumUsesLimit")
        )
        token = Token(
            id=token_id,
            raw="",
            client_secret=client_secret,
            identity=identity,
            ttl_s=ttl_s,
            max_ttl_s=max_ttl_s,
            max_uses=max_uses,
            created_at=now,
            renewed_at=now,
        )
        self._vault.tokens[token_id] = token
        self._sign(token)
        return token

    def _sign(self, token: Token) -> float:
        """What a token lives is in it: until it cannot be renewed in 2024, until it has to be today. Seconds."""
        lives_s = lifetime_of(token) if self._vault.is_current else token.max_ttl_s
        organization = self._vault.organization_id if self._vault.is_current else None
        token.raw = signed(token, lives_s, organization)
        self._vault.signed[token.raw] = time.monotonic() + lives_s if lives_s else float("inf")
        return lives_s

    def _decoded(self, raw: str) -> Token:
        token_id = token_id_in(raw)
        if raw not in self._vault.signed:
            raise Refusal(403, "TokenError", "invalid signature")
        token = self._vault.tokens.get(token_id)
        if token is None:
            raise _unauthorized(_UNKNOWN)
        return token

    def _refuse_over(self, token: Token, raw: str) -> None:
        if not self._vault.is_current:
            self._refuse_over_2024(token)
            return
        self._refuse_expired(token, raw)
        _refuse_ended(token, _AUTHORIZE)
        if _is_used_up(token):
            raise _unauthorized("Failed to authorize: token usage limit reached")

    def _refuse_expired(self, token: Token, raw: str) -> None:
        if token.expired or time.monotonic() >= self._vault.signed[raw]:
            raise Refusal(403, "TokenError", _EXPIRED)

    def _refuse_over_2024(self, token: Token) -> None:
        """What is over is deleted: the first answer says why, the next only that there is no such token."""
        reason = ""
        if token.revoked or token.ended_by:
            reason = _UNKNOWN
        elif _is_used_up(token):
            reason = "Unable to renew because access token number of uses limit reached"
        elif token.expired or (token.ttl_s and time.monotonic() - token.renewed_at >= token.ttl_s):
            reason = "Failed to renew MI access token due to TTL expiration"
        if reason:
            del self._vault.tokens[token.id]
            raise _unauthorized(reason)


def _refuse_ended(token: Token, what: str) -> None:
    reason = "token has been revoked" if token.revoked else token.ended_by
    if reason:
        raise _unauthorized(f"{what}: {reason}")


def _is_used_up(token: Token) -> bool:
    return bool(token.max_uses and token.uses >= token.max_uses)


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


def _granted(token: Token) -> dict[str, Any]:
    return {
        "accessToken": token.raw,
        "expiresIn": int(token.ttl_s),
        "accessTokenMaxTTL": int(token.max_ttl_s),
        "tokenType": "Bearer",
    }
