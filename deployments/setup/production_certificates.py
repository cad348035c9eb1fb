"""A certificate authority for one production, whose key is gone after it signed the proxy's and an operator's.

Who needs more people takes an authority of their own, and names its certificate to the proxy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# A browser takes no certificate of a server that is good for more than 398 days.
GOOD_FOR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Issued:
    """As the files hold it: PEM, and for a browser PKCS #12 under a password."""

    authority: bytes
    server: bytes
    server_key: bytes
    browser: bytes


@dataclass(frozen=True, slots=True)
class _Authority:
    name: x509.Name
    key: ec.EllipticCurvePrivateKey

    def signed(
        self, name: x509.Name, key: ec.EllipticCurvePublicKey, extensions: Sequence[tuple[x509.ExtensionType, bool]]
    ) -> x509.Certificate:
        """A certificate of that key, with these extensions, each critical or not, and with who signed it."""
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + GOOD_FOR)
        )
        own = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        for extension, critical in [*extensions, (x509.SubjectKeyIdentifier.from_public_key(key), False), (own, False)]:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self.key, hashes.SHA256())


def issue(names: Sequence[str], password: str) -> Issued:
    """For a proxy that is asked by these names, and for one browser."""
    key = ec.generate_private_key(ec.SECP256R1())
    authority = _Authority(_called("rekey's own authority"), key)
    own = authority.signed(
        authority.name, key.public_key(), [(x509.BasicConstraints(ca=True, path_length=0), True), (_may_sign(), True)]
    )
    server_key = ec.generate_private_key(ec.SECP256R1())
    server = authority.signed(
        _called(names[0]),
        server_key.public_key(),
        [
            (x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), False),
            *_of_an_end(ExtendedKeyUsageOID.SERVER_AUTH),
        ],
    )
    browser_key = ec.generate_private_key(ec.SECP256R1())
    browser = authority.signed(
        _called("operator"), browser_key.public_key(), _of_an_end(ExtendedKeyUsageOID.CLIENT_AUTH)
    )
    return Issued(
        own.public_bytes(Encoding.PEM),
        server.public_bytes(Encoding.PEM),
        server_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        pkcs12.serialize_key_and_certificates(
            b"operator", browser_key, browser, [own], BestAvailableEncryption(password.encode())
        ),
    )


def _called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _may_sign() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


def _of_an_end(usage: x509.ObjectIdentifier) -> list[tuple[x509.ExtensionType, bool]]:
    """A server's or a client's, and no authority's."""
    return [(x509.BasicConstraints(ca=False, path_length=None), True), (x509.ExtendedKeyUsage([usage]), False)]
