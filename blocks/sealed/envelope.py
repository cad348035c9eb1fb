"""Seals what was entered to one rotation's public key, and opens it again: HPKE in base mode (RFC 9180).

HKDF-SHA256 and AES-256-GCM. ``info`` binds the text to its rotation, step and plan, and all texts have one length: by
it nobody can tell what was entered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from pydantic import SecretStr

from blocks.errors import Unopened
from blocks.model.plan import canonical
from blocks.model.step import Step
from blocks.sealed.keys import X25519_LENGTH, PublicKeys, SealingKey, bytes_of, text_of
from blocks.wire.strict_json import UnreadableError, read_json

VERSION = "rekey-sealed-1"
X25519, P256 = "X25519", "P256"
# Bytes of what is sealed, with spaces at its end.
PADDED = 1024
_TAG_LENGTH = 16
_KEMS = {X25519: KEM.X25519, P256: KEM.P256}
_TEXT = re.compile(rf"{VERSION}\.({X25519}|{P256})\.([A-Za-z0-9_-]+)")
# As a form's JSON schema has it.
PATTERN = rf"^\s*{_TEXT.pattern}\s*$"
_AGAIN = "Enter it again on the page or in the terminal where the form waits now."


def info_of(rotation: str, step: str, plan: str) -> bytes:
    """To what a sealed text is bound; ``plan`` is the plan's hash (blocks/model/plan.py)."""
    return canonical({"plan": plan, "rotation": rotation, "step": step, "version": VERSION})


def is_sealed(text: str) -> bool:
    """Whether it looks like a sealed text, without opening it."""
    return _TEXT.fullmatch(text) is not None


def seal(public: PublicKeys, info: bytes, values: Mapping[str, SecretStr]) -> str:
    """The values, by field, as a text that only the private half of X25519 opens.

    Raises Unopened when they are too long, and when the public key is none.
    """
    plain = canonical({name: value.get_secret_value() for name, value in values.items()})
    if len(plain) > PADDED:
        raise Unopened(
            f"What was entered is too long to be sealed: {len(plain)} bytes, and {PADDED} fit.",
            "Copy the values again.",
        )
    raw = bytes_of(public.x25519)
    if len(raw) != X25519_LENGTH:
        raise Unopened("The ledger's public key of this rotation is none.", "Start the rotation again.")
    key = x25519.X25519PublicKey.from_public_bytes(raw)
    return f"{VERSION}.{X25519}.{text_of(_suite(X25519).encrypt(plain.ljust(PADDED), key, info=info))}"


def seal_entry(sealing: Mapping[str, str], rotation: str, plan: str, values: Mapping[str, SecretStr]) -> str:
    """What is entered into a rotation's form, sealed as its ledger says: its public keys and its plan's hash.

    Raises Unopened as ``seal`` does.
    """
    return seal(PublicKeys.from_context(sealing), info_of(rotation, Step.AWAIT_HUMAN_INPUT.value, plan), values)


def opened(key: SealingKey, info: bytes, text: str) -> dict[str, SecretStr]:
    """The values, by field. Raises Unopened, whose text repeats nothing of what was sealed."""
    found = _TEXT.fullmatch(text)
    plain = _plain(key, info, found[1], bytes_of(found[2])) if found else None
    if found is None or plain is None:
        problem = (
            "What was entered was sealed for another rotation, for another plan or key of this one, or it was changed "
            "on its way."
            if found
            else f"What was entered is no sealed text of rekey's ({VERSION})."
        )
        raise Unopened(problem, _AGAIN)
    values = _values(plain)
    if values is None:
        raise Unopened("What was sealed is not what rekey's form asks for.", _AGAIN)
    return values


def _suite(kem: str) -> Suite:
    return Suite(_KEMS[kem], KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def _plain(key: SealingKey, info: bytes, kem: str, content: bytes) -> bytes | None:
    """What was sealed; None when it does not open. The library's errors, which may hold more, stay in here."""
    half: x25519.X25519PrivateKey | ec.EllipticCurvePrivateKey = key.x25519 if kem == X25519 else key.p256
    if len(content) != _KEMS[kem].enc_length() + PADDED + _TAG_LENGTH:
        return None
    try:
        return _suite(kem).decrypt(content, half, info=info)
    except (InvalidTag, ValueError):
        return None


def _values(plain: bytes) -> dict[str, SecretStr] | None:
    try:
        found = read_json(plain.rstrip(b" "))
    except UnreadableError:
        return None
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        return None
    return {name: SecretStr(value) for name, value in found.items()}
