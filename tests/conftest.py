"""A real Prefect server for the session, an estate for each test, and the search for canary secrets after each test."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path

import certifi
import httpx
import pytest
from hypothesis import settings as hypothesis_settings
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker, PrefectConsoleHandler
from prefect.settings import temporary_settings
from pydantic import SecretStr

from blocks.ledger.ledger import Ledger
from blocks.settings import ROOT
from deployments.local.places import Places
from deployments.local.processes import LocalPrefect, free_port, free_ports
from deployments.rehearsal.silence import leaks
from deployments.sandbox import made_up
from deployments.sandbox.estate import ORDER, Access, Estate
from tests import ports, quick
from tests.blocks_of_estate import BlockDocuments
from tests.canaries import Canaries
from tests.faults.workplace import IDLE
from tests.grown import Grown
from tests.one_token import one_token
from tests.operator import Operator
from tests.rotation_steps import settings_of

# Prefect would otherwise write to the home of whoever runs the tests.
os.environ.pop("PREFECT_API_URL", None)
# --hypothesis-profile=long: an hour of tests/chaos/test_any_order.py.
hypothesis_settings.register_profile("long", max_examples=120)
_watch = quick.Watch()
_grown: dict[Path, Grown] = {}


# Where files are kept in memory: Prefect's databases and ledgers write hundreds of times a test.
MEMORY = Path("/dev/shm")  # noqa: S108  # each of pytest's folders below it is its owner's only
MEMORY_BYTES = 4 * 1024**3


def pytest_configure() -> None:
    """Temporary folders in memory, where there is room (``TMPDIR`` names another place); and a quiet console."""
    if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MEMORY_BYTES:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None
    # A failing test shows its log as pytest keeps it; drawing each line for a console, too, took a tenth of a rotation.
    for handler in logging.getLogger().handlers:
        if isinstance(handler, PrefectConsoleHandler):
            handler.setLevel(logging.CRITICAL)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Which of them `make quick` leaves out."""
    for item in items:
        quick.mark(item)


def pytest_collection_finish() -> None:
    """Python need not look through all modules and tests again whenever it collects garbage: they stay."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test that `make quick` runs starts no Prefect server."""
    _watch.begin(item)


@pytest.fixture(scope="session", autouse=True)
def one_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Clients know one public authority: no test asks those, and reading all 140 took each of thousands 20 ms."""
    path = tmp_path_factory.mktemp("authority") / "one.pem"
    first = httpx.create_ssl_context(trust_env=False).get_ca_certs(binary_form=True)[0]
    path.write_text(ssl.DER_cert_to_PEM_cert(first))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(certifi, "where", lambda: str(path))
        yield


@pytest.fixture(scope="session")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPrefect]:
    """A Prefect server with a database of its own. No worker: flows of these tests run in the test's process."""
    places = Places.made(tmp_path_factory.mktemp("prefect"))
    # Prefect's own automations are tested, too.
    idle = {name: value for name, value in IDLE.items() if "TRIGGERS" not in name}
    with LocalPrefect(places, free_port(), idle) as local:
        local.start_server()
        with temporary_settings(settings_of(local)), one_token(local):
            yield local
            # What is not sent while the server runs would be tried again for minutes at exit.
            APILogWorker.drain_all()
            EventsWorker.drain_all()
        # Of all tests together, because it is one for all of them.
        assert leaks([places.login()], [places.home]) == [str(places.login_file)]


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Access, Path]:
    """Where the estates of all tests are, one after another, and rekey's own tokens there: no block has to change."""
    return free_ports(len(ORDER), ports.of_this_process()), Access.made_up(), tmp_path_factory.mktemp("sealed")


@pytest.fixture
def estate(canaries: Canaries, place: tuple[int, Access, Path]) -> Iterator[Estate]:
    """All vendors of the shipped catalog, fresh and in order."""
    first_port, access, folder = place
    with Estate(first_port=first_port, access=access, folder=folder) as running:
        canaries.estate, canaries.kept = running, access.secrets()
        yield running


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """An empty ledger, which the settings name; and waits short enough for tests."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    for name, value in {
        "REKEY_LEDGER_URL": url,
        "REKEY_FORM_POLL_S": "0.5",
        "REKEY_PROBE_INTERVAL_S": "0.05",
        "REKEY_ACTIVATION_TIMEOUT_S": "2",
        "REKEY_RELEASE_TIMEOUT_S": "4",
        "REKEY_VERIFY_TIMEOUT_S": "3",
        "REKEY_LEASE_S": "1",
        "REKEY_LOOKOUT_INTERVAL_S": "1",
        "REKEY_WATCH_STAYS_S": "0",
    }.items():
        monkeypatch.setenv(name, value)
    return Ledger(SecretStr(url))


@pytest.fixture(scope="session")
def documents(prefect: LocalPrefect) -> BlockDocuments:
    """The block documents of the session's Prefect server."""
    return BlockDocuments(prefect)


@pytest.fixture
def operator(  # all that a rotation needs
    prefect: LocalPrefect,
    estate: Estate,
    ledger: Ledger,
    canaries: Canaries,
    documents: BlockDocuments,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Operator:
    """A person at the dashboard and in the Prefect UI; blocks and catalog point at this test's estate."""
    catalog = tmp_path / "catalog.toml"
    catalog.write_text(estate.catalog((ROOT / "deployments" / "catalog.toml").read_text()))
    monkeypatch.setenv("REKEY_CATALOG", str(catalog))
    documents.point_at(estate.seeds())
    return Operator(prefect, estate, ledger, canaries)


@pytest.fixture(autouse=True)
def canaries(request: pytest.FixtureRequest, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Canaries]:
    """Guards every test: no secret made up during it may be in any byte that was persisted or sent elsewhere."""
    found = Canaries(first=len(made_up.issued), folders=[tmp_path])
    yield found
    if "prefect" in request.fixturenames:
        local: LocalPrefect = request.getfixturevalue("prefect")
        found.grown = _grown.setdefault(local.places.home, Grown(local.places.home))
        # Log lines wait up to two seconds before they are sent; they are to be in the database when it is searched.
        APILogWorker.drain_all()
    found.texts["log"] = caplog.text
    found.assert_silence()
