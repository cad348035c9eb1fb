"""A Prefect server, and for each rotation a fresh estate, ledger and operator: what pytest's fixtures are elsewhere."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prefect.logging.handlers import APILogWorker
from prefect.settings import temporary_settings
from pydantic import SecretStr

from blocks.ledger.ledger import Ledger
from deployments.local.places import Places
from deployments.local.processes import LocalPrefect, free_port
from deployments.sandbox import made_up
from deployments.sandbox.estate import Estate
from tasks.brakes import brake_switch
from tests.blocks_of_estate import BlockDocuments
from tests.canaries import Canaries
from tests.operator import Operator
from tests.rotation_steps import give_up_after, settings_of, try_again_at_once
from tests.steps.support import SHIPPED

WAITS = {
    "REKEY_FORM_POLL_S": "0.15",
    "REKEY_PROBE_INTERVAL_S": "0.05",
    "REKEY_ACTIVATION_TIMEOUT_S": "2",
    "REKEY_RELEASE_TIMEOUT_S": "4",
    "REKEY_VERIFY_TIMEOUT_S": "4",
    "REKEY_LOOKOUT_INTERVAL_S": "1",
    # Also while other programs keep the machine busy, a run that lives says so in this time.
    "REKEY_LEASE_S": "1.5",
}
HELD_PATIENCE_S = 3.0
TRIES_AGAIN = 2
# Services of the server that no rotation needs, and that work on every event or every few seconds. What is recorded of
# task runs is their events, which are persisted and searched for secrets all the same.
IDLE = {
    f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false"
    for name in (
        "CANCELLATION_CLEANUP",
        "CLEANUP_RECONCILER",
        "FOREMAN",
        "LATE_RUNS",
        "PAUSE_EXPIRATIONS",
        "REPOSSESSOR",
        "SCHEDULER",
        "TASK_RUN_RECORDER",
        "TRIGGERS",
    )
}
# Every kind of block of every package is registered at each start: 2.4 of its 6 s of processor time. What is saved
# registers its own kind.
UNREGISTERED = {
    "PREFECT_API_BLOCKS_REGISTER_ON_START": "false",
    "PREFECT_MEMOIZE_BLOCK_AUTO_REGISTRATION": "false",
}


def hurry(patch: pytest.MonkeyPatch) -> None:
    """Let every step try again at once, and give up soon: rekey's own patience is tested elsewhere."""
    for name, value in WAITS.items():
        patch.setenv(name, value)
    patch.setattr(brake_switch, "HELD_PATIENCE_S", HELD_PATIENCE_S)
    try_again_at_once(patch)
    give_up_after(patch, TRIES_AGAIN)


class Workplace:
    """A Prefect server that several rotations share, one after another."""

    def __init__(self, prefect: LocalPrefect) -> None:
        self._prefect = prefect
        self._documents = BlockDocuments(prefect)
        self._searched = Canaries(len(made_up.issued), [prefect.places.home])

    @contextmanager
    def operator(self, ledger_url: str | None = None) -> Iterator[Operator]:
        """A person, with vendors and a ledger that nobody used before: a file unless another address is given."""
        canaries = Canaries(len(made_up.issued), [])
        with tempfile.TemporaryDirectory() as folder, Estate() as estate, pytest.MonkeyPatch.context() as patch:
            hurry(patch)
            canaries.estate, canaries.folders, canaries.typed = estate, [Path(folder)], self._searched.typed
            url = ledger_url or f"sqlite:///{folder}/ledger.db"
            patch.setenv("REKEY_LEDGER_URL", url)
            catalog = Path(folder) / "catalog.toml"
            catalog.write_text(estate.catalog(SHIPPED.read_text()))
            patch.setenv("REKEY_CATALOG", str(catalog))
            self._documents.point_at(estate.seeds())
            operator = Operator(self._prefect, estate, Ledger(SecretStr(url)), canaries)
            yield operator
            canaries.assert_silence()

    def assert_silence(self) -> None:
        """No secret of any of these rotations is in what Prefect keeps."""
        APILogWorker.drain_all()
        self._searched.assert_silence()


@contextmanager
def workplace() -> Iterator[Workplace]:
    """Start the server; at the end search what it kept, and stop it."""
    with tempfile.TemporaryDirectory(prefix="rekey-faults-") as folder:
        places = Places.made(Path(folder))
        with LocalPrefect(places, free_port(), IDLE | UNREGISTERED) as prefect:
            prefect.start_server()
            with temporary_settings(settings_of(prefect)):
                made = Workplace(prefect)
                yield made
                made.assert_silence()
                APILogWorker.drain_all()
