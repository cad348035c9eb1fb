"""A certificate that was renewed is served without a restart; what will not do leaves the one before, and is told."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from deployments.console.renewal import Renewal
from tests.console.certificates import DAY, NOW, made

NAME = "console.example.org"


@pytest.fixture
def context(tmp_path: Path) -> ssl.SSLContext:
    """As a console serves with it."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(*made(tmp_path, NAME))
    return serving


@pytest.fixture
def renewal(tmp_path: Path, context: ssl.SSLContext) -> Renewal:
    return Renewal((tmp_path / "console.crt", tmp_path / "console.key"), NAME, context)


def served(context: ssl.SSLContext) -> int:
    """The serial number of the certificate that a browser is shown now."""
    browsing = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    browsing.check_hostname, browsing.verify_mode = False, ssl.CERT_NONE
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    browser = browsing.wrap_bio(down, up, server_hostname=NAME)
    server = context.wrap_bio(up, down, server_side=True)
    for side in (browser, server, browser, server):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    shown = browser.getpeercert(binary_form=True)
    assert shown is not None
    return x509.load_der_x509_certificate(shown).serial_number


def in_the_file(folder: Path) -> int:
    return x509.load_pem_x509_certificate((folder / "console.crt").read_bytes()).serial_number


def looked(renewal: Renewal) -> list[str]:
    return [*renewal.look(datetime.now(UTC))]


def test_a_renewed_certificate_is_served_from_then_on_and_told_once(
    tmp_path: Path, context: ssl.SSLContext, renewal: Renewal
) -> None:
    before = served(context)
    assert looked(renewal) == []
    made(tmp_path, NAME)

    (told,) = looked(renewal)

    assert told.startswith("The console's certificate is another one now, good until ")
    assert before != served(context) == in_the_file(tmp_path)
    assert looked(renewal) == []


def test_one_that_will_not_do_is_told_once_and_the_one_before_is_served_until_it_is_mended(
    tmp_path: Path, context: ssl.SSLContext, renewal: Renewal
) -> None:
    """It is for another name, is over, is half written, or its key is another one's."""
    before = served(context)
    told: list[str] = []
    for names, ends in ((("other.example.org",), NOW + DAY), ((NAME,), NOW - DAY / 2)):
        made(tmp_path, *names, ends=ends)
        told += looked(renewal)
    (tmp_path / "console.crt").write_text("-----BEGIN CERTIFICATE-----\n")
    told += looked(renewal)
    old_key = (tmp_path / "console.key").read_bytes()
    made(tmp_path, NAME)
    new_key = (tmp_path / "console.key").read_bytes()
    (tmp_path / "console.key").write_bytes(old_key)
    told += looked(renewal)
    assert looked(renewal) == []

    assert [one.startswith("The console goes on with the certificate that it had.") for one in told] == [True] * 4
    words = ("is for other.example.org", "and not now", "holds no certificate", "holds no key that belongs")
    assert [word for word, one in zip(words, told, strict=True) if word not in one] == []
    assert served(context) == before

    (tmp_path / "console.key").write_bytes(new_key)
    (mended,) = looked(renewal)
    assert "is another one now" in mended
    assert served(context) == in_the_file(tmp_path) != before


def test_files_that_are_gone_for_a_moment_are_told_and_change_nothing(
    tmp_path: Path, context: ssl.SSLContext, renewal: Renewal
) -> None:
    before, kept = served(context), (tmp_path / "console.key").rename(tmp_path / "kept")

    (told,) = looked(renewal)

    assert "cannot be read" in told
    assert served(context) == before
    kept.rename(tmp_path / "console.key")
    assert len(looked(renewal)) == 1
