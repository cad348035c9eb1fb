"""The secrets of a production are made up once, for their readers alone, and the certificates do what they are for."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
import tomllib
from itertools import combinations
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.serialization import pkcs12

from blocks.settings import ROOT, Settings
from deployments.setup.production_secrets import MARK, Site, make


def values(held: str) -> set[str]:
    return set(re.findall(r"[A-Za-z0-9_=-]{40,}", held))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("secrets")
    command = [sys.executable, "-m", "deployments.setup.production_secrets", str(made)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout == f"The secrets in {made} made.\n"
    return made


def held(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_they_are_their_owners_alone(folder: Path) -> None:
    found = list(folder.rglob("*"))
    assert found
    assert [path for path in found if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


def test_made_again_they_stay(folder: Path) -> None:
    before = held(folder)
    assert make(folder, Site()) is False
    assert held(folder) == before


def test_whoever_was_interrupted_starts_again(folder: Path, tmp_path: Path) -> None:
    half = tmp_path / "prefect" / "environment"
    half.parent.mkdir()
    half.write_text("PREFECT_SERVER_ENCRYPTION_KEY='")
    assert make(tmp_path, Site()) is True
    assert set(held(tmp_path)) == set(held(folder))
    assert (tmp_path / MARK).exists()


def test_no_two_productions_share_one(folder: Path, tmp_path: Path) -> None:
    make(tmp_path, Site())
    texts = [
        " ".join(
            text.decode(errors="replace") for name, text in held(one).items() if not name.endswith((".p12", ".pem"))
        )
        for one in (folder, tmp_path)
    ]
    assert values(texts[0])
    assert values(texts[0]) & values(texts[1]) == set()


def test_none_of_them_reads_what_another_needs(folder: Path) -> None:
    """Only what two share is in both: a login or a password of whom one asks the other."""
    by_reader: dict[str, set[str]] = {}
    for name, text in held(folder).items():
        if name.endswith(("/environment", ".toml", ".conf", ".sql", "/password", ".login", ".password")):
            by_reader.setdefault(name.split("/")[0], set()).update(values(text.decode()))
    shared = {pair for pair in combinations(sorted(by_reader), 2) if by_reader[pair[0]] & by_reader[pair[1]]}
    assert shared == {
        ("operator", "prefect"),
        ("operator", "rekey"),
        ("prefect", "rekey"),
        ("postgres", "prefect"),
        ("postgres", "rekey"),
        ("prefect", "redis"),
    }
    assert len(by_reader["prefect"] & by_reader["rekey"]) == 1, "the login alone"


def test_the_key_of_prefect_is_one(folder: Path) -> None:
    (key,) = re.findall(r"ENCRYPTION_KEY='(.+)'", (folder / "prefect" / "environment").read_text())
    assert Fernet(key).decrypt(Fernet(key).encrypt(b"a block")) == b"a block"


def test_the_workers_file_is_one(folder: Path) -> None:
    named = tomllib.loads((folder / "rekey" / "rekey.toml").read_text())
    read = Settings(**named)
    assert read.console_url == "https://rekey.localhost:8443"
    assert read.ledger_url.get_secret_value().startswith("postgresql+psycopg://rekey:")
    assert json.dumps(named["console_proxies"]) == '["127.0.0.1"]'


def test_the_certificates_are_the_authoritys_and_no_key_of_it_is_left(folder: Path) -> None:
    authority = x509.load_pem_x509_certificate((folder / "proxy" / "authority.pem").read_bytes())
    server = x509.load_pem_x509_certificate((folder / "proxy" / "server.pem").read_bytes())
    password = (folder / "operator" / "browser.password").read_bytes().strip()
    browser = pkcs12.load_pkcs12((folder / "operator" / "browser.p12").read_bytes(), password)
    assert browser.cert is not None
    for one in (server, browser.cert.certificate):
        one.verify_directly_issued_by(authority)
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["prefect.localhost", "rekey.localhost"]
    with pytest.raises(ValueError, match="password"):
        pkcs12.load_pkcs12((folder / "operator" / "browser.p12").read_bytes(), b"another one")
    keys = [name for name, text in held(folder).items() if b"PRIVATE KEY" in text]
    assert keys == ["proxy/server-key.pem"]
