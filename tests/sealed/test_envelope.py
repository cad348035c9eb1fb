"""What is sealed opens with its own rotation's key alone, and what does not open repeats nothing."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from pydantic import SecretStr

from blocks.errors import Unopened
from blocks.sealed import envelope
from blocks.sealed.envelope import PADDED, info_of, is_sealed, opened, seal
from blocks.sealed.keys import PublicKeys, bytes_of, key_of, new_key, text_of
from deployments.sandbox import made_up
from tests.sealed.hpke import P256, X25519, Hpke

PLAN = "ab" * 32
INFO = info_of("r-20261128-090000-abcd", "await_human_input", PLAN)


def values() -> dict[str, SecretStr]:
    return {"key_id": SecretStr(made_up.alpaca_key_id("PK")), "secret": SecretStr(made_up.alpaca_secret())}


def shown(sealed: dict[str, SecretStr]) -> dict[str, str]:
    return {name: one.get_secret_value() for name, one in sealed.items()}


def sealed_elsewhere(public: PublicKeys, kem: str, plain: bytes, info: bytes = INFO) -> str:
    """A text that the tests' own implementation sealed."""
    number, key = (X25519, public.x25519) if kem == "X25519" else (P256, public.p256)
    ephemeral = x25519.X25519PrivateKey.generate() if kem == "X25519" else ec.generate_private_key(ec.SECP256R1())
    content = Hpke(number).seal(plain, bytes_of(key), info, ephemeral)
    return f"rekey-sealed-1.{kem}.{text_of(content)}"


def test_the_tests_own_implementation_keeps_to_the_test_vectors() -> None:
    """RFC 9180's (github.com/cfrg/draft-irtf-cfrg-hpke, test-vectors.json; the second is section A.3 of the RFC)."""
    info, plain, aad = b"Ode on a Grecian Urn", b"Beauty is truth, truth beauty", b"Count-0"
    key = x25519.X25519PrivateKey.from_private_bytes(
        bytes.fromhex("497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d")
    )
    sealed = bytes.fromhex(
        "6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256"
        "e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a"
    )
    assert Hpke(X25519).open(sealed, key, info, aad) == plain

    scalar = 0xF3CE7FDAE57E1A310D87F1EBBDE6F328BE0A99CDBCADF4D6589CF29DE4B8FFD2
    sealed = bytes.fromhex(
        "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c0900be863c403ce65c"
        "9bfcb9382657222d18c4"
        "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434"
    )
    assert Hpke(P256, key_length=16).open(sealed, ec.derive_private_key(scalar, ec.SECP256R1()), info, aad) == plain


def test_two_independent_implementations_agree() -> None:
    key, entered = new_key(), values()

    text = seal(key.public, INFO, entered)

    content = bytes_of(text.removeprefix("rekey-sealed-1.X25519."))
    plain = Hpke(X25519).open(content, key.x25519, INFO)
    assert json.loads(plain) == shown(entered)
    assert shown(opened(key, INFO, text)) == shown(entered)


@pytest.mark.parametrize("kem", ["X25519", "P256"])
def test_what_another_implementation_sealed_opens(kem: str) -> None:
    key, entered = new_key(), shown(values())
    text = sealed_elsewhere(key.public, kem, json.dumps(entered).encode().ljust(PADDED))

    assert shown(opened(key, INFO, text)) == entered
    # Also with what the vault gave back.
    assert shown(opened(key_of(key.text), INFO, text)) == entered


def test_info_is_canonical_json() -> None:
    assert info_of("r-1", "await_human_input", "ab") == (
        b'{"plan":"ab","rotation":"r-1","step":"await_human_input","version":"rekey-sealed-1"}'
    )


def test_all_sealed_texts_have_one_length_and_none_is_like_another() -> None:
    public = new_key().public
    entries = [{"key_id": SecretStr(""), "secret": SecretStr("a")}, values(), {"token": SecretStr("é" * 150)}]

    texts = [seal(public, INFO, one) for one in (*entries, entries[0])]

    assert {len(one) for one in texts} == {len(texts[0])}
    assert len(set(texts)) == len(texts)
    assert all(is_sealed(one) for one in texts)


