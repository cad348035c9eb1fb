"""A token goes only where the catalog says that the vendor is: scheme, host and port, whoever edits a block."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocks.catalog import load_catalog
from blocks.errors import CatalogError
from blocks.model.hosts import Hosts, origin_of, shown
from blocks.settings import ROOT
from deployments.setup.seeds import INSTANCES, VENDORS
from tests.blocks.catalog_text import PAPER, refusal, written

HEROKU = "https://api.heroku.com"
# One entry without [hosts].
CREDENTIAL = PAPER[PAPER.index("[credential") :]

OTHER = {
    "another host": "https://api.heroku.example",
    "a subdomain": "https://api.heroku.com.evil.example",
    "a domain above": "https://heroku.com",
    "a prefix": "https://evil-api.heroku.com",
    "another port": "https://api.heroku.com:8443",
    "another scheme": "http://api.heroku.com",
    "a foreign scheme": "ftp://api.heroku.com",
    "loopback": "http://127.0.0.1:4800",
    "user information": "https://api.heroku.com@evil.example",
    "user information before the host": "https://someone:word@api.heroku.com",
    "a query": "https://api.heroku.com?to=evil",
    "a fragment": "https://api.heroku.com#evil",
    "a backslash": "https://evil.example\\@api.heroku.com",
    "a backslash behind": "https://api.heroku.com\\.evil.example",
    "a homograph": "https://api.her\u043eku.com",
    "a homograph in punycode": "https://api.xn--herku-jvf.com",
    "a sign that becomes a letter when it is made small": "https://api.hero\u212au.com",
    "wide letters": "https://\uff41pi.heroku.com",
    "an ideographic dot": "https://api\u3002heroku.com",
    "a dot at the end": "https://api.heroku.com.",
    "two dots": "https://api..heroku.com",
    "white space": " https://api.heroku.com",
    "a line end": "https://api.heroku.com\n",
    "a tab": "https://api.hero\tku.com",
    "an escape": "https://api%2eheroku.com",
    "an escaped path": "https://api.heroku.com/%2e%2e",
    "no scheme": "//api.heroku.com",
    "nothing": "",
    "a port that is none": "https://api.heroku.com:",
    "digits of another script": "https://api.heroku.com:\u0664\u0664\u0663",
}


@pytest.mark.parametrize("address", OTHER.values(), ids=OTHER)
def test_an_address_that_is_not_the_catalogs_is_refused_by_name(address: str) -> None:
    with pytest.raises(CatalogError) as refused:
        Hosts().refuse_other("Heroku", "rekey", "heroku", address)
    told = str(refused.value)
    assert told.startswith("The block Heroku/rekey is refused, and nothing was sent to it: its address ")
    assert told.isascii(), "a letter that looks like another one is shown by its number"
    assert told.isprintable()
    assert "word" not in told, "user information may be a password"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://someone:word@evil.example", "https://evil.example"),
        ("https://someone:wo#rd@evil.example", "https://..."),
        ("https://someone:wo?rd@evil.example", "https://..."),
        ("https://someone:wo/rd@evil.example", "https://..."),
        ("https://someone:wo\\rd@evil.example", "https://..."),
        ("someone:word@evil.example", "evil.example"),
        ("https:/someone:word@evil.example", "..."),
        ("https://hooks.slack.com/services/T0/word", "https://hooks.slack.com..."),
        ("https://evil.example/?token=word", "https://evil.example..."),
        ("https://evil.example/", "https://evil.example"),
        ("//evil.example", "..."),
    ],
)
def test_what_is_shown_of_an_address_holds_no_word_that_somebody_keeps(address: str, told: str) -> None:
    """A password may hold any sign, and a webhook's path is its secret."""
    assert shown(address) == told


@pytest.mark.parametrize(
    "address", [HEROKU, f"{HEROKU}/", f"{HEROKU}:443", "https://API.Heroku.com", "HTTPS://api.heroku.com/a/path"]
)
def test_the_same_scheme_host_and_port_is_the_same_address(address: str) -> None:
    Hosts().refuse_other("Heroku", "rekey", "heroku", address)
    assert origin_of(address) == HEROKU


def test_the_vendors_own_addresses_are_the_defaults_of_blocks_catalog_and_shipped_catalog() -> None:
    fields = {entry: kind.model_fields[field] for kind in VENDORS for field, entry in kind.addresses.items()}
    instances = {entry for kind, _ in INSTANCES.values() for entry in kind.addresses.values()}
    assert len(fields) > len(VENDORS), "Alpaca has several"
    # One in a table of others is everybody's own, and has no address that everybody knows.
    own = {entry: fields.pop(entry) for entry in list(fields) if "." in entry}
    assert {*fields, *instances, *(entry.partition(".")[0] for entry in own), "issuers"} == set(Hosts.model_fields)
    assert all(field.is_required() and Hosts().of(entry, "rekey") == () for entry, field in own.items())
    shipped = load_catalog(ROOT / "deployments" / "catalog.toml").hosts
    for entry, field in fields.items():
        Hosts().refuse_other("block", "rekey", entry, field.default)
        assert shipped.of(entry, "rekey") == Hosts().of(entry, "rekey")


def test_a_running_application_that_is_not_named_is_refused() -> None:
    with pytest.raises(CatalogError, match=r"names no raptor\.mq-a.*write it into \[hosts\.raptor\] as mq-a"):
        Hosts().refuse_other("Raptor", "mq-a", "raptor", "https://mq-a.example.com")


def test_another_issuer_has_its_address_by_its_own_word() -> None:
    hosts = Hosts(issuers={"overlap": ("https://overlap.example.com",)})
    hosts.refuse_other("Overlap", "rekey", "issuers.overlap", "https://overlap.example.com/v1")

    with pytest.raises(CatalogError, match=r"and issuers\.overlap in \[hosts\] of the catalog is https://overlap"):
        hosts.refuse_other("Overlap", "rekey", "issuers.overlap", "https://elsewhere.example.com")
    with pytest.raises(CatalogError, match=r"names no issuers\.other.*write it into \[hosts\.issuers\] as other"):
        hosts.refuse_other("Other", "rekey", "issuers.other", "https://other.example.com")


def test_an_entry_may_name_several_addresses(tmp_path: Path) -> None:
    own = '\n[hosts]\ninfisical = ["https://vault.example.com", "https://vault.example.com:8443/"]\n'
    hosts = load_catalog(written(tmp_path, CREDENTIAL + own)).hosts
    for address in ("https://vault.example.com/api", "https://vault.example.com:8443"):
        hosts.refuse_other("Infisical", "rekey", "infisical", address)
    with pytest.raises(CatalogError, match=r"is https://vault\.example\.com or https://vault\.example\.com:8443"):
        hosts.refuse_other("Infisical", "rekey", "infisical", "https://app.infisical.com")


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ('heroku = "https://api.heroku.com/apps"', "write scheme, host and port alone"),
        ('heroku = "http://api.heroku.com"', "is not https"),
        ('heroku = "https://me@api.heroku.com"', "holds user information"),
        ('heroku = "api.heroku.com"', "is not a web address"),
        ('herokku = "https://api.heroku.com"', "this field is unknown"),
        ("heroku = 7", "input should be a valid tuple"),
    ],
)
def test_a_host_that_is_none_does_not_load(tmp_path: Path, entry: str, why: str) -> None:
    assert why in refusal(tmp_path, f"{CREDENTIAL}\n[hosts]\n{entry}\n")
