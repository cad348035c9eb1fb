"""Where each vendor really is: addresses that rekey may send a token to, pinned in the catalog.

Blocks can be edited by whoever reaches Prefect. So an address in a block counts only when its scheme, host and port are
those of the catalog; anything that two programs might read as two hosts (user information, a query, a fragment, a
backslash, a letter outside ASCII, a dot at the end) is no address at all.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from blocks.entry import Entry, Name
from blocks.errors import CatalogError

_PLAIN = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<path>/[A-Za-z0-9._~/-]*)?",
    re.ASCII,
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LONGEST_SHOWN = 80
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def origin_of(address: str) -> str:
    """Scheme, host and port of a plain address, written in one way: the port only where it is not the usual one.

    Raises ValueError with what is wrong; http is for loopback addresses only.
    """
    found = _plain(address)
    scheme, host = found["scheme"], found["host"]
    port = int(found["port"] or _DEFAULT_PORTS[scheme])
    if scheme == "http" and not is_loopback(host.strip("[]")):
        raise ValueError("is not https; plain http is for loopback addresses only")
    return f"{scheme}://{host}" + ("" if port == _DEFAULT_PORTS[scheme] else f":{port}")


def _plain(address: str) -> re.Match[str]:
    # Before letters are made small: the Kelvin sign (U+212A) becomes a k.
    if not address.isascii():
        raise ValueError(_why_not_plain(address))
    head, slashes, rest = address.partition("://")
    authority = rest.partition("/")[0]
    found = _PLAIN.fullmatch(f"{head.lower()}{slashes}{authority.lower()}{rest[len(authority) :]}")
    if found is None:
        raise ValueError(_why_not_plain(address))
    return found


def is_loopback(host: str) -> bool:
    """Whether nothing that is sent there leaves this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def shown(address: str) -> str:
    """The address as it may be shown: every odd letter by its number, and nothing that may be a word for somebody only.

    That is user information, the path (a webhook's is its secret), query and fragment; and all but the scheme where it
    cannot be told where user information ends.
    """
    scheme = _SCHEME.match(address)
    begin = scheme.group() if scheme else ""
    authority = re.split(r"[/?#\\]", address[len(begin) :], maxsplit=1)[0]
    behind = address[len(begin) + len(authority) :]
    host = "" if "@" in behind else authority.rpartition("@")[2]
    return ascii(f"{begin}{host}{'...' if behind.strip('/') else ''}")[1:-1][:_LONGEST_SHOWN]


def _why_not_plain(address: str) -> str:
    for sign, named in (("@", "user information"), ("?", "a query"), ("#", "a fragment"), ("\\", "a backslash")):
        if sign in address:
            return f"holds {named}, which no vendor's address has"
    if not address.isascii():
        return "holds a letter that only looks like one of the alphabet"
    if not address.lower().startswith(("https://", "http://")):
        return "is not a web address such as https://api.example.com"
    return "is not plainly a scheme, a host and a port"


def _origin(address: str) -> str:
    if _plain(address)["path"] not in {None, "/"}:
        raise ValueError("write scheme, host and port alone, such as https://api.example.com")
    return origin_of(address)


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


# One address or several: scheme, host, and a port where it is not the usual one.
Addresses = Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], BeforeValidator(_as_tuple)]


class Hosts(Entry):
    """Where each vendor really is: each field is an address (scheme, host and port), or a list of several.

    A vendor that is not named is at the address that everybody knows. A running application has none: each instance is
    named in the table of its kind, or its block is refused.
    """

    alpaca_paper: Addresses = Field(
        default=("https://paper-api.alpaca.markets",), description="the API for paper trading"
    )
    alpaca_live: Addresses = Field(default=("https://api.alpaca.markets",), description="the API for real money")
    alpaca_paper_dashboard: Addresses = Field(
        default=("https://app.alpaca.markets",), description="the page that the form for a paper pair links to"
    )
    alpaca_live_dashboard: Addresses = Field(
        default=("https://app.alpaca.markets",), description="the page that the form for a live pair links to"
    )
    infisical: Addresses = Field(
        default=("https://app.infisical.com",), description="the vault: your own, where you have one"
    )
    heroku: Addresses = Field(default=("https://api.heroku.com",), description="its API")
    github: Addresses = Field(
        default=("https://api.github.com",), description="its API: your GitHub Enterprise, where you have one"
    )
    render: Addresses = Field(default=("https://api.render.com",), description="its API")
    slack: Addresses = Field(default=("https://slack.com",), description="its API")
    github_page: Addresses = Field(
        default=("https://github.com",), description="the page that the form for a new token links to"
    )
    postmark: Addresses = Field(default=("https://api.postmarkapp.com",), description="its API")
    postmark_page: Addresses = Field(
        default=("https://account.postmarkapp.com",), description="the page that the form for a new token links to"
    )
    stripe: Addresses = Field(default=("https://api.stripe.com",), description="its API")
    stripe_page: Addresses = Field(
        default=("https://dashboard.stripe.com",), description="the page that the form for a new key links to"
    )
    anthropic: Addresses = Field(default=("https://api.anthropic.com",), description="its API")
    anthropic_page: Addresses = Field(
        default=("https://platform.claude.com", "https://console.anthropic.com"),
        description="the page that the form for a new key links to",
    )
    issuers: dict[Name, Addresses] = Field(
        default={}, description="a table: the word of another issuer, and its address"
    )
    others: dict[Name, Addresses] = Field(
        default={},
        description="a table: the word of a kind without an address of its own here, such as `hashicorp-vault` or one "
        "of another package, and its address",
    )
    raptor: dict[Name, Addresses] = Field(
        default={}, description="a table: the name of a Raptor block, and the address of that running application"
    )

    http_json: dict[Name, Addresses] = Field(
        default={}, description="a table: the name of an HTTP JSON block, and the address of that running application"
    )
    http_switch: dict[Name, Addresses] = Field(
        default={}, description="a table: the name of an HTTP switch block, and the address of that service"
    )

    def of(self, entry: str, document: str) -> tuple[str, ...]:
        """The addresses of this entry, such as ``others.NAME``; one of running applications has some a document."""
        table, _, name = entry.partition(".")
        found: tuple[str, ...] | dict[str, tuple[str, ...]] = getattr(self, table)
        return found.get(name or document, ()) if isinstance(found, dict) else found

    def problem_of(self, entry: str, document: str, address: str) -> str:
        """Why this address is none of the entry's; empty when it is one. Holds nothing secret."""
        pinned = self.of(entry, document)
        # One with a name of its own in its table, ``issuers.NAME``, says so itself.
        named = f"{entry}.{document}" if isinstance(getattr(self, entry, None), dict) else entry
        try:
            if origin_of(address) in pinned:
                return ""
        except ValueError as error:
            return f"its address {shown(address)} {error}"
        if not pinned:
            return f"its address is {shown(address)}, and [hosts] of the catalog names no {named}"
        return f"its address is {shown(address)}, and {named} in [hosts] of the catalog is {' or '.join(pinned)}"

    def refuse_other(self, block: str, document: str, entry: str, address: str) -> None:
        """Raise CatalogError, which names block, address and catalog, unless the address is one of this entry's."""
        problem = self.problem_of(entry, document, address)
        if not problem:
            return
        table, _, name = entry.partition(".")
        raise CatalogError(
            f"The block {block}/{document} is refused, and nothing was sent to it: {problem}.",
            "Find out who changed the block, and put the right address back (Prefect UI, Blocks)."
            if self.of(entry, document)
            else f"Compare that address with the application's own, then write it into [hosts.{table}] as "
            f"{name or document}.",
        )
