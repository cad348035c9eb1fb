from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.errors import CatalogError, StepError, Transient
from blocks.vaults.infisical import consumer as infisical_consumer
from blocks.vaults.infisical.consumer import FALLBACK, NO_SDK
from blocks.vaults.infisical.reader import ConsumerReader, consumer_can_read, read_as_consumer
from blocks.vaults.terms import Location
from deployments.sandbox import made_up
from deployments.sandbox.faults import FaultKind
from tests.vendors.infisical.vaults import (
    HERE,
    KEY,
    LOGIN,
    PROFILES,
    SECRET,
    TestVault,
    Vaults,
    error_of,
    fresh_vault,
)
from tests.waiting import wait_until

GET_SECRET = f"/api/v3/secrets/raw/{SECRET}"


@pytest.fixture(params=PROFILES)
def vault(vaults: Vaults, request: pytest.FixtureRequest) -> Iterator[TestVault]:
    with fresh_vault(vaults, request.param) as fresh:
        fresh.put(**{KEY: made_up.alpaca_key_id("PK"), SECRET: made_up.alpaca_secret()})
        yield fresh


def children() -> set[int]:
    """The processes that this one has started and that still run."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and entry.name != str(os.getpid()):
            with suppress(OSError):
                state = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(state[1]) == os.getpid() and state[0] != "Z":
                    found.add(int(entry.name))
    return found


def test_a_consumer_reads_the_pair_that_is_stored(vault: TestVault) -> None:
    values = read_as_consumer(vault.block(), HERE, [SECRET, KEY])
    assert {name: value.get_secret_value() for name, value in values.items()} == vault.values


def test_the_reader_loads_the_sdk_before_it_is_needed_and_asks_nothing_until_then(vault: TestVault) -> None:
    before = children()
    with ConsumerReader(vault.block()) as reader:
        (process,) = children() - before
        loaded = Path(f"/proc/{process}/maps")
        wait_until(lambda: "infisical_client" in loaded.read_text(), description="the SDK is loaded")
        assert vault.requests(LOGIN) == 0
        newer = made_up.alpaca_secret()
        vault.put(**{SECRET: newer})

        assert reader.read(HERE, [SECRET])[SECRET].get_secret_value() == newer
    assert children() <= before


def test_a_reader_that_is_not_needed_after_all_is_ended(vault: TestVault) -> None:
    before = children()
    with ConsumerReader(vault.block()):
        assert children() > before
    assert children() <= before
    assert vault.requests(LOGIN) == 0


def test_a_consumer_reads_a_value_of_any_script_unchanged(vault: TestVault) -> None:
    odd = 'ключ "quoted" \\ tab\there 漢字 🔑'
    vault.put(ODD=odd)
    assert read_as_consumer(vault.block(), HERE, ["ODD"])["ODD"].get_secret_value() == odd


def test_a_missing_secret_is_never_answered_from_the_environment(
    vault: TestVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ABSENT", made_up.alpaca_secret())
    error_of(Transient, lambda: read_as_consumer(vault.block(), HERE, [KEY, "ABSENT"]))


def test_the_reader_refuses_what_the_sdk_takes_from_the_environment(vault: TestVault) -> None:
    """Even if a variable of that name got into the reader's environment."""
    settings: dict[str, Any] = {
        "siteUrl": vault.url,
        "clientId": vault.client_id,
        "clientSecret": vault.client_secret,
        "projectId": vault.project_id,
        "environment": HERE.environment,
        "path": HERE.path,
        "names": ["ABSENT"],
        "deadlineS": 20,
    }
    ended = subprocess.run(
        [sys.executable, "-I", infisical_consumer.__file__],
        input=json.dumps(settings).encode(),
        env={"ABSENT": "from the environment"},
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert (ended.returncode, ended.stdout) == (FALLBACK, b"")


def test_a_reader_without_the_sdk_says_so() -> None:
    """-S leaves the installed packages out."""
    settings = json.dumps({"deadlineS": 20, "names": []}).encode()
    ended = subprocess.run(
        [sys.executable, "-I", "-S", infisical_consumer.__file__],
        input=settings,
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert (ended.returncode, ended.stdout) == (NO_SDK, b"")


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (FaultKind.ANSWER, {"status": 429}),
        (FaultKind.ANSWER, {"status": 502}),
        (FaultKind.HTML, {"status": 200}),
        (FaultKind.DROP_BEFORE, {}),
    ],
)
@pytest.mark.parametrize("path", [LOGIN, GET_SECRET])
def test_a_fault_on_the_way_is_transient(vault: TestVault, kind: FaultKind, fields: dict[str, Any], path: str) -> None:
    vault.fault(kind, path=path, times=None, **fields)
    assert error_of(Transient, lambda: read_as_consumer(vault.block(), HERE, [SECRET])).transient


