"""What a person writes stays for ever: a secret in it is refused at every door, and what people really write passes."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable

import pyotp
import pytest

from blocks.free_text import LONGEST, problem_of, secret_in
from blocks.ledger.operators import refusal_of
from blocks.listed import ISSUERS
from deployments.sandbox import made_up

COMMIT = "318519182a5572e16b39adb533a3b99d00f120bf"
HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
WRITTEN = [
    "the laptop of Ann was stolen on 2026-11-28",
    "OPS-1234: the key was pasted into #incident at 19:53 UTC",
    "https://raxx.slack.com/archives/C0123ABCD9Z/p1700000000123456?thread_ts=1700000000.123456&cid=C0123ABCD9Z",
    "https://docs.example.com/document/d/1aB2cD3eF4gH5iJ6kL7mN8oP9qR0sT1uV2wX3yZ4/edit#heading=h.abc123def",
    "https://github.com/raxx/raxx/pull/123#issuecomment-1700000000",
    f"commit {COMMIT[:8]}, then {COMMIT}",
    f"the head is {HASH}, row 12: {HASH}, image sha256:{HASH}",
    "fingerprint 0a1b2c3d4e5f of the old pair",
    "rotation 0b7d8cbe-7f4e-4f43-9d0e-1c6f1b7c9a11 died",
    "pod rekey-worker-7d9f8b6c5d-x2x4z restarted on ip-10-0-0-12.eu-west-1.compute.internal",
    "apikey_01Rj2N8SVvo6BePZj99NhmiT was seen in a log",
    "AKIAIOSFODNN7EXAMPLE is the key's ID; srv-cq1h2k08fa8c73a1b2c3 was down",
    "i-20261129-195318-ab12 is over, alpaca-live-20261129-195318-3f9a too",
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/alpaca-AbCdEf",
    "ann.smith+rekey@raxx-trading.example.com left the company",
    "APCA_API_SECRET_KEY was printed; token: rotated, password: changed",
    "Donaudampfschifffahrtsgesellschaftskapit\u00e4n",
    "INC0012345 CHG0030567 RITM0010001, order 61e69015-8549-4bfd-b9c3-01e75843f47d of account PA3ABCDEF12",
    "tests/steps/test_approve.py::test_another_operator_approves_once_for_each_plan",
]
SECRETS: dict[str, Callable[[], str]] = {
    "a key of Alpaca": lambda: made_up.alpaca_key_id("AK"),
    "a key of Anthropic": lambda: made_up.key("sk-ant-api03-{base64url:93}AA"),
    "a key of Stripe": lambda: made_up.key("rk_live_{base62:24}"),
    "a token of GitHub": lambda: made_up.key("github_pat_{base62:22}_{base62:59}"),
    "a token of Slack": lambda: made_up.key("xoxb-{digits:12}-{digits:12}-{base62:24}"),
    "a webhook of Slack": lambda: f"https://hooks.slack.com/services/T012/B012/{made_up.token('', 24)}",
    "a token of Heroku": lambda: made_up.key("HRKU-{base62:40}"),
    "a token of Vault": lambda: made_up.key("hvs.{base62:24}"),
    "a private key": lambda: "-----BEGIN OPENSSH PRIVATE KEY-----",
    "a signed token": lambda: f"eyJ{made_up.token('', 30)}",
    "a secret of one-time codes": pyotp.random_base32,
    "a login in an address": lambda: f"postgresql://rekey:{made_up.token('', 8)}@db/ledger",
    "a value behind its name": lambda: f"SECRET_KEY={made_up.token('', 12)}",
}
UNNAMED: list[Callable[[], str]] = [
    lambda: secrets.token_urlsafe(32),
    lambda: secrets.token_hex(32),
    lambda: base64.b64encode(secrets.token_bytes(30)).decode(),
    lambda: f"https://console.example/enrol#{secrets.token_urlsafe(32)}",
    lambda: made_up.token(""),
]
TRIES = 20


@pytest.mark.parametrize("text", WRITTEN)
def test_what_people_write_passes(text: str) -> None:
    assert secret_in(text) is None


@pytest.mark.parametrize("what", SECRETS)
def test_a_secret_of_a_known_kind_is_refused_by_its_kind_and_not_repeated(what: str) -> None:
    for _ in range(TRIES):
        secret = SECRETS[what]()
        told = refusal_of(secret) if len(secret) < 80 else secret_in(f"somebody pasted '{secret}', sorry")

        assert told is not None
        assert f"({what})" in told
        assert "without the value" in told
        assert secret not in told


@pytest.mark.parametrize("secret", UNNAMED)
def test_random_characters_are_refused_whoever_issued_them(secret: Callable[[], str]) -> None:
    """A few among many random ones look like words."""
    assert sum(secret_in(f"it was {secret()}") is not None for _ in range(TRIES)) >= TRIES - 2


def test_what_every_issuer_mints_is_refused() -> None:
    """But a UUID: what Postmark issues cannot be told from what everybody quotes."""
    for issuer in (one.load() for one in ISSUERS.values() if one.has_block):
        for look in getattr(issuer, "looks", {}).values():
            found = sum(secret_in(f"the old one was {look.made_up()}") is not None for _ in range(TRIES))
            assert (found == 0) if look.written == "{uuid}" else (found >= TRIES - 2), look.written


@pytest.mark.parametrize("text", ["", "  ", "x" * (LONGEST + 1)])
def test_a_reason_has_some_words(text: str) -> None:
    assert problem_of(text) == f"Say why, in 1 to {LONGEST} characters."


def test_what_cannot_be_seen_hides_no_secret() -> None:
    secret = made_up.key("HRKU-{base62:40}")

    assert secret_in("\u200b".join(secret)) is not None
