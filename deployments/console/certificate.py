"""Whether the console's certificate and key will do: looked at before it listens, so that no browser has to say it."""

from __future__ import annotations

import ssl
import stat
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from blocks.errors import CatalogError
from blocks.ledger.trading import clock

# Whoever can read the key can be the console; whoever can change it can end it.
_OTHERS_MAY = stat.S_IRWXO | stat.S_IWGRP


def good_until(certificate: Path, key: Path, host: str, now: datetime) -> datetime:
    """Until when (UTC) this certificate is good for this host. Raises CatalogError, which names what is wrong."""
    _demand_kept(key)
    found = _read(certificate)
    if not found.not_valid_before_utc <= now < found.not_valid_after_utc:
        raise CatalogError(
            f"The console's certificate {certificate} is good from {clock(found.not_valid_before_utc)} to "
            f"{clock(found.not_valid_after_utc)}, and not now.",
            "Put one there that is good now, and correct the clock of this machine if that is wrong.",
        )
    names = _names(found)
    if not any(_fits(name.lower(), host) for name in names):
        raise CatalogError(
            f"The console's certificate {certificate} is for {', '.join(names) or 'no name'}, and not for {host}.",
            "Have one made for that name (a DNS name among its alternative names), or correct the console's address.",
        )
    _demand_pair(certificate, key)
    return found.not_valid_after_utc


def _demand_kept(key: Path) -> None:
    try:
        mode = key.stat().st_mode
    except OSError as error:
        raise _unreadable("key", key, error) from None
    if mode & _OTHERS_MAY:
        raise CatalogError(
            f"The console's key {key} may be read by everybody on this machine, or changed by a group.",
            f"Take that away: `chmod 600 {key}`. Where others had read it already, have a new one made.",
        )


def _read(certificate: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    except OSError as error:
        raise _unreadable("certificate", certificate, error) from None
    except ValueError:
        raise CatalogError(
            f"{certificate} holds no certificate that the console could show.",
            "Put the certificate there as PEM, the console's own first and then those that vouch for it.",
        ) from None


def _names(found: x509.Certificate) -> list[str]:
    """The names that browsers look at."""
    try:
        names = found.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    return names.get_values_for_type(x509.DNSName) if isinstance(names, x509.SubjectAlternativeName) else []


def _fits(name: str, host: str) -> bool:
    """Whether this name of a certificate is this host's; a star stands for its first part (RFC 6125, 6.4.3)."""
    first, _, rest = host.partition(".")
    return name == host or (name.startswith("*.") and bool(first) and name[2:] == rest)


def _demand_pair(certificate: Path, key: Path) -> None:
    """Raise CatalogError unless the key is that certificate's and can be read without being asked for anything."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: "")
    except ssl.SSLError:
        raise CatalogError(
            f"{key} holds no key that belongs to the console's certificate {certificate} and needs no passphrase.",
            "Put the key of that certificate there, as PEM and without a passphrase.",
        ) from None
    except OSError as error:
        raise _unreadable("key", key, error) from None


def _unreadable(what: str, file: Path, error: OSError) -> CatalogError:
    return CatalogError(
        f"The console's {what} {file} cannot be read: {error.strerror or type(error).__name__}.",
        "Correct the path, or let the user who runs the console read it.",
    )
