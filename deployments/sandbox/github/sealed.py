"""What GitHub takes as a secret. From GitHub's REST API reference, 2026-11-21."""

from __future__ import annotations

import base64
import re
from typing import Any

from nacl.exceptions import CryptoError

from deployments.sandbox.github.demands import demand, invalid, object_of
from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.github.store import Store

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})")
_NAME = re.compile(r"[A-Z_][A-Z0-9_]*")
_NAMES = (
    "Secret names can only contain alphanumeric characters ([a-z], [A-Z], [0-9]) or underscores (_). Spaces are not "
    "allowed. Must start with a letter ([a-z], [A-Z]) or underscores (_)."
)
_PARTS = ("encrypted_value", "key_id")
_MOST_BYTES = 48 * 1024


def checked_write(store: Store, name: str, content: bytes, most: int) -> bytes:
    """The sealed box of a PUT to a place of so many secrets. Raises Refusal with GitHub's own texts.

    These are public reports' (github/rest-api-description 419 and 1688, integrations/terraform-provider-github 2315,
    github/docs 12094, millylee/anyrouter-check-in 126), and none has a list of errors. How a value that is too long,
    and one secret too many, are refused is inferred.
    """
    body = object_of(content)
    text = _demanded(body)
    fault = _fault_of_name(name)
    if fault:
        raise Refusal(422, fault)
    if name not in store.kept and len(store.kept) >= most:
        raise _invalid("name", "invalid")
    sealed = base64.b64decode(text)
    try:
        size = len(store.opened(sealed)) if body["key_id"] == store.key_id else None
    except (CryptoError, ValueError):
        size = None
    if size is None:
        raise Refusal(422, "Bad request - validation failed due to an improperly encrypted secret")
    if size > _MOST_BYTES:
        raise _invalid("encrypted_value", "too_large")
    return sealed


def _demanded(body: dict[str, Any]) -> str:
    """The base64 of a body that has both of its parts. Raises Refusal."""
    demand(body, dict.fromkeys(_PARTS, ("string",)), required=_PARTS)
    text = str(body["encrypted_value"])
    if not _BASE64.fullmatch(text):
        raise invalid([f"{text} does not match /^{_BASE64.pattern}$/."])
    return text


def _fault_of_name(name: str) -> str | None:
    if name.startswith("GITHUB_"):
        return "Secret names must not start with GITHUB_."
    return None if _NAME.fullmatch(name) else _NAMES


def _invalid(field: str, code: str) -> Refusal:
    return Refusal(422, "Validation Failed", errors=[{"resource": "Secret", "field": field, "code": code}])
