"""What a rotation is about to do, as one hash: what is sealed or approved for one plan counts for no other one."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from blocks.model.credential import Credential


def plan_of(credential: Credential, old_fingerprint: str) -> dict[str, Any]:
    """The credential, the pair that it replaces, where the new one goes, what stops trading, and what is checked.

    JSON values, nothing secret.
    """
    own = credential.own.model_dump(mode="json")
    return {
        "credential": credential.name,
        "old": old_fingerprint,
        "consumers": [one.label for one in credential.consumers],
        "brakes": [one.label for one in credential.brakes],
        "checks": {"subject": credential.subject, "matches": credential.verification.matches, "own": own},
    }


def hash_of(plan: dict[str, Any]) -> str:
    """SHA-256 of its canonical JSON, as hex digits."""
    return hashlib.sha256(canonical(plan)).hexdigest()


def canonical(value: object) -> bytes:
    """The one way in which a JSON value is written where its bytes are hashed or sealed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
