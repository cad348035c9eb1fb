"""What Infisical answers to a login by universal auth, read: the token's claims, and what a refusal says.

Of a real server of 2024 and of the vault's source (read 2026-11-27): the claims name the identity and the client secret
with which the token was had.
"""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from dataclasses import dataclass

from pydantic import SecretStr

from blocks.wire.replies import Failure

LOGIN = "/api/v1/auth/universal-auth/login"
LOCKED = "Locked"
# Codes of refusals that say nothing of the secret: the identity is locked, there is no such page, or no such question.
NO_WORD = frozenset({LOCKED, "Not Found", "ValidationFailure"})
# What helps when the secret itself is refused.
REMEDY = (
    "Compare it with the identity's client secrets in Infisical: one that was revoked or is past its time is refused "
    "like this. Put one that lives into the vault and, if it is rekey's own, into the Infisical block."
)


@dataclass(frozen=True, slots=True)
class Login:
    """A token, and what its claims say: whose it is, and with which secret it was had."""

    token: SecretStr
    identity: str
    secret: str

    @property
    def path(self) -> str:
        """Where the identity's client secrets are."""
        return f"/api/v1/auth/universal-auth/identities/{self.identity}/client-secrets"


def login_in(body: object) -> Login | None:
    """The token of an answer and its claims; None for one that does not name identity and client secret."""
    token = body.get("accessToken") if isinstance(body, dict) else None
    parts = token.split(".") if isinstance(token, str) and token.isascii() and token.isprintable() else []
    with suppress(ValueError, LookupError, TypeError):
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return Login(SecretStr(str(token)), str(claims["identityId"]), str(claims["clientSecretId"]))
    return None


def code_of(failure: Failure) -> str | None:
    """Why it refused: its own code, and LOCKED for an identity that is."""
    found = failure.body if isinstance(failure.body, dict) else {}
    if "temporarily locked" in str(found.get("message")):
        return LOCKED
    code = found.get("error")
    return code if isinstance(code, str) else None