def test_a_refused_login_is_an_error_and_asked_once(vault: TestVault) -> None:
    block = vault.block(client_secret=SecretStr(made_up.token("", 64)))
    error_of(Transient, lambda: read_as_consumer(block, HERE, [SECRET]))
    assert vault.requests(LOGIN, at_least=1) == 1


def test_a_missing_folder_is_an_error(vault: TestVault) -> None:
    error_of(Transient, lambda: read_as_consumer(vault.block(), Location("prod", "/typo"), [SECRET]))


def test_a_vault_that_does_not_answer_ends_the_reader_at_the_deadline(vault: TestVault) -> None:
    vault.fault(FaultKind.HANG, path=GET_SECRET)
    before, started = children(), time.monotonic()
    error = error_of(Transient, lambda: read_as_consumer(vault.block(), HERE, [SECRET], deadline_s=1.0))
    assert "no answer in time" in error.problem
    assert time.monotonic() - started < 8, "ended by its own timer and not by us"
    assert children() <= before


def test_the_reader_holds_no_secret_in_its_arguments_or_environment(
    vault: TestVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_TOKEN", made_up.token(""))
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/ssl/private-authority.pem")
    vault.fault(FaultKind.HANG, path=GET_SECRET)
    before = children()
    reading = threading.Thread(target=_read_in_vain, args=(vault,))
    reading.start()
    vault.requests(LOGIN, at_least=1)
    (reader,) = children() - before
    arguments = Path(f"/proc/{reader}/cmdline").read_bytes().decode()
    environment = Path(f"/proc/{reader}/environ").read_bytes().decode()
    reading.join()
    assert "consumer.py" in arguments
    assert environment == "SSL_CERT_FILE=/etc/ssl/private-authority.pem\0"
    assert not [secret for secret in made_up.issued if secret in arguments]


def _read_in_vain(vault: TestVault) -> None:
    with pytest.raises(Transient):
        read_as_consumer(vault.block(), HERE, [SECRET], deadline_s=2.0)


def test_the_sdk_sends_its_login_to_whatever_host_the_vault_leads_it_to(vault: TestVault) -> None:
    """When this fails, the SDK has mended it: take it out of docs/threat-model.md."""
    heard: list[bytes] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_error(HTTPStatus.FORBIDDEN)

        def log_message(self, *_: object) -> None:
            """Nothing is printed: it holds what was sent."""

    class Leading(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(HTTPStatus.TEMPORARY_REDIRECT)
            self.send_header("Location", f"http://localhost:{elsewhere.server_port}{LOGIN}")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing to standard error."""

    with served(Elsewhere) as elsewhere, served(Leading) as leading:
        block = vault.block(url=f"http://127.0.0.1:{leading.server_port}")
        error_of(Transient, lambda: read_as_consumer(block, HERE, [SECRET]))

    assert [vault.client_secret.encode() in one for one in heard] == [True] * len(heard) != []


@contextmanager
def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[ThreadingHTTPServer]:
    """A web server on loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_behind_an_access_proxy_a_consumer_s_read_is_not_possible_and_says_so(vault: TestVault) -> None:
    assert consumer_can_read(vault.block())
    for block in (vault.block(extra_headers={"CF-Access-Client-Id": "rekey"}), vault.block(user_agent="raxx/1")):
        assert not consumer_can_read(block)
        error = error_of(StepError, lambda given=block: read_as_consumer(given, HERE, [SECRET]))  # type: ignore[misc] # mypy does not infer a lambda with a default
        assert "not possible behind an access proxy" in error.problem
    assert vault.requests(LOGIN) == 0


def test_plain_http_to_another_host_is_refused_before_anything_is_sent(vault: TestVault) -> None:
    block = vault.block(url="http://vault.example.com")
    error_of(CatalogError, lambda: read_as_consumer(block, HERE, [SECRET]))
