"""Certificates of the tests' own, made up when they are wanted."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def made(
    folder: Path, *names: str, begins: datetime = NOW - DAY, ends: datetime = NOW + DAY, locked: bool = False
) -> tuple[Path, Path]:
    """The files of a certificate for these names, which vouches for itself, and of its key, for its owner only.

    ``locked``: the key asks for a passphrase.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rekey's console")])
    alternative = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number(), begins, ends)
        .add_extension(alternative, critical=False)
        .sign(key, hashes.SHA256())
    )
    how: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if locked:
        how = serialization.BestAvailableEncryption(secrets.token_hex(8).encode())
    files = folder / "console.crt", folder / "console.key"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].touch(0o600)
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how))
    return files
