"""GitHub Apps as they prove who they are: by an assertion that they sign with their private key.

From GitHub's documentation ("Generating a JSON Web Token for a GitHub App": RS256, at most ten minutes) and recorded
answers (PyGithub's tests/ReplayData, GithubIntegration); the other texts are those of public reports. Inferred: the
order in which an assertion is looked at.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from deployments.sandbox.github.rules import Refusal

_LONGEST_S = 600
_NOT_DECODED = "A JSON web token could not be decoded"
_FUTURE = "a numeric value representing the future time at which the assertion expires"


@dataclass(frozen=True, slots=True)
class GithubApp:
    """One of them. The private key is a PEM, of which GitHub itself has only the public half."""

    id: int
    client_id: str
    slug: str
    permissions: dict[str, str]
    created_at: float
    private_key: str = field(repr=False)


@dataclass(slots=True)
class Installation:
    """Where an app is installed: for all repositories of an owner, or for those of these full names."""

    id: int
    app: GithubApp
    owner: str
    repositories: tuple[str, ...] | None
    created_at: float
    suspended_at: float | None = None


def asserted(assertion: str, apps: Iterable[GithubApp]) -> GithubApp:
    """The app that signed it. Raises Refusal."""
    parts = assertion.split(".")
    try:
        head, claims = (json.loads(_decoded(part)) for part in parts[:2])
        signature = _decoded(parts[2])
    except (ValueError, IndexError, RecursionError):
        raise Refusal(401, _NOT_DECODED) from None
    if not isinstance(head, dict) or not isinstance(claims, dict) or head.get("alg") != "RS256" or len(parts) != 3:
        raise Refusal(401, _NOT_DECODED)
    if "iss" not in claims:
        raise Refusal(401, "Missing 'issuer' claim ('iss') in assertion")
    found = next((one for one in apps if str(claims["iss"]) in {str(one.id), one.client_id}), None)
    if found is None:
        raise Refusal(404, "Integration not found")
    if not _is_signed(found, ".".join(parts[:2]), signature):
        raise Refusal(401, _NOT_DECODED)
    _demand_now(claims)
    return found


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _is_signed(app: GithubApp, signed: str, signature: bytes) -> bool:
    key = load_pem_private_key(app.private_key.encode(), None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey):
        return False
    try:
        key.public_key().verify(signature, signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def _demand_now(claims: dict[str, Any]) -> None:
    """Raise Refusal for an assertion that is of another time, or for too long a one."""
    now, ends, begins = time.time(), claims.get("exp"), claims.get("iat")
    if isinstance(ends, bool) or not isinstance(ends, int | float) or ends <= now:
        raise Refusal(401, f"'Expiration time' claim ('exp') must be {_FUTURE}")
    if ends > now + _LONGEST_S:
        raise Refusal(401, "'Expiration time' claim ('exp') is too far in the future")
    if isinstance(begins, bool) or not isinstance(begins, int) or begins > now:
        told = "must be an Integer representing the time that the assertion was issued"
        raise Refusal(401, f"'Issued at' claim ('iat') {told}")
