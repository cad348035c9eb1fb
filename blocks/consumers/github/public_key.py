"""The public key of a place at GitHub, to which every secret is sealed before it is sent.

Facts from GitHub's REST API reference (Actions secrets), read 2026-11-21.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from nacl.encoding import Base64Encoder
from nacl.public import PublicKey, SealedBox
from pydantic import SecretStr

from blocks.consumers.github.errors import server_date, unclear
from blocks.wire.replies import Reply


@dataclass(frozen=True, slots=True)
class Key:
    """A place's public key, and when GitHub handed it out."""

    key_id: str
    public: PublicKey
    seen_at: datetime


def key_of(operation: str, reply: Reply) -> Key:
    """The key in this answer. Raises Unclear for one that holds none."""
    body = reply.body if isinstance(reply.body, dict) else {}
    key_id, text = body.get("key_id"), body.get("key")
    public: PublicKey | None = None
    # Not base64, or not 32 bytes.
    with suppress(ValueError, TypeError):
        public = PublicKey(text.encode(), Base64Encoder) if isinstance(text, str) else None
    if public is None or not isinstance(key_id, str):
        raise unclear(operation, reply, "no public key in the answer")
    return Key(key_id, public, server_date(operation, reply))


def sealed_with(key: Key, value: SecretStr) -> dict[str, str]:
    """What GitHub takes as this secret, for this key alone."""
    # surrogatepass, because the error of a strict encoder carries the whole value.
    plain = value.get_secret_value().encode("utf-8", "surrogatepass")
    return {"encrypted_value": SealedBox(key.public).encrypt(plain, Base64Encoder).decode(), "key_id": key.key_id}
