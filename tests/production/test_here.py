"""The settings of `make production` are those that deploy/ ships, with this machine's addresses in their places."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from blocks.settings import ROOT, Settings
from deployments.production.here import Here

SYSTEMD = ROOT / "deploy" / "systemd"


@pytest.fixture
def here(tmp_path: Path) -> Here:
    made = Here.made(tmp_path / "production", workers=3)
    made.catalog.write_text("# a catalog\n")
    return made


def shipped(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([A-Z_]+)='(.*)'$", (SYSTEMD / name).read_text(), re.MULTILINE))


@pytest.mark.parametrize(("of", "name"), [("server", "prefect.environment"), ("client", "rekey.environment")])
def test_every_setting_is_the_shipped_one_but_for_addresses_and_places(here: Here, of: str, name: str) -> None:
    own = getattr(here, of)("one")
    others = {key for key, value in shipped(name).items() if own.get(key) != value}
    assert all("example.com" in shipped(name)[key] or "127.0.0.1:4200" in shipped(name)[key] for key in others - FILES)
    assert not [key for key, value in own.items() if "example.com" in value or ":4200" in value]
    assert set(own) >= set(shipped(name))


# Each machine has one of its own.
FILES = {"REKEY_CONFIG"}


def test_only_servers_have_the_key_and_only_clients_the_workers_file(here: Here) -> None:
    server, client = here.server("api-1"), here.client("worker-1")
    assert "PREFECT_SERVER_ENCRYPTION_KEY" in server
    assert "PREFECT_SERVER_ENCRYPTION_KEY" not in client
    assert "REKEY_CONFIG" not in server
    assert server["PREFECT_API_AUTH_STRING"] == client["PREFECT_API_AUTH_STRING"]
    assert here.login_file.read_text().strip() == client["PREFECT_API_AUTH_STRING"]


def test_nothing_of_another_prefect_gets_in(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_CLOUD_API_URL", "https://elsewhere.example")
    monkeypatch.setenv("REKEY_LEDGER_URL", "sqlite:///elsewhere")
    assert not {"PREFECT_CLOUD_API_URL", "REKEY_LEDGER_URL"} & {*here.client("worker-1"), *here.server("api-1")}


def test_machines_share_the_ledger_and_no_file(here: Here) -> None:
    read = []
    for name in ("worker-1", "worker-2"):
        own = here.client(name)
        here.write_worker_file(name)
        read.append(Settings(**tomllib.loads(Path(own["REKEY_CONFIG"]).read_text())))
        places = [own["PREFECT_HOME"], own["PREFECT_RESULTS_LOCAL_STORAGE_PATH"], own["REKEY_CONFIG"]]
        places += [str(read[-1].catalog), str(read[-1].kept_folder)]
        assert [one for one in places if not one.startswith(f"{here.home / name}/")] == []
    first, second = read
    assert first.ledger_url == second.ledger_url
    assert first.console_url == second.console_url == here.console_url


def test_people_ask_at_the_port_that_is_named(tmp_path: Path) -> None:
    here = Here.made(tmp_path / "production", workers=1, people=8443)
    assert here.prefect_url == "https://prefect.localhost:8443"
    assert here.ports.people == 8443
    assert len({*here.ports.servers, here.ports.inside, here.ports.console, here.port_of_worker(1)}) == 5
