"""The access tokens of the simulated vault as they are sent: how long one lives, and what is in it.

From the vault's own source (identity-access-token-fns.ts, read 2026-11-29): today no token lives longer than 90 days,
nor past the maximum that its identity sets, and its claims say all that the vault has to know of it.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from typing import Any

from deployments.sandbox import made_up
from deployments.sandbox.infisical.identity import Token
from deployments.sandbox.infisical.state import Refusal

LONGEST_S = 7_776_000
_MALFORMED = "The provided access token is malformed. Please use a valid token or generate a new one and try again."


def lifetime_of(token: Token) -> float:
    """The seconds that a token lives which is signed now, on a server of today; none when its time is over."""
    age_s = int(time.monotonic() - token.created_at)
    return min(token.ttl_s or LONGEST_S, (token.max_ttl_s or LONGEST_S + age_s) - age_s, LONGEST_S)


def signed(token: Token, lives_s: float, organization: str | None) -> str:
    """A JWT in shape and claims. Its signature is random and compared, which is enough to tell a forged one.

    ``organization`` is that of the identity, of which servers of 2024 said nothing.
    """
    now = int(time.time())
    claims = {
        "identityId": token.identity.id,
        "clientSecretId": token.client_secret.id,
        "identityAccessTokenId": token.id,
        "authTokenType": "identityAccessToken",
        **(_claims_of_today(token, organization, now) if organization else {}),
        "iat": now,
        **({"exp": now + int(lives_s)} if lives_s else {}),
    }
    return f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}.{made_up.token('', 43)}"


def token_id_in(raw: str) -> str:
    """Which token it says that it is. Raises Refusal for what is none."""
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


def _claims_of_today(token: Token, organization: str, now: int) -> dict[str, Any]:
    return {
        "identityName": token.identity.name,
        "authMethod": "universal-auth",
        **dict.fromkeys(("orgId", "rootOrgId", "parentOrgId"), organization),
        "ipRestrictionEnabled": False,
        "accessTokenTTL": int(token.ttl_s),
        "accessTokenMaxTTL": int(token.max_ttl_s),
        "accessTokenPeriod": 0,
        "creationEpoch": now - int(time.monotonic() - token.created_at),
        "identityAuth": {},
        **({"numUsesLimit": token.max_uses} if token.max_uses else {}),
        "jti": token.id,
    }


def _part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).rstrip(b"=").decode()
