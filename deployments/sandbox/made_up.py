"""Credentials made up at run time, in the shapes that the vendors use. Every one is remembered as a canary."""

from __future__ import annotations

import secrets
import string
import uuid

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from blocks.look import Look

_KEY_ID_ALPHABET = string.ascii_uppercase + "234567"
_ALPHANUMERIC = string.ascii_letters + string.digits

# Every secret that this process made up. A test searches all persisted bytes for them afterwards.
issued: list[str] = []


def _remembered(value: str) -> str:
    issued.append(value)
    return value


def alpaca_key_id(prefix: str) -> str:
    """26 characters: PK (paper) or AK (live) and 24 of A-Z2-7. Not a secret."""
    return prefix + "".join(secrets.choice(_KEY_ID_ALPHABET) for _ in range(24))


def alpaca_secret() -> str:
    """44 alphanumerics."""
    return _remembered("".join(secrets.choice(_ALPHANUMERIC) for _ in range(44)))


def token(prefix: str, length: int = 40) -> str:
    """A vendor token: prefix and alphanumerics."""
    return _remembered(prefix + "".join(secrets.choice(_ALPHANUMERIC) for _ in range(length)))


def key(look: str) -> str:
    """A key of an issuer, in this look (blocks/look.py)."""
    return _remembered(Look(look).made_up())


def hexadecimal(length: int) -> str:
    """A secret of that many lower-case hexadecimal digits."""
    return _remembered("".join(secrets.choice("0123456789abcdef") for _ in range(length)))


def private_key() -> str:
    """An RSA key, as a PEM of PKCS #1."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return _remembered(pem.decode())


def account_number(prefix: str) -> str:
    """Prefix (PA for paper) and 10 upper-case alphanumerics. Not a secret."""
    return prefix + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(10))


def identifier() -> str:
    """A UUID. Not a secret."""
    return str(uuid.uuid4())
