"""Where the console may be served: everything that would not be safe is refused before it listens, with what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from blocks.errors import CatalogError
from blocks.settings import read_settings
from deployments.console.address import Address, address_of
from deployments.local.processes import ProcessError, refuse_busy_port
from tests.console.certificates import DAY, NOW, made

NAME = "console.example.org"
HTTPS = f"https://{NAME}"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Address]:
    """Where these settings say that it is served."""

    def one(url: str, now: datetime = NOW, **settings: str | Path) -> Address:
        monkeypatch.setenv("REKEY_CONSOLE_URL", url)
        for name, value in settings.items():
            monkeypatch.setenv(f"REKEY_CONSOLE_{name.upper()}", str(value))
        return address_of(read_settings(), now)

    return one


def test_by_default_it_is_served_on_this_machine_alone() -> None:
    address = address_of(read_settings(), NOW)

    assert (address.site.origin, address.host, address.port) == ("http://localhost:4280", "127.0.0.1", 4280)
    assert (address.certificate, address.proxies) == (None, ())


@pytest.mark.parametrize(
    "url",
    [
        "http://0.0.0.0:4280",
        "http://192.0.2.1:4280",
        f"http://{NAME}:4280",
        "http://localhost",
        "http://localhost:4280/console",
        "http://localhost:99999",
        "https://localhost:4280",
        "https://192.0.2.1",
        "https://[2001:db8::1]",
        "https://192.0.2.1.",
        "https://somebody:word@console.example.org",
        f"{HTTPS}/console",
        f"{HTTPS}?a",
        "https://",
        "https://console..org",
        "ftp://localhost:4280",
        "nonsense",
        "",
    ],
)
def test_by_http_to_others_or_without_a_name_it_does_not_start(told: Callable[..., Address], url: str) -> None:
    with pytest.raises(CatalogError) as refused:
        told(url, proxies='["192.0.2.7"]' if url.startswith("https") else "[]")

    assert "REKEY_CONSOLE_URL" in refused.value.problem
    assert "http://localhost and a port" in refused.value.problem
    assert "word" not in str(refused.value)


def test_by_https_it_needs_a_certificate_or_a_named_proxy(told: Callable[..., Address]) -> None:
    with pytest.raises(CatalogError, match="nothing says who serves https for it") as refused:
        told(HTTPS)

    assert "REKEY_CONSOLE_CERTIFICATE" in refused.value.remedy
    assert "REKEY_CONSOLE_PROXIES" in refused.value.remedy


def test_behind_a_proxy_it_listens_where_it_is_told(told: Callable[..., Address]) -> None:
    address = told(HTTPS, listen="192.0.2.5:4280", proxies='["192.0.2.7", "198.51.100.0/24"]')

    assert (address.site.origin, address.host, address.port) == (HTTPS, "192.0.2.5", 4280)
    assert address.proxies == ("192.0.2.7/32", "198.51.100.0/24")


def test_with_a_certificate_it_listens_on_the_port_of_its_address(told: Callable[..., Address], tmp_path: Path) -> None:
    certificate, key = made(tmp_path, "other.example.org", NAME)

    address = told(f"{HTTPS}:8443", certificate=certificate, key=key)

    assert (address.host, address.port, address.certificate, address.key) == ("127.0.0.1", 8443, certificate, key)
    assert address.until == (NOW + DAY).replace(microsecond=0)
    assert told(HTTPS, certificate=certificate, key=key, listen="[::]:443").host == "::"


def test_a_star_in_a_certificate_stands_for_one_part_of_a_name(told: Callable[..., Address], tmp_path: Path) -> None:
    certificate, key = made(tmp_path, "*.Example.org")

    assert told(HTTPS, certificate=certificate, key=key).until is not None
    for other in ("https://a.console.example.org", "https://example.org"):
        with pytest.raises(CatalogError, match=r"is for \*\.Example\.org, and not for"):
            told(other, certificate=certificate, key=key)


@pytest.mark.parametrize("days", [-2, 2])
def test_a_certificate_that_is_not_good_now_is_refused(told: Callable[..., Address], tmp_path: Path, days: int) -> None:
    certificate, key = made(tmp_path, NAME)

    with pytest.raises(CatalogError, match="and not now"):
        told(HTTPS, NOW + days * DAY, certificate=certificate, key=key)


def _other_key(folder: Path) -> str:
    (folder / "other").mkdir()
    made(folder / "other", NAME)[1].replace(folder / "console.key")
    return "holds no key that belongs to"


def _passphrase(folder: Path) -> str:
    made(folder, NAME, locked=True)
    return "needs no passphrase"


def _for_everybody(folder: Path) -> str:
    (folder / "console.key").chmod(0o644)
    return "may be read by everybody"


def _for_a_group_to_change(folder: Path) -> str:
    (folder / "console.key").chmod(0o660)
    return "changed by a group"


def _no_certificate(folder: Path) -> str:
    (folder / "console.crt").write_text("none")
    return "holds no certificate"


def _without_names(folder: Path) -> str:
    made(folder)
    return "is for no name, and not for console.example.org"


def _gone(folder: Path) -> str:
    (folder / "console.crt").unlink()
    return "cannot be read: No such file"


def _key_gone(folder: Path) -> str:
    (folder / "console.key").unlink()
    return "key .*console.key cannot be read: No such file"


WRONG = (
    _other_key, _passphrase, _for_everybody, _for_a_group_to_change, _no_certificate, _without_names, _gone, _key_gone,
)  # fmt: skip


@pytest.mark.parametrize("spoil", WRONG)
def test_files_that_will_not_do_are_refused_with_the_reason(
    told: Callable[..., Address], tmp_path: Path, spoil: Callable[[Path], str]
) -> None:
    certificate, key = made(tmp_path, NAME)
    assert told(HTTPS, certificate=certificate, key=key).until is not None
    expected = spoil(tmp_path)

    with pytest.raises(CatalogError, match=expected) as refused:
        told(HTTPS, certificate=certificate, key=key)

    assert refused.value.remedy


def test_one_of_certificate_and_key_is_too_little(told: Callable[..., Address], tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="only one is named"):
        told(HTTPS, certificate=made(tmp_path, NAME)[0])


@pytest.mark.parametrize("listen", ["0.0.0.0:4280", "192.0.2.5:4280", "[::]:4280"])
def test_by_http_it_listens_for_this_machine_alone(told: Callable[..., Address], listen: str) -> None:
    with pytest.raises(CatalogError, match="REKEY_CONSOLE_LISTEN lets others than this machine reach the console"):
        told("http://localhost:4280", listen=listen)

    assert told("http://localhost:4280", listen="127.0.0.1:4281").port == 4281


@pytest.mark.parametrize("listen", ["4280", "console:4280", "192.0.2.5", "192.0.2.5:", "192.0.2.5:x", "192.0.2.5:0"])
def test_it_listens_on_a_number_and_a_port(told: Callable[..., Address], listen: str) -> None:
    with pytest.raises(CatalogError, match="REKEY_CONSOLE_LISTEN is no address and port"):
        told(HTTPS, listen=listen, proxies='["192.0.2.7"]')


@pytest.mark.parametrize("everybody", ["0.0.0.0/0", "::/0"])
def test_everybody_is_no_proxy(told: Callable[..., Address], everybody: str) -> None:
    with pytest.raises(CatalogError, match="names every address there is"):
        told(HTTPS, proxies=json.dumps(["192.0.2.7", everybody]))


def test_a_proxy_that_is_no_address_is_refused(told: Callable[..., Address]) -> None:
    with pytest.raises(CatalogError, match="REKEY_CONSOLE_PROXIES"):
        told(HTTPS, proxies='["proxy.example.org"]')


@pytest.mark.parametrize("name", ["CERTIFICATE", "KEY", "PROXIES"])
def test_what_is_of_https_is_refused_beside_http(
    told: Callable[..., Address], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(f"REKEY_CONSOLE_{name}", '["192.0.2.7"]' if name == "PROXIES" else "/nowhere")

    with pytest.raises(CatalogError, match=f"begins with http, and REKEY_CONSOLE_{name} would serve it by https"):
        told("http://localhost:4280")


def test_where_others_can_open_it_no_link_is_offered_to_everybody(told: Callable[..., Address]) -> None:
    with pytest.raises(CatalogError, match="REKEY_CONSOLE_OFFER lets whoever opens the console become an operator"):
        told(HTTPS, proxies='["192.0.2.7"]', offer="/nowhere")

    assert told("http://localhost:4280", proxies="[]", offer="/nowhere").port == 4280


def test_an_address_that_this_machine_does_not_have_is_told() -> None:
    with pytest.raises(ProcessError, match="an address that this machine does not have"):
        refuse_busy_port(4280, "the console", "none", "192.0.2.5")
