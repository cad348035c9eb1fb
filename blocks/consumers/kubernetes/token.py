"""When the token of a service account ends, as it says itself.

It is a JSON Web Token whose claim ``exp`` is the moment (seconds since 1970) after which the API server takes it no
more; one of a Secret of the type service-account-token has no such claim (Kubernetes documentation, "Managing Service
Accounts"; enhancement 1205, "Bound Service Account Tokens"; read 2026-11-29). Nothing is proved by it here: the API
server judges the token.
"""

from __future__ import annotations

import base64
import binascii
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from blocks.key_end import UNKNOWN, KeyEnd
from blocks.wire.strict_json import UnreadableError, read_json

# Who issued a token of a Secret (pkg/serviceaccount/legacy.go).
_LEGACY = "kubernetes/serviceaccount"
_REMEDY = (
    "Make a new one that lasts (`kubectl create token NAME --duration`, or a Secret of the type "
    "kubernetes.io/service-account-token) and put it into the Kubernetes block (Prefect UI, Blocks)."
)
_NO_END = (
    "Kubernetes accepts rekey's token, which names no end: it is accepted for as long as its Secret and service "
    "account are there."
)


def end_of(token: SecretStr) -> KeyEnd:
    """UNKNOWN for a token that is of another kind, or cannot be read. Raises nothing."""
    claims = _claims(token)
    if claims is None:
        return UNKNOWN
    if "exp" not in claims:
        return KeyEnd(told=_NO_END) if str(claims.get("iss", "")) == _LEGACY else UNKNOWN
    at = claims["exp"]
    with suppress(ValueError, OverflowError, OSError):
        if type(at) in {int, float}:
            return KeyEnd(datetime.fromtimestamp(at, UTC), remedy=_REMEDY)
    return UNKNOWN


def _claims(token: SecretStr) -> dict[str, Any] | None:
    parts = token.get_secret_value().split(".")
    found: object = None
    if len(parts) == 3:  # header, claims, signature
        with suppress(UnreadableError, UnicodeError, binascii.Error, ValueError):
            found = read_json(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    return found if isinstance(found, dict) else None
