"""A sealing key is kept in the vault as one line, and shown by its public halves alone."""

from __future__ import annotations

import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from pydantic import SecretStr

from blocks.errors import Unopened
from blocks.sealed.keys import PublicKeys, bytes_of, key_of, new_key, text_of


def test_a_key_comes_back_from_its_text() -> None:
    key = new_key()

    again = key_of(key.text)

    assert again.public == key.public
    assert again.text == key.text


def test_no_two_keys_are_alike() -> None:
    assert len({new_key().public.hash for _ in range(20)}) == 20


def test_public_keys_are_raw_and_hashed_as_canonical_json() -> None:
    public = new_key().public

    x25519.X25519PublicKey.from_public_bytes(bytes_of(public.x25519))
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes_of(public.p256))
    assert len(bytes_of(public.p256)) == 65
    text = json.dumps({"x25519": public.x25519, "p256": public.p256}, sort_keys=True, separators=(",", ":"))
    assert public.hash == hashlib.sha256(text.encode()).hexdigest()
    assert PublicKeys.from_context(public.as_context()) == public


def test_a_key_shows_neither_private_half() -> None:
    key = new_key()
    halves = key.text.get_secret_value().split(".")[1:]

    shown = f"{key!r} {key} {[key]} {key.public} {key.text}"

    assert not any(half in shown for half in halves)


def test_the_text_suits_a_vault() -> None:
    """No white space at its ends, no reference, nothing to quote."""
    for _ in range(20):
        text = new_key().text.get_secret_value()
        assert text == text.strip()
        assert set(text) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rekey-sealing-1",
        "rekey-sealing-1.AAAA.AAAA",
        "rekey-sealing-2." + "A" * 43 + "." + "A" * 43,
        # The scalars 0 and 2^256 - 1 are no private keys of P-256.
        f"rekey-sealing-1.{text_of(b'1' * 32)}.{text_of(bytes(32))}",
        f"rekey-sealing-1.{text_of(b'1' * 32)}.{text_of(bytes([255] * 32))}",
    ],
)
def test_what_is_no_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(Unopened) as refused:
        key_of(SecretStr(text))

    assert refused.value.__context__ is None
    assert not text or text not in str(refused.value)


def test_base64url_has_one_way_to_write_each_content() -> None:
    assert bytes_of(text_of(b"\xfb\xff")) == b"\xfb\xff"
    for wrong in ("-_8=", "+/8", "-_9", "A", "Ä", "a b"):
        assert bytes_of(wrong) == b""
