"""Where the console is served, and what has to hold so that this is safe: else it does not start.

By http on this machine alone; or by https and a name, with a certificate of its own or behind proxies that are named.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from blocks.errors import CatalogError
from blocks.operators.passkeys import Site
from blocks.settings import Settings
from blocks.worker_file import place_of
from deployments.console import certificate
from deployments.console.door import LOCAL

LOOPBACK = "127.0.0.1"
HTTPS, HTTPS_PORT = "https", 443
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_HOW = "docs/how-to/console.md says how."


@dataclass(frozen=True, slots=True)
class Address:
    """Where it is served."""

    site: Site
    # On which address and port of this machine it listens.
    host: str
    port: int
    # Both, or none; the moment (UTC) until which the certificate is good.
    certificate: Path | None = None
    key: Path | None = None
    until: datetime | None = None
    # From these alone it is believed who asks, and by https.
    proxies: tuple[str, ...] = ()


def address_of(settings: Settings, now: datetime) -> Address:
    """Where these settings say. Raises CatalogError for what would not be safe, or would not work."""
    parts = _parts(settings.console_url)
    site, port = Site.of(settings.console_url), parts.port or HTTPS_PORT
    proxies = tuple(str(one) for one in settings.console_proxies)
    if parts.scheme != HTTPS:
        _refuse_beside_http(settings)
        return Address(site, *_listening(settings, port, is_guarded=False))
    if settings.console_offer is not None:
        raise CatalogError(
            f"{place_of('console_offer')} lets whoever opens the console become an operator, and others can open it.",
            "Leave it out: `rekey operator add` prints a link for one person.",
        )
    if any(one.prefixlen == 0 for one in settings.console_proxies):
        raise CatalogError(
            f"{place_of('console_proxies')} names every address there is, so everybody would be believed.",
            "Name the address of each proxy.",
        )
    has_certificate = settings.console_certificate is not None or settings.console_key is not None
    if not has_certificate and not proxies:
        raise CatalogError(
            f"The console is to be served at {site.origin}, and nothing says who serves https for it.",
            f"Name its certificate and key ({place_of('console_certificate')}, {place_of('console_key')}), or the "
            f"addresses of its proxy ({place_of('console_proxies')}). {_HOW}",
        )
    host, port = _listening(settings, port, is_guarded=True)
    if not has_certificate:
        return Address(site, host, port, proxies=proxies)
    if settings.console_certificate is None or settings.console_key is None:
        raise CatalogError(
            "Of the console's certificate and its key only one is named.",
            f"Name both: {place_of('console_certificate')} and {place_of('console_key')}.",
        )
    until = certificate.good_until(settings.console_certificate, settings.console_key, site.host, now)
    return Address(site, host, port, settings.console_certificate, settings.console_key, until, proxies)


def _parts(url: str) -> SplitResult:
    """Of an address at which it can be served. Raises CatalogError, which does not repeat it."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    is_bare = parts.path in {"", "/"} and not (parts.query or parts.fragment or parts.username or parts.password)
    is_local = parts.scheme == "http" and host in LOCAL and port is not None
    is_named = (
        parts.scheme == HTTPS and host not in LOCAL and _NAME.fullmatch(host) is not None and not _is_number(host)
    )
    if not (is_bare and (is_local or is_named)):
        raise CatalogError(
            f"The console cannot be served at the address in {place_of('console_url')}: by http it is served on this "
            "machine alone, at http://localhost and a port, and elsewhere by https and a name, which is no number.",
            f"Correct it; http://localhost:4280 is reached from elsewhere by an SSH tunnel. {_HOW}",
        )
    return parts


def _is_number(host: str) -> bool:
    """A passkey belongs to a name: browsers make none for a number."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.rpartition(".")[2].isdecimal()
    return True


def _refuse_beside_http(settings: Settings) -> None:
    names = ("console_certificate", "console_key", "console_proxies")
    found = " and ".join(place_of(one) for one in names if getattr(settings, one))
    if found:
        raise CatalogError(
            f"The console's address begins with http, and {found} would serve it by https.",
            f"Give it an address that begins with https ({place_of('console_url')}), or leave the other out.",
        )


def _listening(settings: Settings, port: int, *, is_guarded: bool) -> tuple[str, int]:
    """On which address and port it listens. ``is_guarded``: others may reach it, too."""
    if not settings.console_listen:
        return LOOPBACK, port
    try:
        parts = urlsplit(f"//{settings.console_listen}")
        host, found = ipaddress.ip_address(parts.hostname or ""), parts.port
    except ValueError:
        host, found = None, None
    if host is None or not found:
        raise CatalogError(
            f"{place_of('console_listen')} is no address and port on which the console could listen.",
            f"Give it as in {LOOPBACK}:4280, with the number of an address of this machine.",
        )
    if not (is_guarded or host.is_loopback):
        raise CatalogError(
            f"{place_of('console_listen')} lets others than this machine reach the console, which is served by http.",
            f"Listen on {LOOPBACK}, or serve it by https. {_HOW}",
        )
    return str(host), found