def test_what_is_too_long_is_refused_and_not_repeated() -> None:
    secret = made_up.alpaca_secret() * 30

    with pytest.raises(Unopened) as refused:
        seal(new_key().public, INFO, {"secret": SecretStr(secret)})

    assert secret[:40] not in str(refused.value)


def refusals() -> dict[str, tuple[bytes, str]]:
    """The info with which each is opened, and the text. The key is the one that the test makes."""
    text = seal(KEY.public, INFO, ENTERED)
    body = bytes_of(text.removeprefix("rekey-sealed-1.X25519."))
    flipped = {
        f"bit flipped in byte {at}": bytes([*body[:at], body[at] ^ 1, *body[at + 1 :]])
        for at in (0, 31, 32, 500, len(body) - 1)
    }
    fields = canonical_json(shown(ENTERED))
    return {
        "another rotation": (info_of("r-20261128-090000-ffff", "await_human_input", PLAN), text),
        "another step": (info_of("r-20261128-090000-abcd", "hold", PLAN), text),
        "another plan": (info_of("r-20261128-090000-abcd", "await_human_input", "cd" * 32), text),
        "another version": (INFO, text.replace("sealed-1", "sealed-2")),
        "the other suite": (INFO, text.replace("X25519", "P256")),
        "an unknown suite": (INFO, text.replace("X25519", "X448")),
        "another key": (INFO, seal(new_key().public, INFO, ENTERED)),
        "cut off": (INFO, text[:-4]),
        "continued": (INFO, text + "AAAA"),
        "a second line": (INFO, text + "\n"),
        "padding of base64": (INFO, text + "="),
        "plain text": (INFO, ENTERED["secret"].get_secret_value()),
        "nothing": (INFO, ""),
        "no content": (INFO, "rekey-sealed-1.X25519."),
        "not padded": (INFO, sealed_elsewhere(KEY.public, "X25519", fields)),
        "another padding": (INFO, sealed_elsewhere(KEY.public, "X25519", fields.ljust(2 * PADDED))),
        "no JSON": (INFO, sealed_elsewhere(KEY.public, "X25519", SECRET.encode().ljust(PADDED))),
        "a list": (INFO, sealed_elsewhere(KEY.public, "X25519", f'["{SECRET}"]'.encode().ljust(PADDED))),
        "no texts": (INFO, sealed_elsewhere(KEY.public, "X25519", b'{"secret": 1}'.ljust(PADDED))),
        "a field twice": (
            INFO,
            sealed_elsewhere(KEY.public, "X25519", f'{{"secret":"{SECRET}","secret":"b"}}'.encode().ljust(PADDED)),
        ),
        **{name: (INFO, f"rekey-sealed-1.X25519.{text_of(one)}") for name, one in flipped.items()},
    }


def canonical_json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


KEY, ENTERED = new_key(), values()
SECRET = ENTERED["secret"].get_secret_value()


@pytest.mark.parametrize("case", sorted(refusals()))
def test_what_does_not_open_is_refused_and_nothing_of_it_is_repeated(case: str) -> None:
    """Not in the sentence, not in what is chained to it, and not in what Prefect pickles of it."""
    info, text = refusals()[case]

    with pytest.raises(Unopened) as refused:
        opened(KEY, info, text)

    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None
    kept = repr(refused.value) + str(refused.value) + repr(pickle.dumps(refused.value))
    for secret in (one.get_secret_value() for one in ENTERED.values()):
        assert secret not in kept
        assert secret[:8] not in kept
    assert text[20:60] not in kept or not text[20:60]
    assert "Enter it again" in str(refused.value)


def test_a_sealed_text_is_known_by_its_looks_alone() -> None:
    assert is_sealed("rekey-sealed-1.P256.AAAA")
    assert not is_sealed(SECRET)
    assert not is_sealed("")


def test_the_length_is_that_of_what_is_padded() -> None:
    """1,024 bytes, the tag, and what the KEM adds."""
    body = bytes_of(seal(KEY.public, INFO, ENTERED).removeprefix("rekey-sealed-1.X25519."))
    assert len(body) == 32 + PADDED + 16
    assert envelope.PADDED == 1024


def test_public_keys_that_are_none_are_refused_before_anything_is_sealed() -> None:
    for wrong in ("", "AAAA", "no base64 at all"):
        with pytest.raises(Unopened):
            seal(replace(KEY.public, x25519=wrong), INFO, ENTERED)
