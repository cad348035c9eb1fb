"""A catalog whose [hosts] are the sandbox's: the product's own, and no exception of it, lets rekey talk to loopback."""

from __future__ import annotations

import re
from collections.abc import Mapping

from deployments.sandbox.desks import PAGES, Desks

_HEADER = re.compile(r"\s*\[\[?\s*(?P<table>[^\].\s]+)")
# Words of [hosts.issuers]: all of them are at one host of the sandbox.
ISSUERS = ("oanda",)
# Entry of [hosts] -> name of the sandbox's host.
_ENTRIES = {
    "alpaca_paper": "alpaca-paper",
    "alpaca_live": "alpaca-live",
    "alpaca_paper_dashboard": "dashboard",
    "alpaca_live_dashboard": "dashboard",
    "infisical": "infisical",
    "heroku": "heroku",
    "github": "github",
    "slack": "slack",
    "github_page": "issuers",
    "stripe": "issuers",
    "stripe_page": "issuers",
    "postmark": "issuers",
    "postmark_page": "issuers",
    "anthropic": "issuers",
    "anthropic_page": "issuers",
}


def with_hosts(catalog: str, urls: Mapping[str, str], runtimes: Mapping[str, str]) -> str:
    """The text of a catalog with these hosts in place of its own. ``urls`` are by the sandbox's names."""
    kept, in_hosts = [], False
    for line in catalog.splitlines():
        header = _HEADER.match(line)
        in_hosts = header["table"] == "hosts" if header else in_hosts
        kept += [] if in_hosts else [line]
    kept += ["", "[hosts]", *(f'{entry} = "{urls[name]}"' for entry, name in _ENTRIES.items())]
    kept += ["", "[hosts.issuers]", *(f'{word} = "{urls["issuers"]}"' for word in ISSUERS)]
    for kind, others in (("raptor", ()), ("http_json", PAGES)):
        kept += ["", f"[hosts.{kind}]", *(f'{name} = "{urls[name]}"' for name in (*runtimes, *others) if name in urls)]
    kept += Desks.hosts_in(urls)
    return "\n".join(kept) + "\n"
